// The modules for status lists in workers, which import `.wasm` files compiled.

import { Instance } from "./instance.js";
import kernel from "./kernel_simd.wasm";
import verifier from "./status_wasm.wasm";

export const instance = new Instance(() => ({ verifier, kernel }));
