//! The allocator and the panic handler, in place of the standard library's.

use core::panic::PanicInfo;

#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Traps without a message: texts would take more bytes than the verifier.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    crate::trap::trap()
}
