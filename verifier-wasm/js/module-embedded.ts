// The modules inside the JavaScript, for entries that are ready after the import.

import { compileText } from "./embedded.js";
import { compileKernel } from "./kernel-embedded.js";
import { Instance } from "./instance.js";
import { text } from "./verifier-wasm-text.js";

/** The instance that these entries share; compiles the modules at the first use. */
export const instance = new Instance(() => ({
  verifier: compileText(text),
  kernel: compileKernel(),
}));
