//! What a check found wrong, in eight bytes: all that travels while a token or a key is judged.
//!
//! Whatever people or programs want to know beyond it is read from the token afterwards, by
//! [`Refusal`](crate::Refusal) or in JavaScript: the way of a token stays short, and small in wasm.

use crate::code::Code;
use core::fmt;
use core::num::NonZeroU64;

/// The first rule that was broken: its code, and two numbers whose meaning depends on it.
///
/// | code | [`reason`](Self::reason) | [`place`](Self::place) |
/// |---|---|---|
/// | `token_too_large`, `key_set_too_large` | 0 | bytes of the text |
/// | `token_malformed` | 0 | segments found |
/// | `token_malformed` | 1 or 2: the header or the payload is empty | 0 |
/// | `base64_invalid` | 0, 1 or 2: header, payload or signature | byte of the segment's text |
/// | `header_...`, `payload_...`, `key_json_invalid` for JSON | a [`JsonFault`] | byte of the decoded text |
/// | `kid_missing` | 0 | suitable keys in the set |
/// | `claim_missing`, `claim_invalid` | a [`ClaimName`](crate::ClaimName) | 0 |
/// | `key_pem_invalid` | a [`PemFault`](crate::PemFault) | 0 |
/// | `key_json_invalid` for its shape | 16 and a [`JwkFault`](crate::JwkFault) | 0 |
/// | `key_member_invalid` | a [`KeyMember`](crate::KeyMember) | 0 |
/// | `key_unsuitable` | an [`Unsuitable`](crate::Unsuitable) | 0 |
/// | `key_too_small`, `key_too_large` | 0 | bits of the modulus |
/// | any other | 0 | 0 |
#[derive(Clone, Copy, PartialEq, Eq)]
// One number, so that `Result<(), Fault>` is one as well: wasm passes it on its stack, and asks
// for its being zero.
pub struct Fault(NonZeroU64);

/// Where they begin, in bits.
const REASON: u32 = 32;
const CODE: u32 = 40;

impl Fault {
    pub(crate) const fn new(code: Code, reason: u8, place: usize) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "texts and counts are far below 2^32; a longer text is refused"
        )]
        let place = place as u32;
        match NonZeroU64::new((code as u64 + 1) << CODE | (reason as u64) << REASON | place as u64)
        {
            Some(number) => Self(number),
            // One more than a number is never zero.
            None => Self(NonZeroU64::MIN),
        }
    }

    /// For a code that says everything.
    pub(crate) const fn of(code: Code) -> Self {
        Self::new(code, 0, 0)
    }

    /// The stable code.
    #[must_use]
    pub fn code(self) -> Code {
        // There is one with every number that `new` has taken.
        let index = (self.number() >> CODE) as usize - 1;
        Code::ALL.get(index).copied().unwrap_or(Code::SignatureInvalid)
    }

    /// All three in one number: the place in its lowest 32 bits, the reason in the next 8, and
    /// above them one more than the index of the code in [`Code::ALL`].
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0.get()
    }

    /// Which of the code's reasons it is; see the table above.
    #[must_use]
    pub const fn reason(self) -> u8 {
        (self.0.get() >> REASON) as u8
    }

    /// Where, or how much; see the table above.
    #[must_use]
    pub const fn place(self) -> u32 {
        self.0.get() as u32
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("code", &self.code())
            .field("reason", &self.reason())
            .field("place", &self.place())
            .finish()
    }
}

/// What a text breaks of strict JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum JsonFault {
    /// Not UTF-8 (RFC 8259 section 8.1).
    NotUtf8,
    /// Not the grammar of RFC 8259.
    NotJson,
    /// A JSON text, but not an object.
    NotAnObject,
    /// A member name comes twice in one object.
    DuplicateMember,
    /// Nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    TooDeep,
}

#[cfg(test)]
mod tests {
    use super::Fault;
    use crate::code::Code;

    #[test]
    fn a_fault_gives_back_what_it_was_made_of() {
        for code in Code::ALL {
            for reason in [0, 1, 0xff] {
                for place in [0, 1, 0xffff_ffff] {
                    let fault = Fault::new(*code, reason, place);
                    assert_eq!(
                        (fault.code(), fault.reason(), fault.place() as usize),
                        (*code, reason, place)
                    );
                }
            }
        }
    }
}
