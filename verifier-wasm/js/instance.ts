import { checkPlatform } from "./platform.js";
import { checkAbi, type Exports } from "./wire.js";

/** The running instance of a WebAssembly module: created at the first use, and again after a trap. */
export class Instance {
  readonly #compile: () => WebAssembly.Module;
  #module: WebAssembly.Module | undefined;
  #exports: Exports | undefined;

  constructor(compile: () => WebAssembly.Module) {
    this.#compile = compile;
  }

  /**
   * Nothing made in one instance is valid in the next: compare the returned objects.
   *
   * @throws {Error} when the module is of another release of this package, or when the runtime
   * lacks what it needs
   */
  exports(): Exports {
    this.#exports ??= this.#instantiated();
    return this.#exports;
  }

  isRunning(exports: Exports): boolean {
    return this.#exports === exports;
  }

  /**
   * Runs `call` in the instance. The exports throw nothing but traps, which can leave the memory
   * half written: the caller gets an error, never a verdict, and the next call a new instance.
   */
  run<T>(call: () => T): T {
    try {
      return call();
    } catch (cause) {
      this.#exports = undefined;
      throw new Error("the verifier stopped unexpectedly and gave no verdict", { cause });
    }
  }

  #instantiated(): Exports {
    checkPlatform();
    this.#module ??= this.#compile();
    const exports = new WebAssembly.Instance(this.#module).exports as unknown as Exports;
    checkAbi(exports);
    return exports;
  }
}

/**
 * Compiles a module from hexadecimal digits.
 *
 * Compressed, the digits are little more than the bytes. Base64 would hide repetitions, and all
 * that two modules have in common, from the compressor.
 */
export function decodeModule(hex: string): WebAssembly.Module {
  const digit = (index: number) => {
    const code = hex.charCodeAt(index);
    return code < 58 ? code - 48 : code - 87;
  };
  const byte = (index: number) => digit(2 * index) * 16 + digit(2 * index + 1);
  return new WebAssembly.Module(
    Uint8Array.from({ length: hex.length / 2 }, (_, index) => byte(index)),
  );
}
