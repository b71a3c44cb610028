// The modules in Vercel's edge runtime, whose tools compile `.wasm?module` files. It has SIMD.

import { Instance } from "./instance.js";
import kernel from "./kernel_simd.wasm?module";
import type { ModuleSources } from "./platform-types.js";
import verifier from "./verifier_wasm.wasm?module";

export { compileModule, fetchModule } from "./module-compiled.js";

export const instance = new Instance(() => ({ verifier, kernel }));

export function defaultModules(): ModuleSources {
  return { verifier, kernel };
}
