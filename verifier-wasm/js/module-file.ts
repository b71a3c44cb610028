// The verifier module as a file, for the slim entry.

import { detectEngine } from "./engine.js";
import type { ModuleSource } from "./platform-types.js";

// Bundlers emit the files as assets only for complete `new URL(...)` expressions.
const urls = {
  fma: () => new URL("./verifier_wasm_fma.wasm", import.meta.url),
  simd: () => new URL("./verifier_wasm_simd.wasm", import.meta.url),
  scalar: () => new URL("./verifier_wasm.wasm", import.meta.url),
};

/** Returns the URL of the variant for this engine. */
export function defaultModule(): ModuleSource {
  return urls[detectEngine()]();
}

export const fetchModule = (address: string | URL | Request): Promise<Response> => fetch(address);

export const compileModule = (bytes: BufferSource): Promise<WebAssembly.Module> =>
  WebAssembly.compile(bytes);
