import { decoded, Instance } from "./instance.js";
import { simd } from "./simd.js";
import { wasmHex as withSimd } from "./simd-bytes.js";
import { wasmHex as withoutSimd } from "./wasm-bytes.js";

/** The module, for the entries that carry it. */
export const plain = new Instance(() => decoded(simd() ? withSimd : withoutSimd));
