// The modules for status lists in Vercel's edge runtime; see module.edge-light.ts.

import { Instance } from "./instance.js";
import kernel from "./kernel_simd.wasm?module";
import verifier from "./status_wasm.wasm?module";

export const instance = new Instance(() => ({ verifier, kernel }));
