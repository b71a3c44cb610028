// The verifier module in workers: they forbid compiling bytes and import `.wasm` files compiled.
// All of them have SIMD.

import { Instance } from "./instance.js";
import type { ModuleSource } from "./platform-types.js";
import compiled from "./verifier_wasm_simd.wasm";

export { compileModule, fetchModule } from "./module-compiled.js";

export const instance = new Instance(() => compiled);

export function defaultModule(): ModuleSource {
  return compiled;
}
