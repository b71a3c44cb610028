import { Instance } from "./instance.js";
import * as bindings from "./verifier_wasm.js";
import { wasmBase64 } from "./wasm-bytes.js";

/** The plain module: verdicts only. */
export const plain = new Instance<bindings.TokenVerifier>(bindings, wasmBase64);
