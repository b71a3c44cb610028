import type { Code } from "./codes.js";
import type { Download } from "./download.js";
import { VerificationError } from "./errors.js";
import type { Fail } from "./faults.js";
import { fetchOptions } from "./fetch-options.js";
import { Fetched, type Made } from "./fetched.js";
import type { Instance } from "./instance.js";
import { ListVerifier, type StatusList } from "./list-verifier.js";
import { demand, keyTextOf, optionsOf, policyOf, type Jwk, type JwkSet, type Policy } from "./options.js";
import { StatusListError } from "./status-list-error.js";
import { allowedAddress, isAdmitted, referenceOf, type Reference } from "./status-reference.js";
import type { KeySource, StatusListOptions, StatusLists, StatusOptions, TokenStatus } from "./token-status.js";

/** The options that are not about fetching. */
const own = ["allowed", "leeway", "futureLeeway", "issuer"];

const seconds = { timeout: 5, defaultAge: 60, maxAge: 3600, retryAfter: 5 };

/** As long as a list may be. */
const MOST_BYTES = 1_048_576;

/** Lists that are kept; the one that was not used for the longest time makes room. */
const MOST_LISTS = 8;

const fail: Fail = (fault, details, cause) => new StatusListError(`status_list_${fault}`, details as never, cause);

interface Settings extends Required<Omit<StatusListOptions, "allowed" | "leeway" | "futureLeeway" | "issuer">> {
  readonly allowed: readonly string[];
  readonly instance: Instance;
  readonly policy: Policy;
}

/** `createStatusLists` of an entry, which has the module in its own way. */
export function statusListsIn(instance: Instance, keys: string | Jwk | JwkSet | KeySource, options: StatusListOptions): StatusLists {
  const { taken, others } = fetchOptions("createStatusLists", options, own, seconds, MOST_BYTES);
  const { allowed, ...policy } = others as unknown as StatusListOptions;
  const addresses = (Array.isArray(allowed) ? allowed : [allowed]).map((address: unknown) => {
    const prefix = typeof address === "string" ? allowedAddress(address) : undefined;
    demand(prefix !== undefined, "allowed", "http or https addresses without user, query and fragment", address);
    return prefix!;
  });
  return new WasmStatusLists({ ...taken, allowed: addresses, instance, policy: policyOf(policy) }, keys);
}

class WasmStatusLists implements StatusLists {
  readonly #settings: Settings;
  readonly #keys: KeySource;
  #verifier: ListVerifier | undefined;
  /** By address, the one that was used last at the end. */
  readonly #lists = new Map<string, Fetched<StatusList>>();
  #freed = false;

  constructor(settings: Settings, keys: string | Jwk | JwkSet | KeySource) {
    this.#settings = settings;
    if (isKeySource(keys)) {
      this.#keys = keys;
    } else {
      const text = keyTextOf(keys);
      this.#verifier = new ListVerifier(settings.instance, text, settings.policy);
      this.#keys = { keys: async () => text };
    }
  }

  async check(claims: object, options: StatusOptions = {}): Promise<void> {
    const status = await this.statusOf(claims, options);
    if (status.status === "valid") {
      return;
    }
    const { code } = status;
    const error = new VerificationError(code, code === "claim_missing" || code === "claim_invalid" ? { claim: "status" } : {});
    if (code === "revocation_unknown") {
      Object.defineProperty(error, "cause", { value: status.error, configurable: true, writable: true });
    }
    throw error;
  }

  async statusOf(claims: object, options: StatusOptions = {}): Promise<TokenStatus> {
    const { list } = optionsOf("statusOf", options, ["list"]);
    demand(typeof claims === "object" && claims !== null, "claims", "those of a verified token", claims);
    demand(list === undefined || typeof list === "string", "list", "a string, or be left out", list);
    this.#demandLife();
    const reference = referenceOf(claims);
    if (typeof reference === "string") {
      return { status: "unknown", code: reference };
    }
    try {
      if (list !== undefined) {
        return told(reference, await this.#verified(list, reference.uri));
      }
      return isAdmitted(reference.uri, this.#settings.allowed)
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
    this.#lists.forEach((list) => list.forget());
    this.#lists.clear();
    this.#verifier?.free();
    this.#verifier = undefined;
  }

  async #lookUp(reference: Reference): Promise<TokenStatus> {
    const fetched = this.#fetched(reference.uri);
    // A list whose time is over says nothing good any more, but what it refused stays refused.
    await fetched.ready(() => (fetched.value?.at(reference.idx) ?? 0) !== 0);
    this.#demandLife();
    return told(reference, fetched.value!);
  }

  /** The list of an address, which may take the place of another's. */
  #fetched(uri: string): Fetched<StatusList> {
    const { allowed: _, ...settings } = this.#settings;
    const known = this.#lists.get(uri) ?? new Fetched<StatusList>(
      { ...settings, url: uri, accept: "application/statuslist+jwt", fail },
      settings,
      (download) => this.#made(download, uri),
      () => {},
    );
    this.#lists.delete(uri);
    this.#lists.set(uri, known);
    if (this.#lists.size > MOST_LISTS) {
      const [oldest = uri] = this.#lists.keys();
      this.#lists.delete(oldest);
    }
    return known;
  }

  async #made({ text }: Download, uri: string): Promise<Made<StatusList>> {
    const { clock, defaultAge, maxAge } = this.#settings;
    const value = await this.#verified(text, uri);
    const left = (value.expiresAt ?? Infinity) - clock();
    return { value, lifetime: Math.min(value.ttl ?? defaultAge, maxAge, Math.max(0, left)) };
  }

  /** @throws {StatusListError} when the list is refused, or there are no keys */
  async #verified(text: string, uri: string): Promise<StatusList> {
    // What surrounds a document is no part of it.
    const list = text.trim();
    const verify = async (keys: string) => await this.#verifierOf(keys).verify(list, uri, this.#settings.clock());
    try {
      const keys = await this.#keyText({});
      try {
        return await verify(keys);
      } catch (error) {
        const others = codeOf(error) === "key_not_found" ? await this.#keyText({ unknownKid: true }) : keys;
        if (others === keys) {
          throw error;
        }
        return await verify(others);
      }
    } catch (error) {
      const reason = codeOf(error);
      throw reason === undefined ? error : new StatusListError("status_list_invalid", { reason }, error);
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
    this.#demandLife();
    if (this.#verifier?.keys !== keys) {
      const { instance, policy } = this.#settings;
      const verifier = new ListVerifier(instance, keys, policy);
      this.#verifier?.free();
      this.#verifier = verifier;
    }
    return this.#verifier;
  }

  #demandLife(): void {
    if (this.#freed) {
      throw new TypeError("these status lists were freed; make others");
    }
  }
}

function isKeySource(keys: string | Jwk | JwkSet | KeySource): keys is KeySource {
  return typeof keys === "object" && keys !== null && !Array.isArray(keys) && typeof keys.keys === "function";
}

function codeOf(error: unknown): Code | undefined {
  return error instanceof VerificationError ? error.code : undefined;
}

/** Status 0 counts, 2 is suspended, and nobody here knows any other but as one that does not count (section 7.1). */
function told({ uri, idx }: Reference, list: StatusList): TokenStatus {
  const value = list.at(idx);
  if (value === undefined) {
    return { status: "unknown", code: "claim_invalid" };
  }
  const found = { uri, idx, value, issuedAt: list.issuedAt };
  return value === 0
    ? { status: "valid", found }
    : { status: value === 2 ? "suspended" : "invalid", code: "token_revoked", found };
}
