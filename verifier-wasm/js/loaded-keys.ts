import type { KeyCode } from "./codes.js";
import { KeyError } from "./errors.js";
import type { Instance } from "./instance.js";
import type { Policy } from "./options.js";
import {
  encodePolicy,
  MAX_KEY_TEXT_BYTES,
  MAX_TOKEN_BYTES,
  Reply,
  type Exports,
  type Refusal,
} from "./wire.js";

/** One more than the longest acceptable token, so that the module still reports a longer one. */
const MAX_TOKEN_PASSED = MAX_TOKEN_BYTES + 1;

/** The same for key texts. */
const MAX_KEY_TEXT_PASSED = MAX_KEY_TEXT_BYTES + 1;

let lazyEncoder: TextEncoder | undefined;

/** Some test runners define `TextEncoder` only after the import. */
const encoder = (): TextEncoder => (lazyEncoder ??= new TextEncoder());

/** Frees the keys of verifiers that were garbage collected. Workers may lack the class. */
const registry =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : new FinalizationRegistry<() => void>((free) => free());

/** Keys and a policy in the WebAssembly memory; loaded again when a trap replaced the instance. */
export class LoadedKeys {
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
    this.#load();
  }

  /** Runs `call` with the number of the loaded verifier. */
  run<T>(call: (exports: Exports, verifier: number, policy: Policy) => T): T {
    const exports = this.#load();
    return this.#instance.run(() => call(exports, this.#verifier, this.#policy));
  }

  /**
   * Verifies a token.
   *
   * @param now Unix time in seconds
   * @param read converts the reply; an exception from it counts as a trap
   */
  verify<T>(token: string, now: number, read: (reply: Reply) => T): T {
    return this.run((exports, verifier, policy) => {
      // WebAssembly memory never shrinks, so a token of 100 MB must not get into it.
      const offset = exports.verify(
        verifier,
        write(exports, token.slice(0, MAX_TOKEN_PASSED)),
        now,
      );
      return read(new Reply(exports, offset, policy, now));
    });
  }

  free(): void {
    this.#freed = true;
    registry?.unregister(this);
    if (this.#exports !== undefined) {
      freeing(this.#instance, this.#exports, this.#verifier)();
      this.#exports = undefined;
    }
  }

  /** Returns the running instance, after loading the keys into it when they are not there. */
  #load(): Exports {
    if (this.#freed) {
      throw new TypeError("this verifier was freed; make another");
    }
    const exports = this.#instance.exports();
    if (this.#exports !== exports) {
      const [refusal, verifier] = this.#instance.run(() => this.#loadInto(exports));
      if (refusal !== undefined) {
        throw new KeyError(refusal.code as KeyCode, refusal.details as never);
      }
      this.#verifier = verifier;
      this.#exports = exports;
      // A second registration would keep the memory of the previous instance alive.
      registry?.unregister(this);
      registry?.register(this, freeing(this.#instance, exports, verifier), this);
    }
    return exports;
  }

  #loadInto(exports: Exports): [Refusal | undefined, number] {
    const keys = encoder().encode(this.#keys.slice(0, MAX_KEY_TEXT_PASSED));
    const policy = encodePolicy(this.#policy, encoder());
    // Addresses are unsigned, exported numbers are not.
    const offset = exports.buffer(keys.length + policy.length) >>> 0;
    const buffer = new Uint8Array(exports.memory.buffer);
    buffer.set(keys, offset);
    buffer.set(policy, offset + keys.length);
    const loaded = exports.load(keys.length);
    const reply = new Reply(exports, loaded, this.#policy, 0);
    return [reply.refusal(), reply.handle];
  }
}

/** Returns a function that frees a verifier, without a reference to its owner. */
function freeing(instance: Instance, exports: Exports, verifier: number): () => void {
  return () => {
    if (instance.isRunning(exports)) {
      instance.run(() => exports.free(verifier));
    }
  };
}

/** Writes a text to the buffer of the module; returns its length in bytes. */
function write(exports: Exports, text: string): number {
  // UTF-8 takes at most three bytes for each UTF-16 unit.
  const capacity = text.length * 3;
  const offset = exports.buffer(capacity) >>> 0;
  return encoder().encodeInto(text, new Uint8Array(exports.memory.buffer, offset, capacity))
    .written;
}
