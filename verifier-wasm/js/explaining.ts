import { wasmHex } from "./explain-bytes.js";
import { decoded, Instance } from "./instance.js";

/** The module that explains, which says more and is larger; the verdicts are made by the same code. */
export const explaining = new Instance(() => decoded(wasmHex));
