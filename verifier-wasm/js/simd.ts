/** A module of nothing but a function type that returns a v128. */
const PROBE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123);

/** Whether this engine has WebAssembly SIMD: all do but Safari before 16.4 and CPUs without SSE 4.1. */
export function simd(): boolean {
  return WebAssembly.validate(PROBE);
}
