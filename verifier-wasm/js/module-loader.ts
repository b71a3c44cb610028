import { Instance } from "./instance.js";
import { link, type Modules } from "./linked.js";
import type { ModuleSource, ModuleSources } from "./platform-types.js";
import { checkPlatform } from "./platform.js";

/** How a platform gets the modules: the exports of a `module-file` file. */
export interface ModuleFiles {
  defaultModules(): ModuleSources;
  fetchModule(address: string | URL | Request): Promise<Response>;
  compileModule(bytes: BufferSource): Promise<WebAssembly.Module>;
}

/** Loads the modules of the slim entry and holds them. */
export class ModuleLoader {
  readonly #files: ModuleFiles;
  #modules: Modules | undefined;
  #loading: Promise<void> | undefined;

  /** Throws an `Error` when it is used before `init` has resolved. */
  readonly instance = new Instance(() => {
    if (this.#modules === undefined) {
      throw new Error("await init() before anything else is called");
    }
    return this.#modules;
  });

  constructor(files: ModuleFiles) {
    this.#files = files;
  }

  /** Loads the modules once; after a failure the next call tries again. */
  init(input?: ModuleSources): Promise<void> {
    this.#loading ??= this.#load(input).catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #load(input: ModuleSources | undefined): Promise<void> {
    checkPlatform();
    const load =
      input === undefined
        ? (name: keyof Modules) => this.#default(name)
        : async (name: keyof Modules) => await this.#fetched(await sourceIn(input, name));
    const [verifier, kernel] = await Promise.all([
      load("verifier").then((found) => this.#compiled(found, ["load", "verify", "free"])),
      load("kernel").then((found) => this.#compiled(found, ["input", "verifies"])),
    ]);
    const modules = { verifier, kernel };
    link(modules);
    this.#modules = modules;
  }

  /** @throws {TypeError} when the module lacks one of the exports */
  async #compiled(found: Found, exports: readonly string[]): Promise<WebAssembly.Module> {
    const module = isModule(found) ? found : await this.#files.compileModule(found);
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    if (!exports.every((name) => names.includes(name))) {
      throw new TypeError("init was given another module than this package's");
    }
    return module;
  }

  /** @throws {Error} that says what to do when a bundler has moved this file without the modules */
  async #default(name: keyof Modules): Promise<Found> {
    let address: ModuleSource | undefined;
    try {
      address = await this.#files.defaultModules()[name];
      return await this.#fetched(address);
    } catch (cause) {
      const place = address === undefined ? "next to its file" : `at ${String(address)}`;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `init() found no module ${place} (${reason}): ` +
          'pass it other addresses; see "Platforms" in the README of @dojang/verifier',
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

/** @throws {TypeError} when a module is missing */
function sourceIn(input: ModuleSources, name: keyof Modules): ModuleSource | Promise<ModuleSource> {
  const source = typeof input === "object" && input !== null ? input[name] : undefined;
  if (source === undefined) {
    throw new TypeError("init takes both modules: { verifier, kernel }");
  }
  return source;
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
