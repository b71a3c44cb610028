// How the slim entry gets its module.

import { Instance } from "./instance.js";
import type { ModuleSource } from "./module-source.js";
import { checkAbi } from "./wire.js";

/** A module that is there once it was loaded. */
export class Loading {
  readonly #fallback: () => ModuleSource;
  readonly #fetch: (address: string | URL | Request) => Promise<Response>;
  #module: WebAssembly.Module | undefined;
  #loaded: Promise<void> | undefined;

  readonly instance = new Instance(() => {
    if (this.#module === undefined) {
      throw new Error("await init() before anything else is called");
    }
    return this.#module;
  });

  constructor(fallback: () => ModuleSource, fetch: (address: string | URL | Request) => Promise<Response>) {
    this.#fallback = fallback;
    this.#fetch = fetch;
  }

  /** Loads once, unless it failed. */
  init(input?: ModuleSource | Promise<ModuleSource>): Promise<void> {
    this.#loaded ??= this.#load(input).catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  async #load(input: ModuleSource | Promise<ModuleSource> | undefined): Promise<void> {
    let source = (await input) ?? this.#fallback();
    if (typeof source === "string" || source instanceof URL || isRequest(source)) {
      source = await this.#fetch(source);
    }
    if (isResponse(source)) {
      if (!source.ok) {
        throw new Error(`the module could not be fetched: ${source.status} ${source.url}`);
      }
      source = await source.arrayBuffer();
    }
    const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(source as BufferSource);
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    if (!["load", "verify", "free"].every((name) => names.includes(name)) || WebAssembly.Module.imports(module).length > 0) {
      throw new TypeError("init was given another module than this package's");
    }
    checkAbi(new WebAssembly.Instance(module).exports);
    this.#module = module;
  }
}

// A runtime that loads from bytes may have neither of these.

function isRequest(value: unknown): value is Request {
  return typeof Request !== "undefined" && value instanceof Request;
}

function isResponse(value: unknown): value is Response {
  return typeof Response !== "undefined" && value instanceof Response;
}
