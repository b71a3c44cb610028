import { decoded, Instance } from "./instance.js";
import { simd } from "./simd.js";
import { wasmBase64 as withSimd } from "./simd-bytes.js";
import { wasmBase64 as withoutSimd } from "./wasm-bytes.js";

/** The plain module: verdicts only. */
export const plain = new Instance(() => decoded(simd() ? withSimd : withoutSimd));
