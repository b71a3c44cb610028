import { Answer, MAX_TOKEN_BYTES } from "./answers.js";
import type { KeyCode } from "./codes.js";
import { KeyError } from "./errors.js";
import type { Exports, Instance } from "./instance.js";
import type { Policy } from "./options.js";

/** A little more than the longest acceptable token: enough to be refused for its length. */
const PASSED_ON = MAX_TOKEN_BYTES + 1;

const encoder = new TextEncoder();

/** Gives back what forgotten verifiers hold. Workers may be without it. */
const forgotten =
  typeof FinalizationRegistry === "undefined" ? undefined : new FinalizationRegistry<() => void>((giveBack) => giveBack());

/** Keys and a policy, loaded into the WebAssembly side, and again after a trap has taken the instance they were in. */
export class Keyed {
  readonly #instance: Instance;
  readonly #keys: string;
  readonly #policy: Policy;
  #exports: Exports | undefined;
  #handle = 0;
  #freed = false;

  /** @throws {KeyError} when the keys cannot be used */
  constructor(instance: Instance, keys: string, policy: Policy) {
    this.#instance = instance;
    this.#keys = keys;
    this.#policy = policy;
    this.#live();
  }

  /** Runs `call` with the keys loaded, for questions other than a token's. */
  run<T>(call: (exports: Exports, handle: number, policy: Policy) => T): T {
    const exports = this.#live();
    return this.#instance.run(() => call(exports, this.#handle, this.#policy));
  }

  /** Asks for a verdict; `read` belongs to it, because an answer that cannot be read is as bad as a trap. */
  ask<T>(token: string, now: number, read: (answer: Answer) => T): T {
    return this.run((exports, handle, policy) => {
      // The memory of WebAssembly grows and never shrinks: a token of 100 MB must not get into it.
      const bytes = written(exports, handle, token.slice(0, PASSED_ON));
      const at = exports.tokenverifier_verify(handle, bytes, now);
      return read(new Answer(exports, at, policy, now));
    });
  }

  free(): void {
    this.#freed = true;
    forgotten?.unregister(this);
    if (this.#exports !== undefined) {
      givingBack(this.#instance, this.#exports, this.#handle)();
      this.#exports = undefined;
    }
  }

  /** The running instance, with the keys in it: loaded again when it is not the one they were loaded into. */
  #live(): Exports {
    if (this.#freed) {
      throw new TypeError("this verifier was freed; make another");
    }
    const exports = this.#instance.exports();
    if (this.#exports !== exports) {
      const refusal = this.#instance.run(() => {
        this.#handle = exports.tokenverifier_new();
        return this.#load(exports, this.#handle);
      });
      if (refusal !== undefined) {
        this.#instance.run(() => exports.__wbg_tokenverifier_free(this.#handle));
        throw new KeyError(refusal.code as KeyCode, refusal.details as never);
      }
      this.#exports = exports;
      // Not in its own name twice: that would keep the memory of the instance before alive.
      forgotten?.unregister(this);
      forgotten?.register(this, givingBack(this.#instance, exports, this.#handle), this);
    }
    return exports;
  }

  #load(exports: Exports, handle: number) {
    const { leeway, issuer, audience, refresh, requireAtJwt } = this.#policy;
    const [keys, ...demands] = [this.#keys, issuer, audience].map((text) => encoder.encode(text));
    let at = exports.tokenverifier_room(handle, keys!.length + demands[0]!.length + demands[1]!.length);
    for (const bytes of [keys!, ...demands]) {
      new Uint8Array(exports.memory.buffer).set(bytes, at);
      at += bytes.length;
    }
    const length = (text: string | undefined, bytes: Uint8Array) => (text === undefined ? -1 : bytes.length);
    const lengths = [length(issuer, demands[0]!), length(audience, demands[1]!)] as const;
    at = exports.tokenverifier_load(handle, keys!.length, ...lengths, leeway, refresh, requireAtJwt);
    return new Answer(exports, at, this.#policy, 0).refusal();
  }
}

/** Frees the object, if the instance it is in is still there. Knows nothing of its owner, who may be gone. */
function givingBack(instance: Instance, exports: Exports, handle: number): () => void {
  return () => {
    if (exports === instance.exports()) {
      instance.run(() => exports.__wbg_tokenverifier_free(handle));
    }
  };
}

/** Writes a text where the WebAssembly side looks for it; returns its length in bytes. */
function written(exports: Exports, handle: number, text: string): number {
  // UTF-8 takes at most three bytes for what a string counts as one.
  const room = text.length * 3;
  const at = exports.tokenverifier_room(handle, room);
  return encoder.encodeInto(text, new Uint8Array(exports.memory.buffer, at, room)).written;
}
