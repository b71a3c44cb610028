import { decoded, Instance } from "./instance.js";
import { wasmHex } from "./status-bytes.js";

/** The module that verifies status lists as well as tokens. */
export const listing = new Instance(() => decoded(wasmHex));
