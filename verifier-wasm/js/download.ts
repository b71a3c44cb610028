import { bare } from "./bare.js";
import { CodedError, type Fail } from "./download-error.js";
import type { Fetch, FetchRequest, FetchResponse, Reader } from "./platform-types.js";

/** A document and how it is fetched. */
export interface Source {
  readonly url: string;
  /** The value of the `Accept` header. */
  readonly accept: string;
  readonly fetch: Fetch;
  /** Maximum size of the body in bytes. */
  readonly maxBytes: number;
  readonly fail: Fail;
}

export interface Download {
  text: string;
  /** Seconds for which the response is fresh; undefined when the server does not say. */
  lifetime: number | undefined;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Fetches a text.
 *
 * @throws the error that `fail` creates
 */
export async function download(
  { url, accept, fetch, maxBytes, fail }: Source,
  signal: AbortSignal,
): Promise<Download> {
  // Without a prototype, so that `fetch` reads no `method` or `body` from `Object.prototype`.
  const request: FetchRequest = bare({
    headers: bare({ accept }),
    redirect: "manual",
    // The browser's cache may hold an older document. Workers may not know the option, and a
    // runtime with its own `fetch` may have no `Request`.
    ...(typeof Request !== "undefined" && "cache" in Request.prototype && { cache: "no-store" }),
    signal,
  });
  let bytes: Uint8Array | undefined;
  let response: FetchResponse;
  try {
    response = await fetch(url, request);
    assertOk(response, fail);
    bytes = await readAtMost(maxBytes, response.body?.getReader());
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

function assertOk({ type, status, body }: FetchResponse, fail: Fail): void {
  if (status === 200) {
    return;
  }
  // An unread body would keep its connection busy. Errors of the cancellation do not matter.
  const cancelled = body?.getReader().cancel();
  cancelled?.catch(() => {});
  if (type === "opaqueredirect" || REDIRECTS.includes(status)) {
    throw fail("redirected", {});
  }
  throw fail("status_unexpected", { status });
}

/** Reads a stream to its end; returns undefined when it has more than `limit` bytes. */
export async function readAtMost(
  limit: number,
  reader: Reader | undefined,
): Promise<Uint8Array | undefined> {
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

/** Returns `max-age` minus the age of the response on arrival (RFC 9111, section 4.2). */
function lifetimeIn(headers: FetchResponse["headers"]): number | undefined {
  const directives = (headers.get("cache-control") ?? "")
    .split(",")
    .map((directive) => directive.trim().toLowerCase());
  if (directives.some((directive) => /^no-(store|cache)(=|$)/.test(directive))) {
    return 0;
  }
  const maxAges = directives
    .flatMap((directive) => /^max-age="?(\d+)"?$/.exec(directive)?.[1] ?? [])
    .map(Number);
  if (maxAges.length === 0) {
    return undefined;
  }
  const age = /^\d+$/.exec(headers.get("age") ?? "")?.[0] ?? 0;
  return Math.max(0, Math.min(...maxAges) - Number(age));
}
