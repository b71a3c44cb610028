// The module for status lists inside the JavaScript. It verifies lists as well as tokens.

import { decodeModule, Instance } from "./instance.js";
import { wasmHex } from "./status-bytes.js";

export const instance = new Instance(() => decodeModule(wasmHex));
