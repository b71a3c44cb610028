//! The end of a call that cannot continue.

/// Traps without a message.
#[cfg(target_family = "wasm")]
pub(crate) fn trap() -> ! {
    core::arch::wasm32::unreachable()
}

/// Panics in place of a trap.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn trap() -> ! {
    panic!("the store is locked, or a call has panicked")
}
