//! Member names of the objects that are open while reading, and the search for one that comes twice.

use super::text::Text;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Up to this many names are compared each with each, which is faster than sorting for the objects of real tokens.
const FEW: usize = 12;

/// The names seen so far in every object that is still open, the outermost first.
#[derive(Default)]
pub(super) struct Members<'a> {
    names: Vec<Text<'a>>,
}

/// Where an object's names begin.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

impl<'a> Members<'a> {
    pub(super) const fn open_object(&self) -> Mark {
        Mark(self.names.len())
    }

    pub(super) fn add(&mut self, name: Text<'a>) {
        self.names.push(name);
    }

    /// Ends the object begun at `mark`; true when one of its names came twice.
    ///
    /// At most n log n comparisons, so a hostile object of thousands of names costs no more than its bytes deserve.
    pub(super) fn close_object(&mut self, mark: Mark) -> bool {
        let names = self.names.get_mut(mark.0..).unwrap_or_default();
        let twice = if names.len() <= FEW { any_pair_equal(names) } else { sorted_neighbours_equal(names) };
        self.names.truncate(mark.0);
        twice
    }
}

fn any_pair_equal(names: &[Text<'_>]) -> bool {
    let mut rest = names;
    while let [first, others @ ..] = rest {
        if others.iter().any(|other| first.compare(*other) == Ordering::Equal) {
            return true;
        }
        rest = others;
    }
    false
}

fn sorted_neighbours_equal(names: &mut [Text<'_>]) -> bool {
    heap_sort(names);
    names.windows(2).any(|pair| matches!(pair, [a, b] if a.compare(*b) == Ordering::Equal))
}

/// Heapsort: a few hundred bytes of wasm where the standard library's sort takes several thousand.
fn heap_sort(names: &mut [Text<'_>]) {
    for root in (0..names.len() / 2).rev() {
        sift_down(names, root);
    }
    for last in (1..names.len()).rev() {
        exchange(names, 0, last);
        sift_down(names.get_mut(..last).unwrap_or_default(), 0);
    }
}

fn sift_down(heap: &mut [Text<'_>], mut root: usize) {
    loop {
        let left = 2 * root + 1;
        let larger = match (heap.get(left), heap.get(left + 1)) {
            (Some(l), Some(r)) if l.compare(*r) == Ordering::Less => left + 1,
            (Some(_), _) => left,
            (None, _) => return,
        };
        match (heap.get(root), heap.get(larger)) {
            (Some(parent), Some(child)) if parent.compare(*child) == Ordering::Less => exchange(heap, root, larger),
            _ => return,
        }
        root = larger;
    }
}

/// `slice::swap` without its panic.
fn exchange(names: &mut [Text<'_>], a: usize, b: usize) {
    if let Ok([a, b]) = names.get_disjoint_mut([a, b]) {
        core::mem::swap(a, b);
    }
}
