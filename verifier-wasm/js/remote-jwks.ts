import { bare } from "./bare.js";
import { Discovery } from "./discovery.js";
import { boundedLifetime, DocumentCache, type Parsed } from "./document-cache.js";
import { download, type Download } from "./download.js";
import { KeyError, VerificationError } from "./errors.js";
import type { Fail } from "./download-error.js";
import { httpUrl } from "./http-url.js";
import type { Fetch } from "./platform-types.js";
import { JwksError } from "./jwks-error.js";
import {
  demand,
  hasMember,
  optionsOf,
  policyNames,
  policyOf,
  splitFetchOptions,
} from "./options.js";
import type { VerifierOptions, VerifyOptions } from "./options.js";
import type { VerifiedToken, Verifier } from "./verified.js";

/** How a key set and the metadata of an issuer are fetched and cached. Times are seconds. */
export interface FetchOptions {
  /** Limit for one fetch, body included; looking up the metadata is one fetch. Default 5. */
  timeout?: number;
  /** Maximum size of the response body in bytes. Default and maximum 131,072. */
  maxBytes?: number;
  /** Lifetime of the keys when the response has no `Cache-Control`. Default 300. */
  defaultAge?: number;
  /** Lower bound for the lifetime in `Cache-Control`. Default 10. */
  minAge?: number;
  /** Upper bound for the lifetime in `Cache-Control`. Default 3600. */
  maxAge?: number;
  /** How long stale keys are used while fetching fails. Default 3600. */
  staleIfError?: number;
  /** Pause after a failed fetch. Default 5. */
  retryAfter?: number;
  /** Pause between two fetches for unknown `kid`s. Default 10. */
  cooldown?: number;
  /** Replaces the global `fetch`. */
  fetch?: Fetch;
  /** Unix time, for the age of the keys and as the default `now`. Default: `Date.now() / 1000`. */
  clock?: () => number;
}

export interface RemoteJwksOptions extends VerifierOptions, FetchOptions {}

/** The options of {@link RemoteJwksOptions} for an issuer whose metadata names the key set. */
export interface IssuerOptions extends Omit<RemoteJwksOptions, "issuer"> {
  /**
   * The issuer: an `https` URL, or `http` inside a trusted network, without query and fragment. It
   * must be the `issuer` of the metadata and the `iss` of tokens, exactly.
   */
  issuer: string;
}

/** Verifies tokens with a key set that is fetched. */
export interface RemoteJwks {
  /**
   * Verifies a token, after fetching the keys when there are none or they are stale.
   *
   * @throws {VerificationError} when the token is refused
   * @throws {JwksError} when no keys are available
   */
  verify(token: string, options?: VerifyOptions): Promise<VerifiedToken>;
  /**
   * Fetches the keys now, for example when a program starts.
   *
   * @throws {JwksError} when that fails; cached keys stay in use
   */
  reload(): Promise<void>;
  /**
   * Returns the key set as text, to verify other documents with it.
   *
   * @param options `unknownKid`: a document has a `kid` that is not in the set, so fetch it again
   * as for a token
   * @throws {JwksError} when no keys are available
   */
  keys(options?: { unknownKid?: boolean }): Promise<string>;
  /** Discards the keys. The object cannot be used afterwards. */
  free(): void;
}

const durations = {
  timeout: 5,
  defaultAge: 300,
  minAge: 10,
  maxAge: 3600,
  staleIfError: 3600,
  retryAfter: 5,
  cooldown: 10,
};

/** The longest key text that the verifier reads. */
const MAX_BYTES = 131_072;

/** `createVerifier` of an entry. */
export type CreateVerifier = (keys: string, options: VerifierOptions) => Verifier;

const fail: Fail = (code, details, cause) => new JwksError(`jwks_${code}`, details as never, cause);

/** The first argument of `createRemoteJwks`. */
export type KeySetSource = string | { readonly href: string } | IssuerOptions;

/**
 * Creates the cache behind `createRemoteJwks` of the entries.
 *
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function newRemoteJwks(
  createVerifier: CreateVerifier,
  source: KeySetSource,
  options?: RemoteJwksOptions,
): RemoteJwks {
  const caller = "createRemoteJwks";
  const isIssuer = isObject(source) && hasMember(source, "issuer");
  if (isIssuer && options !== undefined) {
    throw new TypeError(`${caller} takes the options in one object with issuer`);
  }
  const given = isIssuer ? source : options === undefined ? {} : options;
  const split = splitFetchOptions(caller, given, policyNames, durations, MAX_BYTES);
  const { fetching, others: policy } = split;
  const location = isIssuer ? new Discovery(policy["issuer"], fetching) : { url: hrefOf(source) };
  policyOf(policy);
  const { minAge, maxAge } = fetching;
  demand(minAge <= maxAge, "minAge", `at most maxAge, ${maxAge}`, minAge);
  return new KeyCache(location, fetching, (keys) => createVerifier(keys, policy));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function hrefOf(url: KeySetSource): string {
  const text = isObject(url)
    ? hasMember(url, "href")
      ? (url as { href: string }).href
      : undefined
    : url;
  const base = hasMember(globalThis, "location") ? globalThis.location?.href : undefined;
  const parsed = httpUrl(text, base);
  const expected = "an http or https address without a password, or an object with issuer";
  demand(parsed !== undefined, "url", expected, text);
  return parsed!.href;
}

/** A key set and the address that it came from. */
interface KeySet extends Download {
  readonly url: string;
}

interface Keys {
  readonly text: string;
  readonly url: string;
  readonly verifier: Verifier;
}

class KeyCache implements RemoteJwks {
  /** The address of the key set; undefined until `#discovery` has found it. */
  readonly #location: { readonly url: string | undefined };
  readonly #discovery: Discovery | undefined;
  readonly #settings: Required<FetchOptions>;
  readonly #newVerifier: (keys: string) => Verifier;
  readonly #cache: DocumentCache<KeySet, Keys>;
  /** When an unknown `kid` last caused a fetch. */
  #refetchedAt = -Infinity;
  #freed = false;

  constructor(
    location: { readonly url: string } | Discovery,
    settings: Required<FetchOptions>,
    newVerifier: (keys: string) => Verifier,
  ) {
    this.#location = location;
    this.#discovery = location instanceof Discovery ? location : undefined;
    this.#settings = settings;
    this.#newVerifier = newVerifier;
    this.#cache = new DocumentCache<KeySet, Keys>(
      (signal) => this.#load(signal),
      settings,
      (document) => this.#parse(document),
      ({ verifier }) => verifier.free(),
      fail,
    );
  }

  async verify(token: string, options: VerifyOptions = {}): Promise<VerifiedToken> {
    await this.#refresh();
    const { now = this.#settings.clock() } = optionsOf("verify", options, ["now"]);
    try {
      return this.#cached().verifier.verify(token, { now });
    } catch (error) {
      const isUnknownKid = error instanceof VerificationError && error.code === "key_not_found";
      if (!isUnknownKid || !(await this.#refetch())) {
        throw error;
      }
    }
    return this.#cached().verifier.verify(token, { now });
  }

  async reload(): Promise<void> {
    this.#assertAlive();
    if (this.#discovery !== undefined) {
      await this.#discovery.reload();
      this.#assertAlive();
    }
    await this.#cache.reload();
  }

  async keys(options: { unknownKid?: boolean } = {}): Promise<string> {
    const { unknownKid = false } = optionsOf("keys", options, ["unknownKid"]);
    await this.#refresh();
    if (unknownKid) {
      await this.#refetch();
    }
    return this.#cached().text;
  }

  free(): void {
    this.#freed = true;
    this.#cache.clear();
    this.#discovery?.clear();
  }

  /** Call after every `await`, because a fetch may replace the keys. */
  #cached(): Keys {
    const cached = this.#cache.value;
    if (cached === undefined) {
      throw freed();
    }
    return cached;
  }

  async #refresh(): Promise<void> {
    this.#assertAlive();
    if (this.#discovery !== undefined) {
      await this.#discovery.refresh(this.#cache.failedAt);
      this.#assertAlive();
      if (this.#cache.value?.url !== this.#discovery.url) {
        this.#cache.expire();
      }
    }
    await this.#cache.refresh(() => this.#cache.isUsable(this.#settings.staleIfError));
  }

  /** Fetches the keys for an unknown `kid`; returns false when there was no fetch or it failed. */
  async #refetch(): Promise<boolean> {
    if (!this.#cache.isFetching) {
      const sinceRefetch = this.#cache.since(this.#refetchedAt);
      if (this.#cache.isPausing || sinceRefetch < this.#settings.cooldown) {
        return false;
      }
      this.#refetchedAt = this.#settings.clock();
    }
    return await this.#cache.reload().then(
      () => true,
      () => false,
    );
  }

  async #load(signal: AbortSignal): Promise<KeySet> {
    // Not undefined: discovery comes before the first fetch.
    const url = this.#location.url!;
    const accept = "application/jwk-set+json, application/json";
    const { fetch, maxBytes } = this.#settings;
    return { ...(await download({ url, accept, fetch, maxBytes, fail }, signal)), url };
  }

  #parse({ text, url, lifetime }: KeySet): Parsed<Keys> {
    const cached = this.#cache.value;
    const isSame = cached?.text === text && cached.url === url;
    const value = isSame ? cached : { text, url, verifier: verifierOfSet(text, this.#newVerifier) };
    return { value, lifetime: boundedLifetime(lifetime, this.#settings) };
  }

  #assertAlive(): void {
    if (this.#freed) {
      throw freed();
    }
  }
}

function freed(): TypeError {
  return new TypeError("this verifier was freed; make another");
}

/** Accepts key sets only; `createVerifier` accepts a PEM text and a single JWK, too. */
function verifierOfSet(text: string, newVerifier: (keys: string) => Verifier): Verifier {
  if (!/^[ \t\r\n]*\{/.test(text)) {
    throw new JwksError("jwks_invalid", { reason: "not_a_set" });
  }
  let verifier: Verifier;
  try {
    verifier = newVerifier(text);
  } catch (error) {
    throw error instanceof KeyError
      ? new JwksError("jwks_invalid", { reason: error.code }, error)
      : error;
  }
  // The verifier has checked that this is JSON without duplicate members; null counts as absent.
  const { keys } = bare(JSON.parse(text) as { keys?: unknown });
  if (keys === undefined || keys === null) {
    verifier.free();
    throw new JwksError("jwks_invalid", { reason: "not_a_set" });
  }
  return verifier;
}
