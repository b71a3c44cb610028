import type { KeyCode } from "./codes.js";
import { KeyError } from "./errors.js";
import type { Instance } from "./instance.js";
import type { Policy } from "./options.js";
import { MAX_KEY_TEXT_BYTES, MAX_TOKEN_BYTES, Reply, type Exports, type Refusal } from "./wire.js";

/** A little more than the longest acceptable token: enough to be refused for its length. */
const PASSED_ON = MAX_TOKEN_BYTES + 1;

/** The same for key texts. */
const KEYS_PASSED_ON = MAX_KEY_TEXT_BYTES + 1;

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
  #verifier = 0;
  #freed = false;

  /** @throws {KeyError} when the keys cannot be used */
  constructor(instance: Instance, keys: string, policy: Policy) {
    this.#instance = instance;
    this.#keys = keys;
    this.#policy = policy;
    this.#live();
  }

  /** Runs `call` with the keys loaded, for questions other than a token's. */
  run<T>(call: (exports: Exports, verifier: number, policy: Policy) => T): T {
    const exports = this.#live();
    return this.#instance.run(() => call(exports, this.#verifier, this.#policy));
  }

  /** Asks for a verdict; `read` belongs to it, because an unreadable reply is as bad as a trap. */
  ask<T>(token: string, now: number, read: (reply: Reply) => T): T {
    return this.run((exports, verifier, policy) => {
      // The memory of WebAssembly grows and never shrinks: a token of 100 MB must not get into it.
      const at = exports.verify(verifier, written(exports, token.slice(0, PASSED_ON)), now);
      return read(new Reply(exports, at, policy, now));
    });
  }

  free(): void {
    this.#freed = true;
    forgotten?.unregister(this);
    if (this.#exports !== undefined) {
      givingBack(this.#instance, this.#exports, this.#verifier)();
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
      const [refusal, verifier] = this.#instance.run(() => this.#load(exports));
      if (refusal !== undefined) {
        throw new KeyError(refusal.code as KeyCode, refusal.details as never);
      }
      this.#verifier = verifier;
      this.#exports = exports;
      // Not in its own name twice: that would keep the memory of the instance before alive.
      forgotten?.unregister(this);
      forgotten?.register(this, givingBack(this.#instance, exports, this.#verifier), this);
    }
    return exports;
  }

  #load(exports: Exports): [Refusal | undefined, number] {
    const { leeway, futureLeeway, issuer, audience, refresh, requireAtJwt } = this.#policy;
    const texts = [this.#keys.slice(0, KEYS_PASSED_ON), issuer, audience].map((text) => text === undefined ? undefined : encoder.encode(text));
    const lengths = texts.map((text) => text?.length ?? -1) as [number, number, number];
    // Addresses are unsigned, and what is exported is not.
    let at = exports.buffer(lengths.reduce((sum, length) => sum + Math.max(length, 0), 0)) >>> 0;
    for (const text of texts) {
      if (text !== undefined) {
        new Uint8Array(exports.memory.buffer).set(text, at);
        at += text.length;
      }
    }
    const loaded = exports.load(...lengths, leeway, futureLeeway, refresh, requireAtJwt);
    const reply = new Reply(exports, loaded, this.#policy, 0);
    return [reply.refusal(), reply.handle];
  }
}

/** Frees the verifier, if the instance it is in is still there. Knows nothing of its owner, who may be gone. */
function givingBack(instance: Instance, exports: Exports, verifier: number): () => void {
  return () => {
    if (instance.isRunning(exports)) {
      instance.run(() => exports.free(verifier));
    }
  };
}

/** Writes a text where the WebAssembly side looks for it; returns its length in bytes. */
function written(exports: Exports, text: string): number {
  // UTF-8 takes at most three bytes for what a string counts as one.
  const room = text.length * 3;
  const at = exports.buffer(room) >>> 0;
  return encoder.encodeInto(text, new Uint8Array(exports.memory.buffer, at, room)).written;
}
