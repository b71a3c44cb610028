//! The registered claims of a payload whose signature has been checked (RFC 7519 section 4.1, and `SimpleJWT`'s own).

use crate::json::{Text, Value, elements, read_members};
use crate::refusal::{Quote, Refusal, Segment};
use crate::time::UnixTime;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The claims the policy looks at, as they stand in the payload.
pub(crate) struct Claims<'a> {
    pub(crate) expires_at: Option<Value<'a>>,
    pub(crate) not_before: Option<Value<'a>>,
    pub(crate) issued_at: Option<Value<'a>>,
    pub(crate) token_type: Option<Value<'a>>,
    pub(crate) issuer: Option<Value<'a>>,
    pub(crate) audience: Option<Value<'a>>,
    pub(crate) token_id: Option<Value<'a>>,
    pub(crate) user_id: Option<Value<'a>>,
}

impl<'a> Claims<'a> {
    /// Reads the decoded payload.
    ///
    /// # Errors
    /// A JSON fault of the payload.
    pub(crate) fn read<Q: Quote>(payload: &'a [u8]) -> Result<Self, Refusal<Q>> {
        let names = ["exp", "nbf", "iat", "token_type", "iss", "aud", "jti", "user_id"];
        let [expires_at, not_before, issued_at, token_type, issuer, audience, token_id, user_id] =
            read_members(payload, names).map_err(|fault| Refusal::json(Segment::Payload, fault))?;
        Ok(Self { expires_at, not_before, issued_at, token_type, issuer, audience, token_id, user_id })
    }
}

/// A `NumericDate` claim (RFC 7519 section 2), when it is there.
///
/// # Errors
/// [`Refusal::ClaimInvalid`]: not a number, negative, or infinite as a double.
pub(crate) fn numeric_date<Q: Quote>(
    claim: &'static str,
    value: Option<Value<'_>>,
) -> Result<Option<UnixTime>, Refusal<Q>> {
    match value {
        None => Ok(None),
        Some(Value::Number(number)) => number.as_numeric_date().map(Some).ok_or(Refusal::ClaimInvalid(claim)),
        Some(_) => Err(Refusal::ClaimInvalid(claim)),
    }
}

/// `aud` (RFC 7519 section 4.1.3): one string or a list of strings.
///
/// # Errors
/// [`Refusal::ClaimInvalid`]: anything else.
pub(crate) fn audience<Q: Quote>(value: Option<Value<'_>>) -> Result<Option<Audience<'_>>, Refusal<Q>> {
    match value {
        None => Ok(None),
        Some(Value::Text(one)) => Ok(Some(Audience::One(one))),
        Some(Value::Array(list)) if elements(list).all(|value| matches!(value, Value::Text(_))) => {
            Ok(Some(Audience::List(list)))
        }
        Some(_) => Err(Refusal::ClaimInvalid("aud")),
    }
}

/// `jti` (RFC 7519 section 4.1.7), when it is there, is a string with something in it.
///
/// # Errors
/// [`Refusal::ClaimInvalid`].
pub(crate) fn check_token_id<Q: Quote>(value: Option<Value<'_>>) -> Result<(), Refusal<Q>> {
    match value {
        None => Ok(()),
        Some(Value::Text(text)) if !text.is_empty() => Ok(()),
        Some(_) => Err(Refusal::ClaimInvalid("jti")),
    }
}

/// `user_id`, when it is there, is a number or a string.
///
/// # Errors
/// [`Refusal::ClaimInvalid`].
pub(crate) fn check_user_id<Q: Quote>(value: Option<Value<'_>>) -> Result<(), Refusal<Q>> {
    match value {
        None | Some(Value::Number(_) | Value::Text(_)) => Ok(()),
        Some(_) => Err(Refusal::ClaimInvalid("user_id")),
    }
}

/// Who a token is meant for.
pub(crate) enum Audience<'a> {
    One(Text<'a>),
    List(&'a str),
}

impl<'a> Audience<'a> {
    pub(crate) fn any(&self, matches: impl Fn(Text<'a>) -> bool) -> bool {
        match self {
            Self::One(one) => matches(*one),
            Self::List(list) => elements(list).any(|value| matches!(value, Value::Text(text) if matches(text))),
        }
    }

    /// Everyone it is meant for.
    pub(crate) fn names(&self) -> Vec<Cow<'a, str>> {
        match self {
            Self::One(one) => alloc::vec![one.to_str()],
            Self::List(list) => {
                let names = elements(list)
                    .filter_map(|value| if let Value::Text(text) = value { Some(text.to_str()) } else { None });
                names.collect()
            }
        }
    }
}
