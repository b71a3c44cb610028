import { JwksError } from "./jwks-error.js";
import type { JwksFetch, JwksResponse } from "./jwks-fetch.js";

export interface Download {
  text: string;
  /** Seconds for which the server says the text is good, if it says so. */
  lifetime: number | undefined;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * One request for a text.
 *
 * @throws {JwksError} when there is none
 */
export async function download(fetch: JwksFetch, url: string, maxBytes: number, signal: AbortSignal): Promise<Download> {
  let bytes: Uint8Array;
  let response: JwksResponse;
  try {
    response = await fetch(url, {
      headers: { accept: "application/jwk-set+json, application/json" },
      redirect: "manual",
      // The cache of the browser would answer the question for a key that has just been published. Workers may not know the option.
      ...("cache" in Request.prototype && { cache: "no-store" }),
      signal,
    });
    refuseUnexpected(response);
    bytes = await bodyOf(response, maxBytes);
  } catch (cause) {
    throw cause instanceof JwksError ? cause : new JwksError("jwks_unreachable", {}, cause);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, lifetime: lifetimeIn(response.headers) };
  } catch {
    throw new JwksError("jwks_invalid", { reason: "not_utf8" });
  }
}

function refuseUnexpected({ type, status, body }: JwksResponse): void {
  if (status === 200) {
    return;
  }
  // An unread body would keep its connection busy. Whether that can be closed in good order does not matter.
  body?.getReader().cancel().catch(() => {});
  if (type === "opaqueredirect" || REDIRECTS.includes(status)) {
    throw new JwksError("jwks_redirected", {});
  }
  throw new JwksError("jwks_status_unexpected", { status });
}

/** Reads no further than the limit, whatever the server says of the length. */
async function bodyOf({ body }: JwksResponse, limit: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(limit);
  const reader = body?.getReader();
  let length = 0;
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    if (length + part.value.length > limit) {
      reader?.cancel().catch(() => {});
      throw new JwksError("jwks_too_large", { limit });
    }
    bytes.set(part.value, length);
    length += part.value.length;
  }
  return bytes.subarray(0, length);
}

/** `max-age` less the age that the text had on arrival (RFC 9111, section 4.2). */
function lifetimeIn(headers: JwksResponse["headers"]): number | undefined {
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
