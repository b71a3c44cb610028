//! The technique that all kernels share, and its proof.
//!
//! This module is documentation. A kernel computes s^e mod n for a signature s and decides whether
//! it equals the expected encoding. The kernels differ in how they hold numbers; their modules
//! state the bounds of their sums.
//!
//! # Notation
//!
//! n is the modulus, of b bits. Numbers are K limbs of w bits, the lowest first, and R = 2^(w K).
//!
//! | kernel | w | u | z | R is at least | K for 2048, 3072, 4096 bits |
//! |---|---|---|---|---|---|
//! | `limbs28` | 28 | 56 | 12 | 2^(b + 58) | 76, 112, 152 |
//! | `limbs51` | 51 | 153 | 8 | 2^(b + 158) | 44, 64, 84 |
//! | `limbs60` | 60 | 60 | 8 | 2^(b + 112) | 36, 56, 72 |
//! | `limbs52` | 52 | 0 | 5 | 2^(b + 2) | 40, 60, 79 |
//!
//! `limbs52` reduces each digit at once, so it has no columns and N = n: of what follows only "No
//! conversions" holds for it. Its documentation has the rest.
//!
//! # Columns
//!
//! The products of limbs that have the same weight are summed in one column, which is wide enough
//! for all of them. Carries are propagated once, at the end, so no carry stands between a column
//! and the next. Unused bits in a limb are worth more products: they make the columns possible.
//!
//! # Reduction
//!
//! Instead of multiples of n, the reduction adds multiples of N = c n, with c below 2^u chosen so
//! that N = -1 mod 2^u. Then u / w digits of the quotient are the number's own lowest limbs: no
//! multiplication stands between a digit and the next. As N + 1 is a multiple of 2^u, only
//! m = (N + 1) / 2^u is stored. Adding q N means adding q m, u / w limbs further up, and
//! subtracting q, which clears the limbs.
//!
//! # Values
//!
//! Every value between two steps is below 2^(b + u + 1). The product of two is below
//! 2^(2 b + 2 u + 2). Divided by R, which is at least 2^(b + u + 2), that is below 2^(b + u). The
//! reduction adds less than R N / R = N < 2^(b + u). The sum is below 2^(b + u + 1) again and below
//! R, so K limbs hold it and the last carry is zero.
//!
//! # No conversions
//!
//! No number is converted to Montgomery form. Each product divides by R, so the power of s is
//! x = s^e w with w = R^-(e - 1), the power of 1. It is compared with (p + h) w, where h is the
//! digest and p the expected encoding with a digest of zeros. w and v = p w are computed once for
//! each key. It remains to decide whether v + h w - x is a multiple of n:
//!
//! - v is below 2^(b + u + 1). 2^(u + 2) n is added to it. That is at least 2^(b + u + 1) > x, so
//!   nothing becomes negative or zero, and below 2^(b + u + 2). The stored target is below
//!   2^(b + u + 3).
//! - h has 256 bits, so target - x + h w is below 2^(b + u + 258). z of its columns are cleared,
//!   which divides by 2^(w z), at least 2^258. The result is below 2^(b + u) + N and so below
//!   2^(b + u + 1). This takes z rows of products and z rows of reduction, instead of the K and K
//!   of another multiplication.
//! - If the result is q n, then q is below 2^(b + u + 1) / 2^(b - 1) = 2^(u + 2). Four limbs of 51
//!   bits, or 64 bits for the other kernels, hold q, so it is the result / n modulo 2^204 or 2^64.
//!   Multiplying it by n and comparing all limbs decides.
//! - Zero never occurs in a valid computation, so it is rejected.
