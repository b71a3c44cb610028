// The verifier module in Vercel's edge runtime, whose tools compile `.wasm?module` files. It has
// SIMD.

import { Instance } from "./instance.js";
import type { ModuleSource } from "./platform-types.js";
import compiled from "./verifier_wasm_simd.wasm?module";

export { compileModule, fetchModule } from "./module-compiled.js";

export const instance = new Instance(() => compiled);

export function defaultModule(): ModuleSource {
  return compiled;
}
