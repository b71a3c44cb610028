//! The JOSE header: which algorithm and key the token claims, and nothing it is not allowed to say.

use crate::code::Code;
use crate::fault::{Fault, JsonFault};
use crate::json::{Text, Value, read_members};

/// What kind of text a header has to announce in `typ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typ {
    /// `JWT` (RFC 7519 section 5.1), `at+jwt` (RFC 9068 section 2.1) or none.
    Jwt,
    /// `at+jwt` alone.
    AtJwt,
    /// `statuslist+jwt`, to the letter.
    StatusList,
}

impl Typ {
    /// Media types are compared without case; the list's is the issuer's own and has one spelling.
    fn allows(self, typ: Option<Value<'_>>) -> bool {
        let Some(typ) = typ else { return self == Self::Jwt };
        match (self, typ.text()) {
            (_, None) => false,
            (Self::StatusList, Some(typ)) => typ.is(b"statuslist+jwt"),
            (_, Some(typ)) => {
                self == Self::Jwt && typ.is_ignoring_ascii_case("jwt")
                    || typ.is_ignoring_ascii_case("at+jwt")
            }
        }
    }
}

/// Reads the decoded header (RFC 7515 section 4); yields its `kid`, when the token names its key.
///
/// A header that keeps every rule has named a key; whether that key signed the token is still
/// open. `jwk`, `jku`, `x5u`, `x5c` and `x5t` are not even read: a key never comes from the token
/// (RFC 8725 section 3.10).
///
/// # Errors
/// A JSON fault, or the first of `alg`, `typ`, `crit`, `b64`, `kid` that breaks its rule.
pub(crate) fn read(bytes: &[u8], expected: Typ) -> Result<Option<Text<'_>>, Fault> {
    let mut members = [None; 5];
    read_members(bytes, &["alg", "typ", "crit", "b64", "kid"], &mut members).map_err(
        |(fault, at)| {
            let code = match fault {
                JsonFault::DuplicateMember => Code::HeaderDuplicateMember,
                JsonFault::TooDeep => Code::HeaderTooDeep,
                _ => Code::HeaderInvalid,
            };
            Fault::new(code, fault as u8, at)
        },
    )?;
    let [alg, typ, crit, b64, kid] = members;
    // The algorithm comes from the key; the header must agree with it to the letter (RFC 8725
    // section 3.1).
    if !alg.is_some_and(|alg| alg.is_text(b"RS256")) {
        return Err(Fault::of(Code::AlgNotAllowed));
    }
    if !expected.allows(typ) {
        return Err(Fault::of(Code::TypNotAllowed));
    }
    if crit.is_some() {
        return Err(Fault::of(Code::CritNotSupported));
    }
    if b64.is_some_and(|b64| b64.raw() != b"true") {
        return Err(Fault::of(Code::B64NotSupported));
    }
    match kid.map(Value::text) {
        None => Ok(None),
        Some(Some(kid)) => Ok(Some(kid)),
        Some(None) => Err(Fault::of(Code::KidInvalid)),
    }
}
