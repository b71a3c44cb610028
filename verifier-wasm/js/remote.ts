import { download, type Download } from "./download.js";
import { KeyError, VerificationError } from "./errors.js";
import { JwksError } from "./jwks-error.js";
import type { JwksFetch } from "./jwks-fetch.js";
import { demand, policyOf, type VerifierOptions, type VerifyOptions } from "./options.js";
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
  fetch?: JwksFetch;
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

/** As long as timers can wait. */
const MOST_SECONDS = 2_000_000;

/** Seconds by which clocks are set back in good order. */
const SET_BACK = 60;

/** How the entry this is used from makes a verifier. */
export type CreateVerifier = (keys: string, options: VerifierOptions) => Verifier;

interface Settings extends Required<FetchOptions> {
  url: string;
  policy: VerifierOptions;
  createVerifier: CreateVerifier;
}

/** @throws {TypeError} when an argument has the wrong type or an option is unknown */
export function remoteJwks(
  createVerifier: CreateVerifier,
  url: string | { readonly href: string },
  options: RemoteJwksOptions,
): RemoteJwks {
  demand(typeof options === "object" && options !== null, "the options of createRemoteJwks", "an object", options);
  const given: Record<string, unknown> = { ...options };
  const take = <T>(name: keyof FetchOptions, fallback: T, right: (value: T) => boolean, what: string): T => {
    const { [name]: value = fallback } = given;
    delete given[name];
    demand(typeof value === typeof fallback && right(value as T), name, what, value);
    return value as T;
  };
  const times = Object.entries(seconds).map(([name, fallback]) => {
    const known = name as keyof typeof seconds;
    return [known, take(known, fallback, (value) => value >= 0 && value <= MOST_SECONDS, `a number of seconds from 0 to ${MOST_SECONDS}`)];
  });
  const whole = (value: number) => Number.isSafeInteger(value) && value > 0 && value <= MOST_BYTES;
  const settings: Settings = {
    ...(Object.fromEntries(times) as typeof seconds),
    maxBytes: take("maxBytes", MOST_BYTES, whole, `a whole number from 1 to ${MOST_BYTES}`),
    fetch: take("fetch", ((...request) => globalThis.fetch(...request)) as JwksFetch, () => true, "a function"),
    clock: take("clock", () => Date.now() / 1000, () => true, "a function"),
    url: addressOf(url),
    policy: given as VerifierOptions,
    createVerifier,
  };
  policyOf(settings.policy);
  demand(settings.minAge <= settings.maxAge, "minAge", `at most maxAge, ${settings.maxAge}`, settings.minAge);
  return new KeyCache(settings);
}

function addressOf(url: string | { readonly href: string }): string {
  const given = typeof url === "object" && url !== null ? url.href : url;
  let address: URL | undefined;
  try {
    address = new URL(given, globalThis.location?.href);
  } catch {
    // Told below, with what it should have been.
  }
  const plain = address !== undefined && /^https?:$/.test(address.protocol) && address.username + address.password === "";
  demand(plain, "url", "an http or https address without a password", given);
  return address!.href;
}

interface Known {
  text: string;
  verifier: Verifier;
  since: number;
  lifetime: number;
}

class KeyCache implements RemoteJwks {
  readonly #settings: Settings;
  #known: Known | undefined;
  #fetching: { readonly done: Promise<void>; readonly since: number } | undefined;
  /** The last attempt, if it failed. */
  #failure: { readonly error: unknown; readonly at: number } | undefined;
  /** When an unknown `kid` last caused a fetch. */
  #lookedAgain = -Infinity;
  #freed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async verify(token: string, options: VerifyOptions = {}): Promise<VerifiedToken> {
    await this.#ready();
    const timed = { now: this.#settings.clock(), ...options };
    try {
      return this.#ask(token, timed);
    } catch (error) {
      const unknown = error instanceof VerificationError && error.code === "key_not_found";
      if (!unknown || !(await this.#lookAgain())) {
        throw error;
      }
    }
    return this.#ask(token, timed);
  }

  async reload(): Promise<void> {
    if (this.#freed) {
      throw freed();
    }
    await this.#wait(this.#inFlight() ?? this.#start());
  }

  free(): void {
    this.#freed = true;
    this.#known?.verifier.free();
    this.#known = undefined;
  }

  /** The verifier is taken and asked in one go, for a fetch may replace it between two `await`s. */
  #ask(token: string, options: VerifyOptions): VerifiedToken {
    if (this.#known === undefined) {
      throw freed();
    }
    return this.#known.verifier.verify(token, options);
  }

  /** Sees to it that there are keys, fresh ones if they can be had. */
  async #ready(): Promise<void> {
    if (this.#freed) {
      throw freed();
    }
    if (this.#known !== undefined && this.#age() < this.#known.lifetime) {
      return;
    }
    let failure = this.#failure;
    const pausing = failure !== undefined && this.#since(failure.at) < this.#settings.retryAfter;
    const fetching = this.#inFlight() ?? (pausing ? undefined : this.#start());
    // Those who come while the server fails do not wait for it, as long as there are keys that may be used.
    if (fetching !== undefined && !(failure !== undefined && this.#mayBeStale())) {
      try {
        return await this.#wait(fetching);
      } catch (error) {
        failure = { error, at: this.#settings.clock() };
      }
    }
    if (!this.#mayBeStale()) {
      throw failure?.error;
    }
  }

  /** Whether there may be other keys than those that did not have the right `kid`. */
  async #lookAgain(): Promise<boolean> {
    let fetching = this.#inFlight();
    if (fetching === undefined) {
      if (this.#since(this.#lookedAgain) < this.#settings.cooldown) {
        return false;
      }
      this.#lookedAgain = this.#settings.clock();
      fetching = this.#start();
    }
    // When no other keys can be had, the token is refused for its key, as it would be had nobody looked.
    return await this.#wait(fetching).then(
      () => true,
      () => false,
    );
  }

  /** Seconds since then. A clock that was set back by more than a little ends every wait and every lifetime. */
  #since(then: number | undefined): number {
    const passed = then === undefined ? Infinity : this.#settings.clock() - then;
    return passed >= -SET_BACK ? Math.max(0, passed) : Infinity;
  }

  #age(): number {
    return this.#since(this.#known?.since);
  }

  #mayBeStale(): boolean {
    return this.#known !== undefined && this.#age() < this.#known.lifetime + this.#settings.staleIfError;
  }

  /** The fetch that is on its way. In workers it dies without a word together with the request that started it. */
  #inFlight(): Promise<void> | undefined {
    return this.#since(this.#fetching?.since) <= this.#settings.timeout ? this.#fetching?.done : undefined;
  }

  #start(): Promise<void> {
    const { clock, createVerifier, fetch, maxBytes, policy, timeout, url } = this.#settings;
    const since = clock();
    const controller = new AbortController();
    const downloaded = withinSeconds(timeout, download(fetch, url, maxBytes, controller.signal), () => controller.abort());
    const done = downloaded
      .then((set) => this.#keep(set, (keys) => createVerifier(keys, policy)))
      .then(
        () => {
          this.#failure = undefined;
        },
        (error: unknown) => {
          this.#failure = { error, at: clock() };
          throw error;
        },
      )
      .finally(() => {
        if (this.#fetching?.done === done) {
          this.#fetching = undefined;
        }
      });
    // Nobody may be waiting for it.
    done.catch(() => {});
    this.#fetching = { done, since };
    return done;
  }

  /** Has a time limit of its own, for the fetch of another request may never end. */
  #wait(fetching: Promise<void>): Promise<void> {
    return withinSeconds(this.#settings.timeout, fetching, () => {});
  }

  #keep({ text, lifetime = this.#settings.defaultAge }: Download, verifierOf: (keys: string) => Verifier): void {
    const { clock, maxAge, minAge } = this.#settings;
    if (this.#freed) {
      return;
    }
    const before = this.#known;
    const verifier = before?.text === text ? before.verifier : verifierOfSet(text, verifierOf);
    this.#known = { text, verifier, since: clock(), lifetime: Math.min(Math.max(lifetime, minAge), maxAge) };
    if (before !== undefined && before.verifier !== verifier) {
      before.verifier.free();
    }
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
  // The strict reader has taken it for good JSON without doubled members.
  if (!("keys" in JSON.parse(text))) {
    verifier.free();
    throw new JwksError("jwks_invalid", { reason: "not_a_set" });
  }
  return verifier;
}

/** The outcome of `work`, or a `JwksError` when it takes too long. */
async function withinSeconds<T>(limit: number, work: Promise<T>, tooLate: () => void): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new JwksError("jwks_timeout", { seconds: limit }));
      tooLate();
    }, limit * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
