// The entry that looks tokens up in signed status lists. Its module verifies lists and tokens.

import { instance } from "#module/status";
import type { Code } from "./codes.js";
import { DocumentCache, type Parsed } from "./document-cache.js";
import { download, type Download } from "./download.js";
import { VerificationError } from "./errors.js";
import type { Fail } from "./download-error.js";
import { demand, keyTextOf, optionsOf, policyOf, splitFetchOptions } from "./options.js";
import type { Jwk, JwkSet, Policy, VerifierOptions } from "./options.js";
import { StatusListError } from "./status-list-error.js";
import { ListVerifier, type StatusList } from "./status-list.js";
import { allowedPrefix, isAllowed, referenceOf, type Reference } from "./status-reference.js";
import type {
  KeySource,
  StatusListOptions,
  StatusLists,
  StatusOptions,
  TokenStatus,
} from "./token-status.js";

export { KeyError, VerificationError } from "./errors.js";
export {
  StatusListError,
  type StatusListCode,
  type StatusListDetails,
} from "./status-list-error.js";
export type {
  Fetch as StatusListFetch,
  FetchRequest as StatusListRequest,
  FetchResponse as StatusListResponse,
} from "./platform-types.js";
export type {
  FoundStatus,
  KeySource,
  StatusListOptions,
  StatusLists,
  StatusOptions,
  TokenStatus,
} from "./token-status.js";
export type { Code, KeyCode } from "./codes.js";
export type { Jwk, JwkSet } from "./options.js";

/** The names of the options that are not for fetching. */
const names = ["allowed", "leeway", "futureLeeway", "issuer", "audience", "anyAudience"];

const durations = { timeout: 5, defaultAge: 60, maxAge: 3600, retryAfter: 5 };

/** The longest list that is verified. */
const MAX_BYTES = 1_048_576;

/** Lists that are cached; the least recently used one is evicted. */
const MAX_LISTS = 8;

const fail: Fail = (code, details, cause) =>
  new StatusListError(`status_list_${code}`, details as never, cause);

/**
 * Creates a cache of Token Status Lists (IETF draft-ietf-oauth-status-list). A list is fetched
 * when the first token names it, verified with these keys, and cached for its `ttl`, at most until
 * its `exp`.
 *
 * @param keys the issuer's keys: PEM text, a JWK or JWKS object, the JSON text of either, or the
 * object that `createRemoteJwks` returns
 * @throws {KeyError} when the keys cannot be used; `code` says why
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function createStatusLists(
  keys: string | Jwk | JwkSet | KeySource,
  options: StatusListOptions,
): StatusLists {
  const split = splitFetchOptions("createStatusLists", options, names, durations, MAX_BYTES);
  const { allowed, ...policy } = split.others as unknown as StatusListOptions;
  const prefixes = (Array.isArray(allowed) ? allowed : [allowed]).map((url: unknown) => {
    const prefix = typeof url === "string" ? allowedPrefix(url) : undefined;
    const expected = "http or https addresses without user, query and fragment";
    demand(prefix !== undefined, "allowed", expected, url);
    return prefix!;
  });
  return new ListCache({ ...split.fetching, allowed: prefixes, policy: policyOf(policy) }, keys);
}

type FetchSettings = Omit<StatusListOptions, "allowed" | keyof VerifierOptions>;

interface Settings extends Required<FetchSettings> {
  readonly allowed: readonly string[];
  readonly policy: Policy;
}

class ListCache implements StatusLists {
  readonly #settings: Settings;
  readonly #keys: KeySource;
  #verifier: ListVerifier | undefined;
  /** By URL; the most recently used one is the last. */
  readonly #lists = new Map<string, DocumentCache<Download, StatusList>>();
  #freed = false;

  constructor(settings: Settings, keys: string | Jwk | JwkSet | KeySource) {
    this.#settings = settings;
    if (isKeySource(keys)) {
      this.#keys = keys;
    } else {
      const text = keyTextOf(keys);
      this.#verifier = new ListVerifier(instance, text, settings.policy);
      this.#keys = { keys: async () => text };
    }
  }

  async check(claims: object, options: StatusOptions = {}): Promise<void> {
    const status = await this.statusOf(claims, options);
    if (status.status === "valid") {
      return;
    }
    const { code } = status;
    const isClaimError = code === "claim_missing" || code === "claim_invalid";
    const error = new VerificationError(code, isClaimError ? { claim: "status" } : {});
    if (code === "revocation_unknown") {
      const value = status.error;
      Object.defineProperty(error, "cause", { value, configurable: true, writable: true });
    }
    throw error;
  }

  async statusOf(claims: object, options: StatusOptions = {}): Promise<TokenStatus> {
    const { list } = optionsOf("statusOf", options, ["list"]);
    const isClaims = typeof claims === "object" && claims !== null;
    demand(isClaims, "claims", "those of a verified token", claims);
    const isList = list === undefined || typeof list === "string";
    demand(isList, "list", "a string, or be left out", list);
    this.#assertAlive();
    const reference = referenceOf(claims);
    if (typeof reference === "string") {
      return { status: "unknown", code: reference };
    }
    try {
      if (list !== undefined) {
        return statusIn(await this.#verify(list, reference.uri), reference);
      }
      return isAllowed(reference.uri, this.#settings.allowed)
        ? await this.#lookUp(reference)
        : { status: "unknown", code: "claim_invalid" };
    } catch (error) {
      if (error instanceof StatusListError) {
        return { status: "unknown", code: "revocation_unknown", error };
      }
      throw error;
    }
  }

  free(): void {
    this.#freed = true;
    this.#lists.forEach((list) => list.clear());
    this.#lists.clear();
    this.#verifier?.free();
    this.#verifier = undefined;
  }

  async #lookUp(reference: Reference): Promise<TokenStatus> {
    const cache = this.#cacheOf(reference.uri);
    // A stale list cannot say that a token is valid, but what it revoked stays revoked.
    await cache.refresh(() => (cache.value?.at(reference.idx) ?? 0) !== 0);
    this.#assertAlive();
    return statusIn(cache.value!, reference);
  }

  /** Returns the cache of a list; a new one may evict another. */
  #cacheOf(uri: string): DocumentCache<Download, StatusList> {
    const cache = this.#lists.get(uri) ?? this.#newCache(uri);
    this.#lists.delete(uri);
    this.#lists.set(uri, cache);
    if (this.#lists.size > MAX_LISTS) {
      const [oldest = uri] = this.#lists.keys();
      this.#lists.delete(oldest);
    }
    return cache;
  }

  #newCache(uri: string): DocumentCache<Download, StatusList> {
    const { fetch, maxBytes } = this.#settings;
    const source = { url: uri, accept: "application/statuslist+jwt", fetch, maxBytes, fail };
    return new DocumentCache<Download, StatusList>(
      (signal) => download(source, signal),
      this.#settings,
      (document) => this.#parse(document, uri),
      () => {},
      fail,
    );
  }

  async #parse({ text }: Download, uri: string): Promise<Parsed<StatusList>> {
    const { clock, defaultAge, maxAge } = this.#settings;
    const value = await this.#verify(text, uri);
    const left = Math.max(0, (value.expiresAt ?? Infinity) - clock());
    return { value, lifetime: Math.min(value.ttl ?? defaultAge, maxAge, left) };
  }

  /** @throws {StatusListError} when the list is refused, or no keys are available */
  async #verify(text: string, uri: string): Promise<StatusList> {
    // Files may end with a line break.
    const list = text.trim();
    const verify = async (keys: string) =>
      await this.#verifierOf(keys).verify(list, uri, this.#settings.clock());
    try {
      const keys = await this.#keyText({});
      try {
        return await verify(keys);
      } catch (error) {
        const isUnknownKid = codeOf(error) === "key_not_found";
        const newKeys = isUnknownKid ? await this.#keyText({ unknownKid: true }) : keys;
        if (newKeys === keys) {
          throw error;
        }
        return await verify(newKeys);
      }
    } catch (error) {
      const reason = codeOf(error);
      throw reason === undefined
        ? error
        : new StatusListError("status_list_invalid", { reason }, error);
    }
  }

  async #keyText(options: { unknownKid?: boolean }): Promise<string> {
    try {
      return await this.#keys.keys(options);
    } catch (cause) {
      throw new StatusListError("status_list_keys_missing", {}, cause);
    }
  }

  #verifierOf(keys: string): ListVerifier {
    this.#assertAlive();
    if (this.#verifier?.keys !== keys) {
      const verifier = new ListVerifier(instance, keys, this.#settings.policy);
      this.#verifier?.free();
      this.#verifier = verifier;
    }
    return this.#verifier;
  }

  #assertAlive(): void {
    if (this.#freed) {
      throw new TypeError("these status lists were freed; make others");
    }
  }
}

function isKeySource(keys: string | Jwk | JwkSet | KeySource): keys is KeySource {
  const isObject = typeof keys === "object" && keys !== null && !Array.isArray(keys);
  return isObject && typeof keys.keys === "function";
}

function codeOf(error: unknown): Code | undefined {
  return error instanceof VerificationError ? error.code : undefined;
}

/** Converts a value of the list to a status (draft-ietf-oauth-status-list, section 7.1). */
function statusIn(list: StatusList, { uri, idx }: Reference): TokenStatus {
  const value = list.at(idx);
  if (value === undefined) {
    return { status: "unknown", code: "claim_invalid" };
  }
  const found = { uri, idx, value, issuedAt: list.issuedAt };
  return value === 0
    ? { status: "valid", found }
    : { status: value === 2 ? "suspended" : "invalid", code: "token_revoked", found };
}
