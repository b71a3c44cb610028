import { download, type Download, type Source } from "./download.js";

/** Seconds by which clocks are set back in good order. */
const SET_BACK = 60;

/** When a document is fetched. Times are seconds. */
export interface Timing {
  readonly clock: () => number;
  /** How long a fetch may take, body included. */
  readonly timeout: number;
  /** Pause after a fetch that failed. */
  readonly retryAfter: number;
}

/** What was made of a document, and for how many seconds it is good. */
export interface Made<T> {
  readonly value: T;
  readonly lifetime: number;
}

/** What is made of the document of one address: fetched when it is needed, one request at a time, and kept for its time. */
export class Fetched<T> {
  readonly #source: Source;
  readonly #timing: Timing;
  readonly #make: (download: Download) => Made<T> | Promise<Made<T>>;
  readonly #discard: (value: T) => void;
  #known: (Made<T> & { readonly since: number }) | undefined;
  #fetching: { readonly done: Promise<void>; readonly since: number } | undefined;
  /** The last attempt, if it failed. */
  #failure: { readonly error: unknown; readonly at: number } | undefined;
  #forgotten = false;

  /** @param discard is told of every value that is not needed any more */
  constructor(source: Source, timing: Timing, make: (download: Download) => Made<T> | Promise<Made<T>>, discard: (value: T) => void) {
    this.#source = source;
    this.#timing = timing;
    this.#make = make;
    this.#discard = discard;
  }

  /** The value, fresh or not. */
  get value(): T | undefined {
    return this.#known?.value;
  }

  get isFetching(): boolean {
    return this.#inFlight() !== undefined;
  }

  /** Whether the last attempt failed, and so lately that there is no other yet. */
  get isPausing(): boolean {
    return this.#failure !== undefined && this.since(this.#failure.at) < this.#timing.retryAfter;
  }

  /** Whether the value's time is not over, or over by less than `overdue` seconds. */
  isGood(overdue = 0): boolean {
    return this.#known !== undefined && this.since(this.#known.since) < this.#known.lifetime + overdue;
  }

  /**
   * Sees to it that there is a value, a fresh one if it can be had.
   *
   * @param suffices whether the old value, if there is one, is of use as well
   * @throws why it could not be fetched, when the old one does not suffice
   */
  async ready(suffices: () => boolean): Promise<void> {
    if (this.isGood()) {
      return;
    }
    let failure = this.#failure;
    const fetching = this.#inFlight() ?? (this.isPausing ? undefined : this.#start());
    // Those who come while the server fails do not wait for it, as long as the old value is of use.
    if (fetching !== undefined && !(failure !== undefined && suffices())) {
      try {
        return await this.#wait(fetching);
      } catch (error) {
        failure = { error, at: this.#timing.clock() };
      }
    }
    if (!suffices()) {
      throw failure?.error;
    }
  }

  /** Fetches now, or joins the fetch that is on its way. */
  async again(): Promise<void> {
    await this.#wait(this.#inFlight() ?? this.#start());
  }

  /** Forgets the value, and whatever may still arrive. */
  forget(): void {
    this.#forgotten = true;
    const known = this.#known;
    this.#known = undefined;
    if (known !== undefined) {
      this.#discard(known.value);
    }
  }

  /** Seconds since then. A clock that was set back by more than a little ends every wait and every lifetime. */
  since(then: number | undefined): number {
    const passed = then === undefined ? Infinity : this.#timing.clock() - then;
    return passed >= -SET_BACK ? Math.max(0, passed) : Infinity;
  }

  /** The fetch that is on its way. In workers it dies without a word together with the request that started it. */
  #inFlight(): Promise<void> | undefined {
    return this.since(this.#fetching?.since) <= this.#timing.timeout ? this.#fetching?.done : undefined;
  }

  #start(): Promise<void> {
    const { clock, timeout } = this.#timing;
    const since = clock();
    const controller = new AbortController();
    const downloaded = this.#within(timeout, download(this.#source, controller.signal), () => controller.abort());
    const done = downloaded
      .then((document) => this.#keep(document))
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

  async #keep(document: Download): Promise<void> {
    if (this.#forgotten) {
      return;
    }
    const making = this.#make(document);
    // A value that was there already, and is made again at once, may not be discarded in between.
    const made = making instanceof Promise ? await making : making;
    const before = this.#known?.value;
    if (this.#forgotten) {
      this.#discard(made.value);
      return;
    }
    this.#known = { ...made, since: this.#timing.clock() };
    if (before !== undefined && before !== made.value) {
      this.#discard(before);
    }
  }

  /** Has a time limit of its own, for the fetch of another request may never end. */
  #wait(fetching: Promise<void>): Promise<void> {
    return this.#within(this.#timing.timeout, fetching, () => {});
  }

  /** The outcome of `work`, or an error when it takes too long. */
  async #within<R>(seconds: number, work: Promise<R>, tooLate: () => void): Promise<R> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(this.#source.fail("timeout", { seconds }));
        tooLate();
      }, seconds * 1000);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
