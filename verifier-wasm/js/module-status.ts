// The modules for status lists inside the JavaScript. They verify lists as well as tokens.

import { compileText } from "./embedded.js";
import { Instance } from "./instance.js";
import { compileKernel } from "./kernel-embedded.js";
import { text } from "./status-wasm-text.js";

export const instance = new Instance(() => ({
  verifier: compileText(text),
  kernel: compileKernel(),
}));
