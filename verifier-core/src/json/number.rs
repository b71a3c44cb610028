//! JSON numbers, kept as digits: nothing is rounded, wrapped or turned into an infinity.

use crate::time::UnixTime;

/// A JSON number in the digits of its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number<'a>(&'a [u8]);

/// The first digits of 2^1024 - 2^970, the smallest decimal that an IEEE 754 double rounds to infinity; it has 309 digits.
const FIRST_INFINITE_DOUBLE: &[u8] = b"179769313486231580793728971405303415079934132710037826936173";
const DIGITS_OF_FIRST_INFINITE_DOUBLE: i32 = 309;

/// Digits of whole seconds that are kept: 2^64 has as many.
const SECOND_DIGITS: usize = 20;
const NANO_DIGITS: usize = 9;

impl<'a> Number<'a> {
    /// Wraps the text of a validated JSON number.
    pub(crate) const fn new(text: &'a [u8]) -> Self {
        Self(text)
    }

    /// The number as an unsigned integer, when it is written as one and fits.
    pub(crate) fn as_u64(self) -> Option<u64> {
        self.0.iter().try_fold(0_u64, |value, byte| match byte {
            b'0'..=b'9' => appended(value, *byte),
            _ => None,
        })
    }

    /// The number as a `NumericDate` (RFC 7519 section 2), rounded up to whole nanoseconds.
    ///
    /// Rounding up keeps every comparison with a clock of nanosecond steps exact. Instants beyond 2^64 seconds
    /// saturate. `None`: the number is negative, or so large that a double could only hold it as an infinity.
    pub(crate) fn as_numeric_date(self) -> Option<UnixTime> {
        let (negative, unsigned) = match self.0 {
            [b'-', rest @ ..] => (true, rest),
            all => (false, all),
        };
        let (mantissa, exponent) = split_at_byte(unsigned, |byte| matches!(byte, b'e' | b'E'));
        let (integer, _) = split_at_byte(mantissa, |byte| byte == b'.');
        // Where the next digit stands: -1 for the last before the decimal point, 0 for the first behind it. A text is far
        // shorter than 2^31 bytes, so nothing is lost.
        let first_place = -(i32::try_from(integer.len()).ok()? + read_exponent(exponent));
        let mut digits = [b'0'; SECOND_DIGITS + NANO_DIGITS];
        let (mut is_zero, mut beyond, mut below_nanos) = (true, false, false);
        let written = mantissa.iter().enumerate().filter(|(_, byte)| **byte != b'.');
        for ((at, byte), place) in written.zip(first_place..) {
            if *byte != b'0' {
                if is_zero && (negative || is_infinite_as_double(-place, mantissa.get(at..).unwrap_or_default())) {
                    return None;
                }
                is_zero = false;
                let index = usize::try_from(place + SECOND_DIGITS as i32);
                match index.map(|index| digits.get_mut(index)) {
                    Ok(Some(digit)) => *digit = *byte,
                    Ok(None) => below_nanos = true,
                    Err(_) => beyond = true,
                }
            }
        }
        let (secs, nanos) = digits.split_at_checked(SECOND_DIGITS).unwrap_or_default();
        let secs = secs.iter().try_fold(0, |secs, digit| appended(secs, *digit));
        let nanos = nanos.iter().fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0'));
        Some(match secs {
            Some(secs) if !beyond => UnixTime::new(secs, nanos).plus_nanosecond_if(below_nanos),
            _ => UnixTime::MAX,
        })
    }
}

/// `value` with a digit behind it; `None` when that does not fit.
fn appended(value: u64, digit: u8) -> Option<u64> {
    // `checked_mul` of 64 bits is a multiplication of 128 bits in wasm.
    if value > u64::MAX / 10 {
        return None;
    }
    (value * 10).checked_add(u64::from(digit - b'0'))
}

/// What stands before the first such byte, and from it on.
fn split_at_byte(text: &[u8], is: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let at = text.iter().position(|byte| is(*byte)).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or_default()
}

/// Of a number with so many digits before its decimal point, the first of which is the mantissa's first and not zero.
fn is_infinite_as_double(digits_before_point: i32, mantissa: &[u8]) -> bool {
    if digits_before_point != DIGITS_OF_FIRST_INFINITE_DOUBLE {
        return digits_before_point > DIGITS_OF_FIRST_INFINITE_DOUBLE;
    }
    // A mantissa that ends early is smaller: its digits go on as zeros, the limit's do not.
    mantissa.iter().filter(|byte| **byte != b'.').ge(FIRST_INFINITE_DOUBLE)
}

/// The value of `e+12`, `E-3` or nothing; exponents beyond a million are as good as a million.
fn read_exponent(text: &[u8]) -> i32 {
    let (negative, digits) = match text {
        [_, b'-', digits @ ..] => (true, digits),
        [_, b'+', digits @ ..] | [_, digits @ ..] => (false, digits),
        [] => return 0,
    };
    let size = digits.iter().fold(0_i32, |value, byte| (value * 10 + i32::from(byte - b'0')).min(1_000_000));
    if negative { -size } else { size }
}
