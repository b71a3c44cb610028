//! Slices whose length varies up to a capacity, without an allocator.

use core::ops::{Deref, DerefMut};

/// A slice of at most N items.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffer<T, const N: usize> {
    items: [T; N],
    len: usize,
}

impl<T: Copy, const N: usize> Buffer<T, N> {
    /// Creates a slice of `len` copies of an item, at most N.
    pub(crate) fn filled(item: T, len: usize) -> Self {
        Self { items: [item; N], len: len.min(N) }
    }
}

impl<T, const N: usize> Deref for Buffer<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.items.get(..self.len).unwrap_or_default()
    }
}

impl<T, const N: usize> DerefMut for Buffer<T, N> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.items.get_mut(..self.len).unwrap_or_default()
    }
}
