//! The search for duplicate member names.

use super::text::Text;
use core::cmp::Ordering;

/// Returns whether two names are equal after unescaping. Changes their order.
///
/// A Shellsort with Knuth's gaps: an insertion sort for the few names of a usual token, and about
/// n^1.5 comparisons for the thousands of a malicious one. Its last round compares each name with
/// the last that is not greater, so equal names meet.
pub(super) fn any_twice(names: &mut [Text<'_>]) -> bool {
    let mut gap = 1;
    while gap < names.len() / 3 {
        gap = 3 * gap + 1;
    }
    while gap > 0 {
        for next in gap..names.len() {
            let mut slot = next;
            while let Some(before) = slot.checked_sub(gap) {
                let Ok([one, other]) = names.get_disjoint_mut([before, slot]) else { break };
                match one.compare(*other) {
                    Ordering::Less => break,
                    Ordering::Equal => return true,
                    Ordering::Greater => core::mem::swap(one, other),
                }
                slot = before;
            }
        }
        gap /= 3;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::any_twice;
    use crate::json::Text;
    use alloc::string::String;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    extern crate std;

    proptest! {
        /// Of a few letters, escaped or not, so that many are the same and some are so only after
        /// unescaping.
        #[test]
        fn a_name_that_comes_twice_is_found_wherever_it_stands(
            names in prop::collection::vec("([a-c]|\\\\u006[1-3]){0,5}", 0..200),
        ) {
            let plain: Vec<String> = names
                .iter()
                .map(|name| name.replace("\\u0061", "a").replace("\\u0062", "b").replace("\\u0063", "c"))
                .collect();
            let different: std::collections::HashSet<&String> = plain.iter().collect();
            let mut texts: Vec<Text<'_>> = names.iter().map(|name| Text::new(name.as_bytes())).collect();
            prop_assert_eq!(any_twice(&mut texts), different.len() < names.len());
        }

        #[test]
        fn among_many_different_names_none_is_found_and_one_more_is(
            mut numbers in prop::collection::hash_set(any::<u32>(), 1..400),
            again in any::<prop::sample::Index>(),
        ) {
            let names: Vec<String> = numbers.drain().map(|number| alloc::format!("{number}")).collect();
            let mut texts: Vec<Text<'_>> = names.iter().map(|name| Text::new(name.as_bytes())).collect();
            prop_assert!(!any_twice(&mut texts.clone()));
            texts.push(Text::new(again.get(&names).as_bytes()));
            prop_assert!(any_twice(&mut texts));
        }
    }
}
