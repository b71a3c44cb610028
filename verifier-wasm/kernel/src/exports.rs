//! The exported functions.

use core::arch::wasm32::unreachable;

use spin::{Mutex, MutexGuard};

use crate::cache::Cache;
use crate::{ABI_VERSION, MAX_MESSAGE_BYTES};

struct State {
    input: [u8; MAX_MESSAGE_BYTES],
    cache: Cache,
}

/// JavaScript runs one call at a time, so the lock is free unless an earlier call trapped.
static STATE: Mutex<State> =
    Mutex::new(State { input: [0; MAX_MESSAGE_BYTES], cache: Cache::new() });

/// Locks the state. Traps when an earlier call trapped while it held the lock.
fn lock() -> MutexGuard<'static, State> {
    STATE.try_lock().unwrap_or_else(|| unreachable())
}

/// Returns the version of the interface.
#[expect(unsafe_code, reason = "exports have fixed names, which no other function has")]
#[unsafe(no_mangle)]
extern "C" fn abi_version() -> u32 {
    ABI_VERSION
}

/// Returns 1 if the kernel is correct only where multiply-adds round once, and else 0.
#[expect(unsafe_code, reason = "exports have fixed names, which no other function has")]
#[unsafe(no_mangle)]
extern "C" fn needs_fused_multiply_add() -> u32 {
    u32::from(cfg!(target_feature = "relaxed-simd"))
}

/// Returns the address of the buffer for a message.
#[expect(unsafe_code, reason = "exports have fixed names, which no other function has")]
#[unsafe(no_mangle)]
extern "C" fn input() -> usize {
    lock().input.as_ptr() as usize
}

/// Returns 1 if the signature of the message in the buffer is valid, and else 0.
#[expect(unsafe_code, reason = "exports have fixed names, which no other function has")]
#[unsafe(no_mangle)]
extern "C" fn verifies(modulus_bytes: usize) -> u32 {
    let State { input, cache } = &mut *lock();
    u32::from(cache.verifies(input, modulus_bytes))
}
