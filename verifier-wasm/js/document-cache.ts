import type { Fail } from "./download-error.js";

/** Seconds by which a clock may be set back without ending lifetimes. */
const MAX_CLOCK_STEP = 60;

/** Times in seconds. */
export interface Timing {
  readonly clock: () => number;
  /** Limit for one fetch, body included. */
  readonly timeout: number;
  /** Pause after a failed fetch. */
  readonly retryAfter: number;
}

/** Bounds for the lifetime of a response, in seconds. */
export interface Bounds {
  /** Without a `Cache-Control`. */
  readonly defaultAge: number;
  readonly minAge: number;
  readonly maxAge: number;
}

/**
 * Returns the seconds for which a response is fresh.
 *
 * @param lifetime that of its `Cache-Control`, if it has one
 */
export function boundedLifetime(lifetime: number | undefined, bounds: Bounds): number {
  // The bounds do not apply to the default, which the application chose.
  return lifetime === undefined
    ? bounds.defaultAge
    : Math.min(Math.max(lifetime, bounds.minAge), bounds.maxAge);
}

/** A parsed document and the seconds for which it is fresh. */
export interface Parsed<T> {
  readonly value: T;
  readonly lifetime: number;
}

/** Fetches a document until the signal aborts. */
type Load<D> = (signal: AbortSignal) => Promise<D>;

type Parse<D, T> = (document: D) => Parsed<T> | Promise<Parsed<T>>;

/** Caches one document: fetched on demand, one fetch at a time. */
export class DocumentCache<D, T> {
  readonly #load: Load<D>;
  readonly #timing: Timing;
  readonly #parse: Parse<D, T>;
  readonly #discard: (value: T) => void;
  readonly #fail: Fail;
  #cached: (Parsed<T> & { readonly since: number }) | undefined;
  #fetch: { readonly done: Promise<void>; readonly since: number } | undefined;
  /** The error of the last fetch, if it failed. */
  #failure: { readonly error: unknown; readonly at: number } | undefined;
  #cleared = false;

  /**
   * @param discard called with every value that is no longer needed
   * @param fail creates the error of a timeout
   */
  constructor(
    load: Load<D>,
    timing: Timing,
    parse: Parse<D, T>,
    discard: (value: T) => void,
    fail: Fail,
  ) {
    this.#load = load;
    this.#timing = timing;
    this.#parse = parse;
    this.#discard = discard;
    this.#fail = fail;
  }

  /** The value, fresh or stale. */
  get value(): T | undefined {
    return this.#cached?.value;
  }

  /** When the value was stored. */
  get storedAt(): number | undefined {
    return this.#cached?.since;
  }

  get isFetching(): boolean {
    return this.#inFlight() !== undefined;
  }

  /** Whether the last fetch failed less than `retryAfter` ago. */
  get isPausing(): boolean {
    return this.#failure !== undefined && this.since(this.#failure.at) < this.#timing.retryAfter;
  }

  /** When the last fetch failed, if it did. */
  get failedAt(): number | undefined {
    return this.#failure?.at;
  }

  /** Whether the value is fresh, or stale for less than `grace` seconds. */
  isUsable(grace = 0): boolean {
    const cached = this.#cached;
    return cached !== undefined && this.since(cached.since) < cached.lifetime + grace;
  }

  /**
   * Fetches the document unless the value is fresh.
   *
   * @param allowsStale whether a stale value, if there is one, is of use as well
   * @throws the error of the fetch when a stale value is not
   */
  async refresh(allowsStale: () => boolean): Promise<void> {
    if (this.isUsable()) {
      return;
    }
    let failure = this.#failure;
    const fetching = this.#inFlight() ?? (this.isPausing ? undefined : this.#start());
    // While the server fails, callers that can use the stale value do not wait.
    if (fetching !== undefined && !(failure !== undefined && allowsStale())) {
      try {
        return await this.#wait(fetching);
      } catch (error) {
        failure = { error, at: this.#timing.clock() };
      }
    }
    if (!allowsStale()) {
      throw failure?.error;
    }
  }

  /** Fetches now, or waits for the fetch in flight. */
  async reload(): Promise<void> {
    await this.#wait(this.#inFlight() ?? this.#start());
  }

  /** Ends the lifetime of a fresh value now. */
  expire(): void {
    const cached = this.#cached;
    if (cached !== undefined && this.isUsable()) {
      this.#cached = { ...cached, lifetime: this.since(cached.since) };
    }
  }

  /** Discards the value, and the value of a fetch in flight. */
  clear(): void {
    this.#cleared = true;
    const cached = this.#cached;
    this.#cached = undefined;
    if (cached !== undefined) {
      this.#discard(cached.value);
    }
  }

  /** Returns the seconds since then; Infinity when the clock was set back by more than a minute. */
  since(then: number | undefined): number {
    const passed = then === undefined ? Infinity : this.#timing.clock() - then;
    return passed >= -MAX_CLOCK_STEP ? Math.max(0, passed) : Infinity;
  }

  /** Workers end a fetch silently, together with the request that started it; so it expires. */
  #inFlight(): Promise<void> | undefined {
    const expired = this.since(this.#fetch?.since) > this.#timing.timeout;
    return expired ? undefined : this.#fetch?.done;
  }

  #start(): Promise<void> {
    const { clock, timeout } = this.#timing;
    const since = clock();
    const controller = new AbortController();
    const loaded = this.#withTimeout(timeout, this.#load(controller.signal), () =>
      controller.abort(),
    );
    const done = loaded
      .then((document) => this.#store(document))
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
        if (this.#fetch?.done === done) {
          this.#fetch = undefined;
        }
      });
    // Without a caller that waits, a failure would be an unhandled rejection.
    done.catch(() => {});
    this.#fetch = { done, since };
    return done;
  }

  async #store(document: D): Promise<void> {
    if (this.#cleared) {
      return;
    }
    const parsing = this.#parse(document);
    // No `await` for a synchronous parser: it may return the cached value, which must not be
    // discarded in between.
    const parsed = parsing instanceof Promise ? await parsing : parsing;
    const previous = this.#cached?.value;
    if (this.#cleared) {
      this.#discard(parsed.value);
      return;
    }
    this.#cached = { ...parsed, since: this.#timing.clock() };
    if (previous !== undefined && previous !== parsed.value) {
      this.#discard(previous);
    }
  }

  /** Limits the wait, because a fetch that another request started may never end. */
  #wait(fetching: Promise<void>): Promise<void> {
    return this.#withTimeout(this.#timing.timeout, fetching, () => {});
  }

  async #withTimeout<R>(seconds: number, work: Promise<R>, onTimeout: () => void): Promise<R> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(this.#fail("timeout", { seconds }));
        onTimeout();
      }, seconds * 1000);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
