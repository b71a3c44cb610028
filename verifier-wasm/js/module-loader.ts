import { Instance } from "./instance.js";
import type { ModuleSource } from "./platform-types.js";
import { checkPlatform } from "./platform.js";
import { checkAbi } from "./wire.js";

/** How a platform gets the module: the exports of a `module-file` file. */
export interface ModuleFiles {
  defaultModule(): ModuleSource;
  fetchModule(address: string | URL | Request): Promise<Response>;
  compileModule(bytes: BufferSource): Promise<WebAssembly.Module>;
}

/** Loads the module of the slim entry and holds it. */
export class ModuleLoader {
  readonly #files: ModuleFiles;
  #module: WebAssembly.Module | undefined;
  #loading: Promise<void> | undefined;

  /** Throws an `Error` when it is used before `init` has resolved. */
  readonly instance = new Instance(() => {
    if (this.#module === undefined) {
      throw new Error("await init() before anything else is called");
    }
    return this.#module;
  });

  constructor(files: ModuleFiles) {
    this.#files = files;
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
    const source = await input;
    const found = source === undefined ? await this.#default() : await this.#fetched(source);
    const module = isModule(found) ? found : await this.#files.compileModule(found);
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

  /** @throws {Error} that says what to do when a bundler has moved this file without the module */
  async #default(): Promise<Found> {
    let address: ModuleSource | undefined;
    try {
      address = this.#files.defaultModule();
      return await this.#fetched(address);
    } catch (cause) {
      const place = address === undefined ? "next to its file" : `at ${String(address)}`;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `init() found no module ${place} (${reason}): ` +
          'pass it another address; see "Platforms" in the README of @dojang/verifier',
        { cause },
      );
    }
  }

  async #fetched(source: ModuleSource): Promise<Found> {
    const found = ["String", "URL", "Request"].includes(kindOf(source))
      ? await this.#files.fetchModule(source as string | URL | Request)
      : source;
    if (kindOf(found) !== "Response") {
      return found as Found;
    }
    const { ok, status, url, headers } = found as Response;
    if (!ok) {
      throw new Error(`the module could not be fetched: ${status} ${url}`);
    }
    // Development servers respond with their page to paths that they do not know.
    if (/^text\/html\b/i.test(headers.get("content-type") ?? "")) {
      throw new Error(`the module could not be fetched: ${url} is a page`);
    }
    return await (found as Response).arrayBuffer();
  }
}

type Found = WebAssembly.Module | BufferSource;

function isModule(found: Found): found is WebAssembly.Module {
  return kindOf(found) === "WebAssembly.Module";
}

/**
 * Returns the class of an object of the platform. Test runners and edge runtimes have several
 * realms, so `instanceof` may miss it.
 */
function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
