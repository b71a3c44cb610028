//! The search for a member name that comes twice in an object.

use super::Text;
use core::cmp::Ordering;

/// Whether two of these names are the same after unescaping; leaves them in another order.
///
/// Shellsort, with gaps of Knuth's: less wasm than the standard library's sort, an insertion sort for the few names of a real
/// token, and at most about n^1.5 comparisons for the thousands of a hostile one. Its last round compares each name with the
/// last that is not greater, so two that are the same meet.
pub(super) fn any_twice(names: &mut [Text<'_>]) -> bool {
    let mut gap = 1;
    while gap < names.len() / 3 {
        gap = 3 * gap + 1;
    }
    while gap > 0 {
        for next in gap..names.len() {
            let mut place = next;
            while let Some(before) = place.checked_sub(gap) {
                let Ok([one, other]) = names.get_disjoint_mut([before, place]) else { break };
                match one.compare(*other) {
                    Ordering::Less => break,
                    Ordering::Equal => return true,
                    Ordering::Greater => core::mem::swap(one, other),
                }
                place = before;
            }
        }
        gap /= 3;
    }
    false
}
