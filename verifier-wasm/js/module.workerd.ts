// The modules in workers: they forbid compiling bytes and import `.wasm` files compiled. All of
// them have SIMD.

import { Instance } from "./instance.js";
import kernel from "./kernel_simd.wasm";
import type { ModuleSources } from "./platform-types.js";
import verifier from "./verifier_wasm.wasm";

export { compileModule, fetchModule } from "./module-compiled.js";

export const instance = new Instance(() => ({ verifier, kernel }));

export function defaultModules(): ModuleSources {
  return { verifier, kernel };
}
