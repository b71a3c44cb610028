// Which of the modules suits this engine.

/** A module for each kind of engine; the verdicts are the same. */
export type Kind = "fma" | "simd" | "scalar";

/** A module of nothing but a function type that returns a v128. */
const SIMD = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123);

/** A module whose function `f` is `f64x2.relaxed_madd` of three numbers. */
const RELAXED_MADD = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0,
  1, 8, 1, 96, 3, 124, 124, 124, 1, 124, // (func (param f64 f64 f64) (result f64))
  3, 2, 1, 0,
  7, 5, 1, 1, 102, 0, 0,
  10, 22, 1, 20, 0, 32, 0, 253, 20, 32, 1, 253, 20, 32, 2, 253, 20, 253, 135, 2, 253, 33, 0, 11,
);

/**
 * `fma` where a multiplication and an addition are one operation that rounds once: Chromium, Node
 * 22 and Firefox 146, on ARM and on x86 processors since about 2013. `simd` everywhere else but in
 * Safari before 16.4 and on processors without SSE 4.1.
 */
export function kind(): Kind {
  return fused() ? "fma" : WebAssembly.validate(SIMD) ? "simd" : "scalar";
}

/**
 * Whether `relaxed_madd` is there and rounds once. An engine may do either, but has to keep to it
 * in all that it runs (WebAssembly 3.0, numerics, relaxed operations), so one that was seen to is
 * one to rely on.
 */
function fused(): boolean {
  if (!WebAssembly.validate(RELAXED_MADD)) {
    return false;
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(RELAXED_MADD));
  // (1 + 2^-27)^2 = 1 + 2^-26 + 2^-54, whose last term a product that is rounded by itself loses.
  return (exports["f"] as (...numbers: number[]) => number)(1 + 2 ** -27, 1 + 2 ** -27, -1 - 2 ** -26) === 2 ** -54;
}
