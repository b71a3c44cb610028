//! The JOSE header: which algorithm and key the token claims, and nothing it is not allowed to say.

use crate::json::{Text, Value, read_members};
use crate::refusal::{Found, Quote, Refusal, Segment};

/// A header that keeps every rule. It has named a key; whether that key signed the token is still open.
///
/// `jwk`, `jku`, `x5u`, `x5c` and `x5t` are not even read: a key never comes from the token (RFC 8725 section 3.10).
pub(crate) struct Header<'a> {
    /// `kid`, when the token names its key.
    pub(crate) kid: Option<Text<'a>>,
}

impl<'a> Header<'a> {
    /// Reads the decoded header (RFC 7515 section 4).
    ///
    /// # Errors
    /// A JSON fault, or the first of `alg`, `typ`, `crit`, `b64`, `kid` that breaks its rule.
    pub(crate) fn read<Q: Quote>(bytes: &'a [u8], require_at_jwt: bool) -> Result<Self, Refusal<Q>> {
        Self::read_with(bytes, |typ| allow_typ(typ, require_at_jwt))
    }

    /// The same for something that is not a token: `allow_typ` says which `typ` it has.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub(crate) fn read_with<Q: Quote>(
        bytes: &'a [u8],
        allow_typ: impl FnOnce(Option<Value<'a>>) -> Result<(), Refusal<Q>>,
    ) -> Result<Self, Refusal<Q>> {
        let [alg, typ, crit, b64, kid] = read_members(bytes, ["alg", "typ", "crit", "b64", "kid"])
            .map_err(|fault| Refusal::json(Segment::Header, fault))?;
        allow_alg(alg)?;
        allow_typ(typ)?;
        if crit.is_some() {
            return Err(Refusal::Crit);
        }
        if !matches!(b64, None | Some(Value::Bool(true))) {
            return Err(Refusal::B64);
        }
        match kid {
            None => Ok(Self { kid: None }),
            Some(Value::Text(kid)) => Ok(Self { kid: Some(kid) }),
            Some(_) => Err(Refusal::KidNotAString),
        }
    }
}

/// The algorithm comes from the key; the header must agree with it to the letter (RFC 8725 section 3.1).
fn allow_alg<Q: Quote>(alg: Option<Value<'_>>) -> Result<(), Refusal<Q>> {
    match alg {
        Some(Value::Text(alg)) if alg.is("RS256") => Ok(()),
        other => Err(Refusal::Alg(found(other))),
    }
}

/// `JWT` (RFC 7519 section 5.1) or `at+jwt` (RFC 9068 section 2.1), compared as media types are, without case.
fn allow_typ<Q: Quote>(typ: Option<Value<'_>>, require_at_jwt: bool) -> Result<(), Refusal<Q>> {
    match typ {
        None if !require_at_jwt => Ok(()),
        Some(Value::Text(typ)) if typ.is_ignoring_ascii_case("at+jwt") => Ok(()),
        Some(Value::Text(typ)) if typ.is_ignoring_ascii_case("JWT") && !require_at_jwt => Ok(()),
        other => Err(Refusal::Typ(found(other))),
    }
}

/// What stands in place of an expected string, for the refusal.
pub(crate) fn found<Q: Quote>(value: Option<Value<'_>>) -> Found<Q> {
    match value {
        None => Found::Absent,
        Some(Value::Text(text)) => Found::Text(Q::of_token(text)),
        Some(_) => Found::NotAString,
    }
}
