import { refusalIn, type Answer, type Refusal } from "./answers.js";
import type { KeyCode } from "./codes.js";
import { KeyError } from "./errors.js";
import type { Instance } from "./instance.js";
import type { Policy } from "./options.js";

/** What every object of the bindings can do. */
interface KeyedHandle {
  key_error(): string | undefined;
  free(): void;
}

/** Keys and a policy, loaded into the WebAssembly side, and again after a trap has taken the instance they were in. */
export class Keyed<Handle extends KeyedHandle> {
  readonly #instance: Instance<Handle>;
  readonly #keys: string;
  readonly #policy: Policy;
  #handle: Handle | undefined;
  #generation = 0;
  #freed = false;

  /** @throws {KeyError} when the keys cannot be used */
  constructor(instance: Instance<Handle>, keys: string, policy: Policy) {
    this.#instance = instance;
    this.#keys = keys;
    this.#policy = policy;
    this.#live();
  }

  /** Asks the WebAssembly side; `read` belongs to it, because an answer that cannot be read is as bad as a trap. */
  ask<T>(question: (handle: Handle) => string, read: (answer: unknown) => T): T {
    const handle = this.#live();
    return this.#instance.run(() => read(JSON.parse(question(handle))));
  }

  free(): void {
    this.#freed = true;
    if (this.#generation === this.#instance.generation()) {
      this.#instance.run(() => this.#handle?.free());
    }
    this.#handle = undefined;
  }

  /** The object in the running instance, made again from the keys when the instance has been replaced. */
  #live(): Handle {
    if (this.#freed) {
      throw new TypeError("this verifier was freed; make another");
    }
    const generation = this.#instance.generation();
    if (this.#handle === undefined || this.#generation !== generation) {
      const { leeway, issuer, audience, refresh, requireAtJwt } = this.#policy;
      const { TokenVerifier } = this.#instance.bindings;
      const [handle, refusal] = this.#instance.run(() => {
        const handle = new TokenVerifier(this.#keys, leeway, issuer, audience, refresh, requireAtJwt);
        return [handle, keyRefusalIn(handle.key_error())] as const;
      });
      if (refusal !== undefined) {
        this.#instance.run(() => handle.free());
        throw new KeyError(refusal.code, refusal.details);
      }
      this.#handle = handle;
      this.#generation = generation;
    }
    return this.#handle;
  }
}

/** A little more than the longest acceptable token: enough to be refused for its length. */
const PASSED_ON = 16_385;

/** The memory of WebAssembly grows and never shrinks: a token of 100 MB must not get into it. */
export function passedOn(token: string): string {
  return token.slice(0, PASSED_ON);
}

function keyRefusalIn(text: string | undefined): Refusal<KeyCode> | undefined {
  return text === undefined ? undefined : (refusalIn(JSON.parse(text) as Answer) as Refusal<KeyCode> | undefined);
}
