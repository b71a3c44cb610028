/** The modules with the arithmetic. Both give the same verdicts. */
export type KernelName = "fma" | "simd";

/** A module with one function type, which returns a v128. */
const SIMD = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123);

/** A module that exports `f64x2.relaxed_madd` of three numbers as `f`. */
// prettier-ignore
const RELAXED_MADD = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0,
  1, 8, 1, 96, 3, 124, 124, 124, 1, 124, // (func (param f64 f64 f64) (result f64))
  3, 2, 1, 0,
  7, 5, 1, 1, 102, 0, 0,
  10, 22, 1, 20, 0, 32, 0, 253, 20, 32, 1, 253, 20, 32, 2, 253, 20, 253, 135, 2, 253, 33, 0, 11,
);

type MultiplyAdd = (a: number, b: number, c: number) => number;

/**
 * Returns the module that the engine runs fastest.
 *
 * - `fma`: multiply-adds that round once: Chromium, Node 22 and Firefox 146, on ARM and on x86
 *   processors since about 2013
 * - `simd`: all others
 *
 * @throws {Error} when the engine has no SIMD: Safari before 16.4, and processors without SSE 4.1
 */
export function selectKernel(): KernelName {
  if (!WebAssembly.validate(SIMD)) {
    throw new Error(
      'this engine has no SIMD in WebAssembly; see "Platforms" in the README of @dojang/verifier',
    );
  }
  return roundsOnce() ? "fma" : "simd";
}

/**
 * Checks that `relaxed_madd` exists and rounds once. Engines may round once or twice, but must do
 * the same everywhere (WebAssembly 3.0, numerics, relaxed operations), so one sample is enough.
 */
export function roundsOnce(): boolean {
  if (!WebAssembly.validate(RELAXED_MADD)) {
    return false;
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(RELAXED_MADD));
  // (1 + 2^-27)^2 = 1 + 2^-26 + 2^-54. Rounding the product separately loses the last term.
  const factor = 1 + 2 ** -27;
  return (exports["f"] as MultiplyAdd)(factor, factor, -1 - 2 ** -26) === 2 ** -54;
}
