//! What the standard library would bring along: an allocator, and what to do when something that
//! cannot happen does.

use core::panic::PanicInfo;

#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Traps, without a message: text would weigh more than the verifier.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    crate::stop()
}
