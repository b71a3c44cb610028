//! The search for a member name that comes twice in an object.

use super::Text;
use core::cmp::Ordering;

/// Whether two of these names are the same after unescaping; leaves them in another order.
///
/// Shellsort, with gaps of Knuth's: less wasm than the standard library's sort, an insertion sort for the few names of a real
/// token, and at most about n^1.5 comparisons for the thousands of a hostile one.
pub(super) fn any_twice(names: &mut [Text<'_>]) -> bool {
    let mut gap = 1;
    while gap < names.len() / 3 {
        gap = 3 * gap + 1;
    }
    while gap > 0 {
        for next in gap..names.len() {
            let mut place = next;
            while place >= gap && exchanged(names, place - gap, place) {
                place -= gap;
            }
        }
        gap /= 3;
    }
    names.windows(2).any(|pair| matches!(pair, [a, b] if a.compare(*b) == Ordering::Equal))
}

/// Puts two names in order; false when they were.
fn exchanged(names: &mut [Text<'_>], a: usize, b: usize) -> bool {
    match names.get_disjoint_mut([a, b]) {
        Ok([a, b]) if a.compare(*b) == Ordering::Greater => {
            core::mem::swap(a, b);
            true
        }
        _ => false,
    }
}
