//! The JOSE header (RFC 7515 section 4).

use crate::json::{Value, read_members};
use crate::refusal::{Actual, Refusal};
use crate::span::Segment;

/// The `typ` that a header must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typ {
    /// `JWT` (RFC 7519 section 5.1), `at+jwt` (RFC 9068 section 2.1), or absent. Both may have the
    /// prefix `application/`, which RFC 7515 section 4.1.9 lets issuers omit.
    Jwt,
    /// `at+jwt`, or `application/at+jwt` (RFC 9068 section 4).
    AtJwt,
    /// `statuslist+jwt`, compared exactly.
    StatusList,
}

impl Typ {
    /// Media types are compared without case, except that of a status list, which is the issuer's
    /// own and has one spelling.
    fn allows(self, typ: Option<Value<'_>>) -> bool {
        let Some(typ) = typ else { return self == Self::Jwt };
        match (self, typ.text()) {
            (_, None) => false,
            (Self::StatusList, Some(typ)) => typ.is(b"statuslist+jwt"),
            (_, Some(typ)) => {
                let is = |name| typ.is_ignoring_ascii_case(name);
                is("at+jwt")
                    || is("application/at+jwt")
                    || self == Self::Jwt && (is("jwt") || is("application/jwt"))
            }
        }
    }
}

/// Checks the decoded header and returns its `kid`, which is a string when present.
///
/// `jwk`, `jku`, `x5u`, `x5c` and `x5t` are not read: a key never comes from the token (RFC 8725
/// section 3.10).
///
/// # Errors
/// A violation of strict JSON, or the first of `alg`, `typ`, `crit`, `b64`, `kid` that breaks its
/// rule.
pub(crate) fn check(header: &[u8], expected: Typ) -> Result<Option<Value<'_>>, Refusal> {
    let [alg, typ, crit, b64, kid] =
        read_members(header, &["alg", "typ", "crit", "b64", "kid"]).map_err(Refusal::Header)?;
    // The algorithm comes from the key; the header must agree with it exactly (RFC 8725 section
    // 3.1).
    if !alg.is_some_and(|alg| alg.is_text(b"RS256")) {
        return Err(Refusal::Alg(Actual::of(alg, Segment::Header)));
    }
    if !expected.allows(typ) {
        return Err(Refusal::Typ(Actual::of(typ, Segment::Header)));
    }
    if crit.is_some() {
        return Err(Refusal::Crit);
    }
    if b64.is_some_and(|b64| b64.raw() != b"true") {
        return Err(Refusal::B64);
    }
    if kid.is_some_and(|kid| kid.text().is_none()) {
        return Err(Refusal::KidNotAString);
    }
    Ok(kid)
}
