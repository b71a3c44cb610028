import { bare } from "./bare.js";
import { CodedError, type Fail } from "./faults.js";
import type { Fetch, FetchRequest, FetchResponse, Reader } from "./fetch.js";

/** A document and how it is asked for. */
export interface Source {
  readonly url: string;
  /** The media types that it may have. */
  readonly accept: string;
  readonly fetch: Fetch;
  /** Bytes that are read of an answer. */
  readonly maxBytes: number;
  readonly fail: Fail;
}

export interface Download {
  text: string;
  /** Seconds for which the server says the text is good, if it says so. */
  lifetime: number | undefined;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * One request for a text.
 *
 * @throws what `fail` makes, when there is none
 */
export async function download({ url, accept, fetch, maxBytes, fail }: Source, signal: AbortSignal): Promise<Download> {
  // Without a prototype: `fetch` would take a `method` or `body` that it inherits for the
  // request's.
  const request: FetchRequest = bare({
    headers: bare({ accept }),
    redirect: "manual",
    // The cache of the browser would answer the question for what has just been published. Workers
    // may not know the option, and a runtime with a `fetch` of its own may have no `Request`.
    ...(typeof Request !== "undefined" && "cache" in Request.prototype && { cache: "no-store" }),
    signal,
  });
  let bytes: Uint8Array | undefined;
  let response: FetchResponse;
  try {
    response = await fetch(url, request);
    refuseUnexpected(response, fail);
    bytes = await bytesWithin(maxBytes, response.body?.getReader());
  } catch (cause) {
    throw cause instanceof CodedError ? cause : fail("unreachable", {}, cause);
  }
  if (bytes === undefined) {
    throw fail("too_large", { limit: maxBytes });
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, lifetime: lifetimeIn(response.headers) };
  } catch {
    throw fail("invalid", { reason: "not_utf8" });
  }
}

function refuseUnexpected({ type, status, body }: FetchResponse, fail: Fail): void {
  if (status === 200) {
    return;
  }
  // An unread body would keep its connection busy. Whether that can be closed in good order does
  // not matter.
  body?.getReader().cancel().catch(() => {});
  if (type === "opaqueredirect" || REDIRECTS.includes(status)) {
    throw fail("redirected", {});
  }
  throw fail("status_unexpected", { status });
}

/** What a stream holds. Read no further than the limit, and undefined when there is more, whatever was said of its length. */
export async function bytesWithin(limit: number, reader: Reader | undefined): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(limit);
  let length = 0;
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    if (length + part.value.length > limit) {
      reader?.cancel().catch(() => {});
      return undefined;
    }
    bytes.set(part.value, length);
    length += part.value.length;
  }
  return bytes.subarray(0, length);
}

/** `max-age` less the age that the text had on arrival (RFC 9111, section 4.2). */
function lifetimeIn(headers: FetchResponse["headers"]): number | undefined {
  const directives = (headers.get("cache-control") ?? "").split(",").map((directive) => directive.trim().toLowerCase());
  if (directives.some((directive) => /^no-(store|cache)(=|$)/.test(directive))) {
    return 0;
  }
  const ages = directives.flatMap((directive) => /^max-age="?(\d+)"?$/.exec(directive)?.[1] ?? []).map(Number);
  if (ages.length === 0) {
    return undefined;
  }
  const age = /^\d+$/.exec(headers.get("age") ?? "")?.[0] ?? 0;
  return Math.max(0, Math.min(...ages) - Number(age));
}
