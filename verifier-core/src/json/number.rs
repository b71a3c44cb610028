//! JSON numbers as digits, without rounding, overflow or infinities.

use crate::time::UnixTime;

/// A JSON number in the digits of its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number<'a>(&'a [u8]);

/// The first digits of 2^1024 - 2^970, the smallest number that an IEEE 754 double rounds to
/// infinity. It has 309 digits; comparing only these refuses a negligible range of finite numbers,
/// too, and saves 250 bytes of wasm.
const FIRST_INFINITE_DOUBLE: &[u8] =
    b"179769313486231580793728971405303415079934132710037826936173";
const DIGITS_OF_FIRST_INFINITE_DOUBLE: i32 = 309;

/// Digits of the whole seconds: 2^64 has as many.
const SECOND_DIGITS: usize = 20;
const NANO_DIGITS: usize = 9;

impl<'a> Number<'a> {
    /// Wraps the text of a validated JSON number.
    pub(crate) const fn new(text: &'a [u8]) -> Self {
        Self(text)
    }

    /// Returns the number as an unsigned integer, when it is written as one and fits.
    pub(crate) fn as_u64(self) -> Option<u64> {
        self.0.iter().try_fold(0_u64, |value, byte| match byte {
            b'0'..=b'9' => appended(value, byte - b'0'),
            _ => None,
        })
    }

    /// Returns the number as a `NumericDate` (RFC 7519 section 2), rounded up to whole nanoseconds,
    /// or `None` when it is negative or infinite as a double.
    ///
    /// Rounding up keeps every comparison with a clock of nanosecond steps exact. Instants beyond
    /// 2^64 seconds saturate.
    pub(crate) fn as_numeric_date(self) -> Option<UnixTime> {
        let text = self.0;
        let end = position(text, |byte| matches!(byte, b'e' | b'E'));
        let mantissa = text.get(..end)?;
        // The number of digits before the decimal point, counted from the next digit on and
        // including it. A text is far shorter than 2^31 bytes, so nothing overflows.
        let mut ahead = i32::try_from(position(mantissa, |byte| byte == b'.')).ok()?
            + exponent(text.get(end..)?);
        let mut digits = [0; SECOND_DIGITS + NANO_DIGITS];
        let (mut is_zero, mut beyond, mut below_nanos) = (true, false, false);
        for (at, byte) in mantissa.iter().enumerate() {
            if let b'1'..=b'9' = byte {
                if is_zero
                    && (text.first() == Some(&b'-')
                        || is_infinite_as_double(ahead, mantissa.get(at..)?))
                {
                    return None;
                }
                is_zero = false;
                match usize::try_from(SECOND_DIGITS as i32 - ahead)
                    .map(|index| digits.get_mut(index))
                {
                    Ok(Some(digit)) => *digit = byte - b'0',
                    Ok(None) => below_nanos = true,
                    Err(_) => beyond = true,
                }
            }
            // The decimal point is not a digit. A sign was counted among those ahead.
            ahead -= i32::from(*byte != b'.');
        }
        let (secs, nanos) = digits.split_at_checked(SECOND_DIGITS)?;
        let nanos = nanos.iter().fold(0, |nanos, digit| nanos * 10 + u32::from(*digit));
        Some(match secs.iter().try_fold(0, |secs, digit| appended(secs, *digit)) {
            Some(secs) if !beyond => UnixTime::new(secs, nanos).plus_nanosecond_if(below_nanos),
            _ => UnixTime::MAX,
        })
    }
}

/// Appends a decimal digit to `value`. Returns `None` when the result does not fit.
fn appended(value: u64, digit: u8) -> Option<u64> {
    // `checked_mul` of 64 bits is a 128-bit multiplication in wasm.
    if value > u64::MAX / 10 {
        return None;
    }
    (value * 10).checked_add(u64::from(digit))
}

/// Returns the offset of the first matching byte, or the length of the text without one.
fn position(text: &[u8], is: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|byte| is(*byte)).unwrap_or(text.len())
}

/// Returns whether a double would round the number to infinity. The first digit of `mantissa` is
/// not zero and the first of `digits_before_point`.
fn is_infinite_as_double(digits_before_point: i32, mantissa: &[u8]) -> bool {
    if digits_before_point != DIGITS_OF_FIRST_INFINITE_DOUBLE {
        return digits_before_point > DIGITS_OF_FIRST_INFINITE_DOUBLE;
    }
    let mut digits = mantissa.iter().copied().filter(|byte| *byte != b'.');
    for limit in FIRST_INFINITE_DOUBLE {
        // A shorter mantissa continues with zeros.
        let digit = digits.next().unwrap_or(b'0');
        if digit != *limit {
            return digit > *limit;
        }
    }
    true
}

/// Returns the value of `e+12`, `E-3` or an empty text, saturated at a million.
fn exponent(text: &[u8]) -> i32 {
    let mut size = 0_i32;
    for byte in text {
        if byte.is_ascii_digit() {
            size = (size * 10 + i32::from(byte - b'0')).min(1_000_000);
        }
    }
    if text.get(1) == Some(&b'-') { -size } else { size }
}
