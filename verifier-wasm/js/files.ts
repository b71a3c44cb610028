import { kind } from "./engine.js";

// Whole addresses, and not a name in one: bundlers recognise these, and take the file along.
const files = {
  fma: () => new URL("./verifier_wasm_fma.wasm", import.meta.url),
  simd: () => new URL("./verifier_wasm_simd.wasm", import.meta.url),
  scalar: () => new URL("./verifier_wasm.wasm", import.meta.url),
};

/** The address of the module for this engine. */
export function file(): URL {
  return files[kind()]();
}
