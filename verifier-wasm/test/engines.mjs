// Flags of V8 that switch SIMD and fused multiply-adds off.

/** Node 20 has relaxed SIMD behind a flag. */
const relaxed =
  Number(process.versions.node.split(".")[0]) < 22 ? ["--experimental-wasm-relaxed-simd"] : [];

/** The flags for the engines of each kernel, on processors with all instructions: js/engine.ts. */
export const flags = {
  fma: relaxed,
  simd: [...relaxed, "--no-enable-fma3"],
};

/** The flags for an engine without SIMD, which the package does not support. */
export const withoutSimd = [...relaxed, "--no-enable-sse4-1", "--no-enable-ssse3"];
