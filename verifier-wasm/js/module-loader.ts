import { Instance } from "./instance.js";
import type { ModuleSource } from "./platform-types.js";
import { checkPlatform } from "./platform.js";
import { checkAbi } from "./wire.js";

/** Loads the module of the slim entry and holds it. */
export class ModuleLoader {
  readonly #defaultModule: () => ModuleSource;
  readonly #fetch: (address: string | URL | Request) => Promise<Response>;
  #module: WebAssembly.Module | undefined;
  #loading: Promise<void> | undefined;

  /** Throws an `Error` when it is used before `init` has resolved. */
  readonly instance = new Instance(() => {
    if (this.#module === undefined) {
      throw new Error("await init() before anything else is called");
    }
    return this.#module;
  });

  constructor(
    defaultModule: () => ModuleSource,
    fetch: (address: string | URL | Request) => Promise<Response>,
  ) {
    this.#defaultModule = defaultModule;
    this.#fetch = fetch;
  }

  /** Loads the module once; after a failure the next call tries again. */
  init(input?: ModuleSource | Promise<ModuleSource>): Promise<void> {
    this.#loading ??= this.#load(input).catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #load(input: ModuleSource | Promise<ModuleSource> | undefined): Promise<void> {
    checkPlatform();
    let source = (await input) ?? this.#defaultModule();
    if (typeof source === "string" || source instanceof URL || isRequest(source)) {
      source = await this.#fetch(source);
    }
    if (isResponse(source)) {
      if (!source.ok) {
        throw new Error(`the module could not be fetched: ${source.status} ${source.url}`);
      }
      source = await source.arrayBuffer();
    }
    const module =
      source instanceof WebAssembly.Module
        ? source
        : await WebAssembly.compile(source as BufferSource);
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    if (
      !["load", "verify", "free"].every((name) => names.includes(name)) ||
      WebAssembly.Module.imports(module).length > 0
    ) {
      throw new TypeError("init was given another module than this package's");
    }
    checkAbi(new WebAssembly.Instance(module).exports);
    this.#module = module;
  }
}

// Runtimes that load modules from bytes may lack both classes.

function isRequest(value: unknown): value is Request {
  return typeof Request !== "undefined" && value instanceof Request;
}

function isResponse(value: unknown): value is Response {
  return typeof Response !== "undefined" && value instanceof Response;
}
