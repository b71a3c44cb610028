// The address of an issuer's key set, from the metadata that the issuer publishes.

import { bare } from "./bare.js";
import { boundedLifetime, DocumentCache, type Bounds } from "./document-cache.js";
import type { Parsed, Timing } from "./document-cache.js";
import { download } from "./download.js";
import { CodedError, type Fail } from "./download-error.js";
import { httpUrl } from "./http-url.js";
import { JwksError, type MetadataReason } from "./jwks-error.js";
import { demand } from "./options.js";
import type { Fetch } from "./platform-types.js";

interface Settings extends Timing, Bounds {
  /** Seconds for which stale metadata is used while fetching fails. */
  readonly staleIfError: number;
  readonly fetch: Fetch;
  readonly maxBytes: number;
}

/** An issuer and the addresses of its metadata, in the order in which they are tried. */
interface Issuer {
  /** As configured: compared exactly. */
  readonly name: string;
  readonly isHttps: boolean;
  /** Of RFC 8414, section 3.1, and of OpenID Connect Discovery 1.0, section 4. */
  readonly metadata: readonly [oauth: string, openid: string];
}

/** The members of an issuer's metadata that are read. */
interface Metadata {
  readonly issuer?: unknown;
  readonly jwks_uri?: unknown;
}

/** Looks up the address of an issuer's key set, and caches it. */
export class Discovery {
  readonly #settings: Settings;
  readonly #cache: DocumentCache<Parsed<string>, string>;

  /** @throws {TypeError} when the issuer is not a URL below which metadata can be */
  constructor(issuer: unknown, settings: Settings) {
    this.#settings = settings;
    const parsed = issuerOf(issuer);
    this.#cache = new DocumentCache<Parsed<string>, string>(
      (signal) => findKeySet(parsed, settings, signal),
      settings,
      (found) => found,
      () => {},
      fail,
    );
  }

  /** The address of the key set, fresh or stale; undefined before `refresh`. */
  get url(): string | undefined {
    return this.#cache.value;
  }

  /**
   * Looks up the address unless it is fresh.
   *
   * @param failedAt when fetching the key set failed; an address that is older may have changed
   * @throws {JwksError} when that fails, and no stale address can be used
   */
  async refresh(failedAt = -Infinity): Promise<void> {
    if ((this.#cache.storedAt ?? Infinity) < failedAt) {
      this.#cache.expire();
    }
    await this.#cache.refresh(() => this.#cache.isUsable(this.#settings.staleIfError));
  }

  /** @throws {JwksError} when that fails; a cached address stays in use */
  async reload(): Promise<void> {
    await this.#cache.reload();
  }

  clear(): void {
    this.#cache.clear();
  }
}

function issuerOf(issuer: unknown): Issuer {
  // The text is compared with documents and tokens, so it must be the URL that it is parsed to.
  const url = httpUrl(issuer);
  const isPlain = url !== undefined && (url.href === issuer || url.href === `${issuer}/`);
  const expected = "one http or https URL without password, query and fragment";
  demand(isPlain && !/[?#]/.test(url.href), "issuer", expected, issuer);
  const { origin, pathname, protocol } = url!;
  const path = pathname.replace(/\/$/, "");
  return {
    name: issuer as string,
    isHttps: protocol === "https:",
    metadata: [
      `${origin}/.well-known/oauth-authorization-server${path}`,
      `${origin}${path}/.well-known/openid-configuration`,
    ],
  };
}

/** A response that is no metadata of the issuer. The other address may have it. */
class Unusable extends CodedError {
  readonly reason: MetadataReason;

  constructor(reason: MetadataReason) {
    super(reason, {});
    this.reason = reason;
  }
}

/** A broken connection is an error, because an attacker could select the document with it. */
const fail: Fail = (code, details, cause) => {
  switch (code) {
    case "unreachable":
      return new JwksError("jwks_metadata_unreachable", {}, cause);
    case "timeout":
      return new JwksError("jwks_metadata_timeout", details as { seconds: number });
    case "status_unexpected":
      return new Unusable(`status_${(details as { status: number }).status}`);
    case "invalid":
      return new Unusable("not_utf8");
    default:
      return new Unusable(code as "redirected" | "too_large");
  }
};

/** Tries the addresses in order. Together they count as one fetch of the timeout. */
async function findKeySet(
  issuer: Issuer,
  settings: Settings,
  signal: AbortSignal,
): Promise<Parsed<string>> {
  const { fetch, maxBytes } = settings;
  const find = async (url: string): Promise<Parsed<string> | MetadataReason> => {
    try {
      const source = { url, accept: "application/json", fetch, maxBytes, fail };
      const { text, lifetime } = await download(source, signal);
      return { value: keySetIn(text, issuer), lifetime: boundedLifetime(lifetime, settings) };
    } catch (error) {
      if (error instanceof Unusable) {
        return error.reason;
      }
      throw error;
    }
  };
  const oauth = await find(issuer.metadata[0]);
  if (typeof oauth === "object") {
    return oauth;
  }
  const openid = await find(issuer.metadata[1]);
  if (typeof openid === "object") {
    return openid;
  }
  throw new JwksError("jwks_metadata_unusable", { oauth, openid });
}

/** Returns the `jwks_uri` of metadata (RFC 8414, sections 2 and 3.3). */
function keySetIn(text: string, { name, isHttps }: Issuer): string {
  const { issuer, jwks_uri: address } = metadataIn(text);
  if (issuer !== name) {
    throw new Unusable("issuer_mismatch");
  }
  if (address === undefined || address === null) {
    throw new Unusable("jwks_uri_missing");
  }
  const url = httpUrl(address);
  if (url === undefined || (isHttps && url.protocol !== "https:")) {
    throw new Unusable("jwks_uri_invalid");
  }
  return url.href;
}

function metadataIn(text: string): Metadata {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Reported below.
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Unusable("not_an_object");
  }
  return bare(value);
}
