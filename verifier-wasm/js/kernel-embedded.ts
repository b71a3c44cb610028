import { compileText } from "./embedded.js";
import { selectKernel } from "./engine.js";
import { text as fma } from "./kernel-fma-text.js";
import { text as simd } from "./kernel-simd-text.js";

const kernels = { fma, simd };

/** Compiles the arithmetic for this engine. */
export function compileKernel(): WebAssembly.Module {
  return compileText(kernels[selectKernel()]);
}
