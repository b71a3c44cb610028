// The verifier module inside the JavaScript, for entries that are ready after the import.

import { detectEngine } from "./engine.js";
import { wasmHex as fma } from "./fma-bytes.js";
import { decodeModule, Instance } from "./instance.js";
import { wasmHex as simd } from "./simd-bytes.js";
import { wasmHex as scalar } from "./wasm-bytes.js";

const modules = { fma, simd, scalar };

/** The instance that these entries share; compiles the variant for this engine at the first use. */
export const instance = new Instance(() => decodeModule(modules[detectEngine()]));
