import { kind } from "./engine.js";
import { wasmHex as fma } from "./fma-bytes.js";
import { decoded, Instance } from "./instance.js";
import { wasmHex as simd } from "./simd-bytes.js";
import { wasmHex as scalar } from "./wasm-bytes.js";

const modules = { fma, simd, scalar };

/** The module for this engine, for the entries that carry all of them. */
export const plain = new Instance(() => decoded(modules[kind()]));
