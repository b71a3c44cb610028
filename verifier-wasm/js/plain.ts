import { decoded, Instance } from "./instance.js";
import { simd } from "./simd.js";
import { wasmHex as withSimd } from "./simd-bytes.js";
import { wasmHex as withoutSimd } from "./wasm-bytes.js";

/** The plain module: verdicts only. */
export const plain = new Instance(() => decoded(simd() ? withSimd : withoutSimd));
