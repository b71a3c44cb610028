//! What a verified token says: typed registered claims, and every other claim as it stands.

use crate::claims::audience;
use crate::json::{Text, Value, read_object};
use crate::refusal::{Refusal, Segment};
use crate::shape::Segments;
use crate::time::UnixTime;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A token that passed every check; the only way to its claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedToken {
    header: String,
    payload: String,
    expires_at: UnixTime,
}

impl VerifiedToken {
    pub(crate) fn new(segments: Segments, expires_at: UnixTime) -> Result<Self, Refusal> {
        let text = |segment, bytes| {
            String::from_utf8(bytes).map_err(|e| Refusal::NotUtf8 { segment, at: e.utf8_error().valid_up_to() })
        };
        Ok(Self {
            header: text(Segment::Header, segments.header)?,
            payload: text(Segment::Payload, segments.payload)?,
            expires_at,
        })
    }

    /// The decoded header: a JSON object without duplicate names.
    #[must_use]
    pub fn header_json(&self) -> &str {
        &self.header
    }

    /// The decoded payload: a JSON object without duplicate names.
    #[must_use]
    pub fn claims_json(&self) -> &str {
        &self.payload
    }

    /// The claim `exp`, rounded up to whole nanoseconds.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// The header's `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<Cow<'_, str>> {
        member(&self.header, "kid")?.as_str()
    }

    /// The claim `jti`; never empty.
    #[must_use]
    pub fn jti(&self) -> Option<Cow<'_, str>> {
        self.claim("jti")?.as_str()
    }

    /// The claim `nbf`, rounded up to whole nanoseconds.
    #[must_use]
    pub fn not_before(&self) -> Option<UnixTime> {
        self.claim("nbf")?.as_numeric_date()
    }

    /// The claim `iat`, rounded up to whole nanoseconds.
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.claim("iat")?.as_numeric_date()
    }

    /// The claim `iss`, when it is a string; checked only when the policy names an issuer.
    #[must_use]
    pub fn issuer(&self) -> Option<Cow<'_, str>> {
        self.claim("iss")?.as_str()
    }

    /// Whom the claim `aud` names: one, several, or nobody when it is absent.
    #[must_use]
    pub fn audience(&self) -> Vec<Cow<'_, str>> {
        match self.claim("aud").map(|claim| audience::<()>(Some(claim.value))) {
            Some(Ok(Some(audience))) => audience.names(),
            _ => Vec::new(),
        }
    }

    /// The claim `user_id`.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId<'_>> {
        match self.claim("user_id")?.value {
            Value::Number(number) => Some(UserId::Number(number.as_str())),
            Value::Text(text) => Some(UserId::Text(text.to_str())),
            _ => None,
        }
    }

    /// A claim by its name; `None` when the token does not have it.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<Claim<'_>> {
        member(&self.payload, name)
    }
}

fn member<'a>(object: &'a str, name: &str) -> Option<Claim<'a>> {
    let mut found = None;
    read_object(object.as_bytes(), &mut |own: Text<'a>, value| {
        if own.is(name) {
            found = Some(Claim { value });
        }
    })
    .ok()?;
    found
}

/// One claim of a verified token.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    value: Value<'a>,
}

impl<'a> Claim<'a> {
    /// The string, unescaped; `None` for another type.
    #[must_use]
    pub fn as_str(&self) -> Option<Cow<'a, str>> {
        if let Value::Text(text) = self.value { Some(text.to_str()) } else { None }
    }

    /// The boolean; `None` for another type.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self.value { Some(value) } else { None }
    }

    /// The number, when it is written as a whole number that fits; `None` for anything else.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        if let Value::Number(number) = self.value { number.as_u64() } else { None }
    }

    /// The number as an instant (`NumericDate`, RFC 7519 section 2), rounded up to whole nanoseconds; `None` for another
    /// type, a negative number, or one that a double could hold only as an infinity.
    #[must_use]
    pub fn as_numeric_date(&self) -> Option<UnixTime> {
        if let Value::Number(number) = self.value { number.as_numeric_date() } else { None }
    }

    /// The value as the token gives it, and so without any loss: JSON text.
    #[must_use]
    pub fn raw(&self) -> Cow<'a, str> {
        match self.value {
            Value::Text(text) => Cow::Owned(["\"", text.escaped(), "\""].concat()),
            Value::Number(number) => Cow::Borrowed(number.as_str()),
            Value::Bool(true) => Cow::Borrowed("true"),
            Value::Bool(false) => Cow::Borrowed("false"),
            Value::Null => Cow::Borrowed("null"),
            Value::Array(text) | Value::Object(text) => Cow::Borrowed(text),
        }
    }
}

/// The claim `user_id`: issuers write it as a number or as a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserId<'a> {
    /// A number, in the digits of the token.
    Number(&'a str),
    /// A string, unescaped.
    Text(Cow<'a, str>),
}
