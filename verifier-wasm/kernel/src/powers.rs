//! The kernel of this module for powers that are no signatures, for `scripts/kernels.mjs`: in no
//! module of the package.

use core::arch::wasm32::unreachable;

use rsa_verify::MAX_MODULUS_BITS;
use rsa_verify::kernels::Kernels;
use spin::{Mutex, MutexGuard};

/// Bytes of a number.
const MAX_BYTES: usize = MAX_MODULUS_BITS as usize / 8;

struct State {
    numbers: [u8; 3 * MAX_BYTES],
    /// The modulus, its length and the exponent of the last call, and the kernels prepared for
    /// them.
    prepared: Option<([u8; MAX_BYTES], usize, u32, Kernels)>,
}

static STATE: Mutex<State> = Mutex::new(State { numbers: [0; 3 * MAX_BYTES], prepared: None });

fn lock() -> MutexGuard<'static, State> {
    STATE.try_lock().unwrap_or_else(|| unreachable())
}

/// Returns the address of a buffer for three numbers.
#[expect(unsafe_code, reason = "exports have fixed names, which no other function has")]
#[unsafe(no_mangle)]
extern "C" fn input() -> usize {
    lock().numbers.as_ptr() as usize
}

/// Returns 1 if the second of the three numbers in the buffer, to the `exponent`, equals the third
/// modulo the first, and else 0. All have `size` bytes.
#[expect(unsafe_code, reason = "exports have fixed names, which no other function has")]
#[unsafe(no_mangle)]
extern "C" fn power_is(size: usize, exponent: u32) -> u32 {
    u32::from(lock().power_is(size, exponent).unwrap_or(false))
}

impl State {
    fn power_is(&mut self, size: usize, exponent: u32) -> Option<bool> {
        let (modulus, rest) = self.numbers.split_at_checked(size)?;
        let (base, expected) = rest.split_at_checked(size)?;
        let expected = expected.get(..size)?;
        let is_prepared = self.prepared.as_ref().is_some_and(|(bytes, len, e, kernels)| {
            bytes.get(..*len) == Some(modulus) && *e == exponent && kernels.expects(expected)
        });
        if !is_prepared {
            let kernels = Kernels::new(modulus, exponent, expected, true)?;
            let mut bytes = [0; MAX_BYTES];
            bytes.iter_mut().zip(modulus).for_each(|(to, from)| *to = *from);
            self.prepared = Some((bytes, size, exponent, kernels));
        }
        let (.., kernels) = self.prepared.as_ref()?;
        Some(kernels.all_return(true, base, expected))
    }
}
