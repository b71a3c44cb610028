// Flags of V8 that switch SIMD and fused multiply-adds off.

/** Node 20 has relaxed SIMD behind a flag. */
const relaxed =
  Number(process.versions.node.split(".")[0]) < 22 ? ["--experimental-wasm-relaxed-simd"] : [];

/** The flags for an engine of each kind, on processors with all instructions; see js/engine.ts. */
export const flags = {
  fma: relaxed,
  simd: [...relaxed, "--no-enable-fma3"],
  scalar: [...relaxed, "--no-enable-sse4-1", "--no-enable-ssse3"],
};
