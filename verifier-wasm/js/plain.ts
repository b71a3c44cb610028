import { decoded, Instance } from "./instance.js";
import { wasmBase64 } from "./wasm-bytes.js";

/** The plain module: verdicts only. */
export const plain = new Instance(() => decoded(wasmBase64));
