/** The bindings that wasm-pack generates for one module, and what this package uses of them. */
export interface Bindings<Handle> {
  initSync(module: { module: WebAssembly.Module }): unknown;
  restart(): void;
  started(): void;
  readonly TokenVerifier: new (
    keys: string,
    leeway: number,
    issuer: string | undefined,
    audience: string | undefined,
    refresh: boolean,
    requireAtJwt: boolean,
  ) => Handle;
}

/** The running instance of a WebAssembly module: started at the first use, replaced after a trap. */
export class Instance<Handle> {
  readonly bindings: Bindings<Handle>;
  readonly #wasmBase64: string;
  /** Counts the instances; whatever was made in an earlier one is gone. */
  #generation = 0;
  #broken = false;

  constructor(bindings: Bindings<Handle>, wasmBase64: string) {
    this.bindings = bindings;
    this.#wasmBase64 = wasmBase64;
  }

  /** The generation of the running instance; the first call starts it. */
  generation(): number {
    if (this.#generation === 0) {
      const bytes = Uint8Array.from(atob(this.#wasmBase64), (character) => character.charCodeAt(0));
      this.bindings.initSync({ module: new WebAssembly.Module(bytes) });
      this.#generation = 1;
    }
    if (this.#broken) {
      this.#replace();
    }
    return this.#generation;
  }

  /**
   * Runs `call` in the instance. The bindings never throw by themselves, so an exception is a trap that may have left the
   * memory half written: the caller gets an error, never a verdict, and the next call a fresh instance.
   */
  run<T>(call: () => T): T {
    try {
      return call();
    } catch (cause) {
      this.#broken = true;
      try {
        this.#replace();
      } catch {
        // No room on the stack, for example: the next call tries again before it uses the instance.
      }
      throw new Error("the verifier stopped unexpectedly and gave no verdict", { cause });
    }
  }

  #replace(): void {
    this.bindings.restart();
    this.bindings.started();
    this.#broken = false;
    this.#generation += 1;
  }
}
