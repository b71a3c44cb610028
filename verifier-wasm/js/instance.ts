/** What the WebAssembly side exports; see src/lib.rs. A verifier is a number. */
export interface Exports {
  readonly memory: WebAssembly.Memory;
  room(bytes: number): number;
  load(
    keys: number,
    issuer: number,
    audience: number,
    leeway: number,
    futureLeeway: number,
    refresh: boolean,
    requireAtJwt: boolean,
  ): number;
  verify(verifier: number, bytes: number, now: number): number;
  /** Only in the module for status lists. */
  status_list?(verifier: number, bytes: number, uri: number, now: number): number;
  free(verifier: number): void;
}

/** The running instance of a WebAssembly module: started at the first use, and another after a trap. */
export class Instance {
  readonly #compile: () => WebAssembly.Module;
  #module: WebAssembly.Module | undefined;
  #exports: Exports | undefined;

  constructor(compile: () => WebAssembly.Module) {
    this.#compile = compile;
  }

  /** Whatever was made in an instance is of no use in the next: compare what this returns. */
  exports(): Exports {
    this.#module ??= this.#compile();
    this.#exports ??= new WebAssembly.Instance(this.#module).exports as unknown as Exports;
    return this.#exports;
  }

  /** Whether these are of the running instance. */
  isRunning(exports: Exports): boolean {
    return this.#exports === exports;
  }

  /**
   * Runs `call` in the instance. The exports never throw by themselves, so an exception is a trap
   * that may have left the memory half written: the caller gets an error, never a verdict, and the
   * next call a fresh instance.
   */
  run<T>(call: () => T): T {
    try {
      return call();
    } catch (cause) {
      this.#exports = undefined;
      throw new Error("the verifier stopped unexpectedly and gave no verdict", { cause });
    }
  }
}

/**
 * The module in hexadecimal digits, for the entries that carry it. Compressed, they are little
 * more than the bytes; base64 hides repetitions, and all that two modules have in common, from the
 * compressor.
 */
export function decoded(hex: string): WebAssembly.Module {
  const digit = (at: number) => {
    const code = hex.charCodeAt(at);
    return code < 58 ? code - 48 : code - 87;
  };
  return new WebAssembly.Module(Uint8Array.from({ length: hex.length / 2 }, (_, at) => digit(2 * at) * 16 + digit(2 * at + 1)));
}
