// The modules as files, for the slim entry.

import { selectKernel } from "./engine.js";
import type { ModuleSources } from "./platform-types.js";

// Bundlers emit the files as assets only for complete `new URL(...)` expressions.
const kernels = {
  fma: () => new URL("./kernel_fma.wasm", import.meta.url),
  simd: () => new URL("./kernel_simd.wasm", import.meta.url),
};

/** Returns the URLs of the modules for this engine. */
export function defaultModules(): ModuleSources {
  return {
    verifier: new URL("./verifier_wasm.wasm", import.meta.url),
    kernel: kernels[selectKernel()](),
  };
}

export const fetchModule = (address: string | URL | Request): Promise<Response> => fetch(address);

export const compileModule = (bytes: BufferSource): Promise<WebAssembly.Module> =>
  WebAssembly.compile(bytes);
