// The module for status lists in Vercel's edge runtime; see module.edge-light.ts.

import { Instance } from "./instance.js";
import compiled from "./status_wasm.wasm?module";

export const instance = new Instance(() => compiled);
