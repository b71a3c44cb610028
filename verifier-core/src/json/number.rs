//! JSON numbers, kept as digits: nothing is rounded, wrapped or turned into an infinity.

use crate::time::UnixTime;

/// A JSON number in the digits of its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number<'a> {
    text: &'a str,
}

/// The first digits of 2^1024 - 2^970, the smallest decimal that an IEEE 754 double rounds to infinity; it has 309 digits.
const FIRST_INFINITE_DOUBLE: &[u8] = b"179769313486231580793728971405303415079934132710037826936173";
const DIGITS_OF_FIRST_INFINITE_DOUBLE: i64 = 309;

impl<'a> Number<'a> {
    /// Wraps the text of a validated JSON number.
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text }
    }

    /// The number as it is written.
    pub(crate) const fn as_str(self) -> &'a str {
        self.text
    }

    /// The number as an unsigned integer, when it is written as one and fits.
    pub(crate) fn as_u64(self) -> Option<u64> {
        self.text.bytes().try_fold(0_u64, |value, byte| match byte {
            b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
            _ => None,
        })
    }

    /// The number as a `NumericDate` (RFC 7519 section 2), rounded up to whole nanoseconds.
    ///
    /// Rounding up keeps every comparison with a clock of nanosecond steps exact. Instants beyond 2^64 seconds
    /// saturate. `None`: the number is negative, or so large that a double could only hold it as an infinity.
    pub(crate) fn as_numeric_date(self) -> Option<UnixTime> {
        let decimal = Decimal::read(self.text);
        if decimal.is_zero() {
            return Some(UnixTime::from_secs(0));
        }
        if decimal.negative || decimal.is_infinite_as_double() {
            return None;
        }
        Some(decimal.to_unix_time())
    }
}

/// 0.d1 d2 d3 ... x 10^`point`, with d1 not zero unless the number is.
struct Decimal<'a> {
    negative: bool,
    /// Digits from the first that is not zero on; may hold one decimal point, which `digits` steps over.
    mantissa: &'a [u8],
    point: i64,
}

impl<'a> Decimal<'a> {
    fn read(text: &'a str) -> Self {
        let (negative, unsigned) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            all => (false, all),
        };
        let mantissa_len = unsigned.iter().position(|b| matches!(b, b'e' | b'E')).unwrap_or(unsigned.len());
        let (mantissa, exponent) = unsigned.split_at_checked(mantissa_len).unwrap_or((unsigned, &[]));
        let integer_len = mantissa.iter().position(|b| *b == b'.').unwrap_or(mantissa.len());
        let leading_zeros = mantissa.iter().take_while(|b| matches!(b, b'0' | b'.')).count();
        // Positions as signed numbers: a text has at most 16,384 bytes, so nothing is lost.
        let signed = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let before_point = if leading_zeros > integer_len {
            // 0.00ddd: the point stands that many zeros to the left of the first digit.
            signed(integer_len + 1) - signed(leading_zeros)
        } else {
            signed(integer_len) - signed(leading_zeros)
        };
        Self {
            negative,
            mantissa: mantissa.get(leading_zeros..).unwrap_or_default(),
            point: before_point.saturating_add(read_exponent(exponent)),
        }
    }

    fn digits(&self) -> impl Iterator<Item = u8> + '_ {
        self.mantissa.iter().filter(|b| **b != b'.').map(|b| b - b'0')
    }

    const fn is_zero(&self) -> bool {
        self.mantissa.is_empty()
    }

    fn is_infinite_as_double(&self) -> bool {
        if self.point != DIGITS_OF_FIRST_INFINITE_DOUBLE {
            return self.point > DIGITS_OF_FIRST_INFINITE_DOUBLE;
        }
        let mut digits = self.digits();
        for limit in FIRST_INFINITE_DOUBLE.iter().map(|b| b - b'0') {
            let digit = digits.next().unwrap_or(0);
            if digit != limit {
                return digit > limit;
            }
        }
        true
    }

    fn to_unix_time(&self) -> UnixTime {
        let mut digits = self.digits();
        let mut secs = 0_u64;
        for _ in 0..self.point.max(0) {
            let digit = digits.next().unwrap_or(0);
            match secs.checked_mul(10).and_then(|s| s.checked_add(u64::from(digit))) {
                Some(sum) => secs = sum,
                None => return UnixTime::MAX,
            }
        }
        // Zeros between the decimal point and the first digit; beyond nine the value is below one nanosecond.
        let gap = self.point.min(0).unsigned_abs();
        let mut nanos = 0_u32;
        for place in 0..9 {
            nanos = nanos * 10 + if place < gap { 0 } else { u32::from(digits.next().unwrap_or(0)) };
        }
        let rest = digits.any(|digit| digit != 0);
        UnixTime::new(secs, nanos).plus_nanosecond_if(rest)
    }
}

/// The value of `e+12`, `E-3` or nothing; exponents beyond a million are as good as a million.
fn read_exponent(text: &[u8]) -> i64 {
    let (negative, digits) = match text {
        [_, b'-', digits @ ..] => (true, digits),
        [_, b'+', digits @ ..] | [_, digits @ ..] => (false, digits),
        [] => return 0,
    };
    let size = digits.iter().fold(0_i64, |value, byte| (value * 10 + i64::from(byte - b'0')).min(1_000_000));
    if negative { -size } else { size }
}
