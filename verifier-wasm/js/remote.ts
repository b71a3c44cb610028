import { bare } from "./bare.js";
import type { Download } from "./download.js";
import { KeyError, VerificationError } from "./errors.js";
import type { Fail } from "./faults.js";
import type { Fetch } from "./fetch.js";
import { fetchOptions } from "./fetch-options.js";
import { Fetched, type Made } from "./fetched.js";
import { JwksError } from "./jwks-error.js";
import { carries, demand, optionsOf, policyNames, policyOf, type VerifierOptions, type VerifyOptions } from "./options.js";
import type { VerifiedToken, Verifier } from "./verified.js";

/** How a key set is fetched and how long it is kept. Times are seconds. */
export interface FetchOptions {
  /** How long a fetch may take, body included. Default 5. */
  timeout?: number;
  /** Bytes that are read of an answer. Default and most: 131,072. */
  maxBytes?: number;
  /** How long keys are good when the server does not say so. Default 300. */
  defaultAge?: number;
  /** The least that is made of the server's `Cache-Control`. Default 10. */
  minAge?: number;
  /** The most that is made of the server's `Cache-Control`. Default 3600. */
  maxAge?: number;
  /** How long keys are used beyond their time while no others can be had. Default 3600. */
  staleIfError?: number;
  /** Pause after a fetch that failed. Default 5. */
  retryAfter?: number;
  /** Pause between two fetches for the sake of unknown `kid`s. Default 10. */
  cooldown?: number;
  /** Stands in for the global `fetch`. */
  fetch?: Fetch;
  /** Unix time in seconds, for the age of the keys and as the default `now`. Default: `Date.now() / 1000`. */
  clock?: () => number;
}

export interface RemoteJwksOptions extends VerifierOptions, FetchOptions {}

/** Verifies tokens with the key set of an address. */
export interface RemoteJwks {
  /**
   * @returns what `verify` of a verifier returns
   * @throws {VerificationError} when the token is refused
   * @throws {JwksError} when there are no keys to verify with
   */
  verify(token: string, options?: VerifyOptions): Promise<VerifiedToken>;
  /**
   * Fetches the keys now, as a program may want to when it starts.
   *
   * @throws {JwksError} when they cannot be had; those that are there stay in use
   */
  reload(): Promise<void>;
  /**
   * The key set as text, for whatever else its keys sign.
   *
   * @param options `unknownKid`: something was signed with a key that is not in it, so it is
   * fetched again as for a token
   * @throws {JwksError} when there are no keys
   */
  keys(options?: { unknownKid?: boolean }): Promise<string>;
  /** Forgets the keys. Nothing can be verified then. */
  free(): void;
}

const seconds = {
  timeout: 5,
  defaultAge: 300,
  minAge: 10,
  maxAge: 3600,
  staleIfError: 3600,
  retryAfter: 5,
  cooldown: 10,
};

/** As long as the text of keys may be. */
const MOST_BYTES = 131_072;

/** How the entry this is used from makes a verifier. */
export type CreateVerifier = (keys: string, options: VerifierOptions) => Verifier;

const fail: Fail = (fault, details, cause) => new JwksError(`jwks_${fault}`, details as never, cause);

/** @throws {TypeError} when an argument has the wrong type or an option is unknown */
export function remoteJwks(
  createVerifier: CreateVerifier,
  url: string | { readonly href: string },
  options: RemoteJwksOptions,
): RemoteJwks {
  const { taken, others: policy } = fetchOptions("createRemoteJwks", options, policyNames, seconds, MOST_BYTES);
  const address = addressOf(url);
  policyOf(policy);
  demand(taken.minAge <= taken.maxAge, "minAge", `at most maxAge, ${taken.maxAge}`, taken.minAge);
  return new KeyCache({ ...taken, url: address }, (keys) => createVerifier(keys, policy));
}

function addressOf(url: string | { readonly href: string }): string {
  const given = typeof url !== "object" || url === null ? url : carries(url, "href") ? url.href : undefined;
  const base = carries(globalThis, "location") ? globalThis.location?.href : undefined;
  let address: URL | undefined;
  try {
    address = new URL(given!, base);
  } catch {
    // Told below, with what it should have been.
  }
  const plain = address !== undefined && /^https?:$/.test(address.protocol) && address.username + address.password === "";
  demand(plain, "url", "an http or https address without a password", given);
  return address!.href;
}

interface Settings extends Required<FetchOptions> {
  url: string;
}

interface Keys {
  readonly text: string;
  readonly verifier: Verifier;
}

class KeyCache implements RemoteJwks {
  readonly #settings: Settings;
  readonly #verifierOf: (keys: string) => Verifier;
  readonly #set: Fetched<Keys>;
  /** When an unknown `kid` last caused a fetch. */
  #lookedAgain = -Infinity;
  #freed = false;

  constructor(settings: Settings, verifierOf: (keys: string) => Verifier) {
    this.#settings = settings;
    this.#verifierOf = verifierOf;
    const source = { ...settings, accept: "application/jwk-set+json, application/json", fail };
    this.#set = new Fetched(source, settings, (set) => this.#made(set), ({ verifier }) => verifier.free());
  }

  async verify(token: string, options: VerifyOptions = {}): Promise<VerifiedToken> {
    await this.#ready();
    const { now = this.#settings.clock() } = optionsOf("verify", options, ["now"]);
    const timed = { now };
    try {
      return this.#known().verifier.verify(token, timed);
    } catch (error) {
      const unknown = error instanceof VerificationError && error.code === "key_not_found";
      if (!unknown || !(await this.#lookAgain())) {
        throw error;
      }
    }
    return this.#known().verifier.verify(token, timed);
  }

  async reload(): Promise<void> {
    if (this.#freed) {
      throw freed();
    }
    await this.#set.again();
  }

  async keys(options: { unknownKid?: boolean } = {}): Promise<string> {
    const { unknownKid = false } = optionsOf("keys", options, ["unknownKid"]);
    await this.#ready();
    if (unknownKid) {
      await this.#lookAgain();
    }
    return this.#known().text;
  }

  free(): void {
    this.#freed = true;
    this.#set.forget();
  }

  /** Taken anew for each use, for a fetch may replace it between two `await`s. */
  #known(): Keys {
    const known = this.#set.value;
    if (known === undefined) {
      throw freed();
    }
    return known;
  }

  /** Sees to it that there are keys, fresh ones if they can be had. */
  async #ready(): Promise<void> {
    if (this.#freed) {
      throw freed();
    }
    await this.#set.ready(() => this.#set.isGood(this.#settings.staleIfError));
  }

  /** Whether there may be other keys than those that did not have the right `kid`. */
  async #lookAgain(): Promise<boolean> {
    if (!this.#set.isFetching) {
      if (this.#set.isPausing || this.#set.since(this.#lookedAgain) < this.#settings.cooldown) {
        return false;
      }
      this.#lookedAgain = this.#settings.clock();
    }
    // When no other keys can be had, the token is refused for its key, as it would be had nobody
    // looked.
    return await this.#set.again().then(
      () => true,
      () => false,
    );
  }

  #made({ text, lifetime }: Download): Made<Keys> {
    const { defaultAge, maxAge, minAge } = this.#settings;
    const before = this.#set.value;
    const value = before?.text === text ? before : { text, verifier: verifierOfSet(text, this.#verifierOf) };
    // The bounds are for what a server says; the default is the application's own word.
    return { value, lifetime: lifetime === undefined ? defaultAge : Math.min(Math.max(lifetime, minAge), maxAge) };
  }
}

function freed(): TypeError {
  return new TypeError("this verifier was freed; make another");
}

/** Key sets only: `createVerifier` takes a PEM text and a single key too, and neither belongs here. */
function verifierOfSet(text: string, verifierOf: (keys: string) => Verifier): Verifier {
  if (!/^[ \t\r\n]*\{/.test(text)) {
    throw new JwksError("jwks_invalid", { reason: "not_a_set" });
  }
  let verifier: Verifier;
  try {
    verifier = verifierOf(text);
  } catch (error) {
    throw error instanceof KeyError ? new JwksError("jwks_invalid", { reason: error.code }, error) : error;
  }
  // The strict reader has taken it for good JSON without doubled members, and null for an absent
  // one.
  const { keys } = bare(JSON.parse(text) as { keys?: unknown });
  if (keys === undefined || keys === null) {
    verifier.free();
    throw new JwksError("jwks_invalid", { reason: "not_a_set" });
  }
  return verifier;
}
