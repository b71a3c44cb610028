import { link, type Modules } from "./linked.js";
import { checkPlatform } from "./platform.js";
import type { Exports } from "./wire.js";

/** The running instance of the modules: created at the first use, and again after a trap. */
export class Instance {
  readonly #compile: () => Modules;
  #modules: Modules | undefined;
  #exports: Exports | undefined;

  constructor(compile: () => Modules) {
    this.#compile = compile;
  }

  /**
   * Nothing made in one instance is valid in the next: compare the returned objects.
   *
   * @throws {Error} when a module is of another release of this package, or when the runtime lacks
   * what it needs
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
    this.#modules ??= this.#compile();
    return link(this.#modules);
  }
}
