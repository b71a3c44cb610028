// The module for status lists in workers, which import `.wasm` files compiled.

import { Instance } from "./instance.js";
import compiled from "./status_wasm.wasm";

export const instance = new Instance(() => compiled);
