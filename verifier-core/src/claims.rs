//! The registered claims of a payload whose signature has been checked (RFC 7519 section 4.1, and `SimpleJWT`'s own).

use crate::json::{Text, Value, elements, read_object};
use crate::refusal::{Refusal, Segment};
use crate::time::UnixTime;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The claims the policy looks at, as they stand in the payload.
#[derive(Default)]
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
    pub(crate) fn read(payload: &'a [u8]) -> Result<Self, Refusal> {
        let mut claims = Self::default();
        read_object(payload, &mut |name, value| claims.note(name, value))
            .map_err(|fault| Refusal::json(Segment::Payload, fault))?;
        Ok(claims)
    }

    fn note(&mut self, name: Text<'a>, value: Value<'a>) {
        let places = [
            ("exp", &mut self.expires_at),
            ("nbf", &mut self.not_before),
            ("iat", &mut self.issued_at),
            ("token_type", &mut self.token_type),
            ("iss", &mut self.issuer),
            ("aud", &mut self.audience),
            ("jti", &mut self.token_id),
            ("user_id", &mut self.user_id),
        ];
        for (known, place) in places {
            if name.is(known) {
                *place = Some(value);
            }
        }
    }
}

/// A `NumericDate` claim (RFC 7519 section 2), when it is there.
///
/// # Errors
/// [`Refusal::ClaimInvalid`]: not a number, negative, or infinite as a double.
pub(crate) fn numeric_date(claim: &'static str, value: Option<Value<'_>>) -> Result<Option<UnixTime>, Refusal> {
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
pub(crate) fn audience(value: Option<Value<'_>>) -> Result<Option<Audience<'_>>, Refusal> {
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
pub(crate) fn check_token_id(value: Option<Value<'_>>) -> Result<(), Refusal> {
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
pub(crate) fn check_user_id(value: Option<Value<'_>>) -> Result<(), Refusal> {
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
