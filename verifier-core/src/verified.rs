//! What a verified token says: typed registered claims, and every other claim as it stands.

use crate::json::{Text, Value, elements, read_members};
use crate::shape::Segments;
use crate::time::UnixTime;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A token that passed every check; the only way to its claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedToken {
    /// The header, and the payload behind it.
    text: String,
    header_end: usize,
}

impl VerifiedToken {
    /// Takes the segments of a token that was accepted.
    pub(crate) fn new(segments: Segments) -> Self {
        let (bytes, header_end) = segments.into_header_and_payload();
        // Read as JSON, both were UTF-8.
        Self { text: String::from_utf8(bytes).unwrap_or_default(), header_end }
    }

    /// The decoded header: a JSON object without duplicate names.
    #[must_use]
    pub fn header_json(&self) -> &str {
        self.text.get(..self.header_end).unwrap_or_default()
    }

    /// The decoded payload: a JSON object without duplicate names.
    #[must_use]
    pub fn claims_json(&self) -> &str {
        self.text.get(self.header_end..).unwrap_or_default()
    }

    /// The claim `exp`, rounded up to whole nanoseconds.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        // Without it, or with one that is no date, the token would not have been accepted.
        self.claim("exp").and_then(|exp| exp.as_numeric_date()).unwrap_or(UnixTime::MAX)
    }

    /// The header's `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<Cow<'_, str>> {
        member(self.header_json(), "kid")?.as_str()
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
        let Some(Claim { value: aud }) = self.claim("aud") else { return Vec::new() };
        aud.text()
            .into_iter()
            .chain(elements(aud).filter_map(Value::text))
            .map(Text::to_str)
            .collect()
    }

    /// The claim `user_id`.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId<'_>> {
        let Claim { value } = self.claim("user_id")?;
        match (value.number(), value.text()) {
            (Some(_), _) => Some(UserId::Number(str_of(value))),
            (None, Some(text)) => Some(UserId::Text(text.to_str())),
            (None, None) => None,
        }
    }

    /// A claim by its name; `None` when the token does not have it. Each call reads the payload
    /// anew: keep what is asked for often.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<Claim<'_>> {
        member(self.claims_json(), name)
    }
}

fn member<'a>(object: &'a str, name: &str) -> Option<Claim<'a>> {
    let mut found = [None];
    read_members(object.as_bytes(), &[name], &mut found).ok()?;
    let [value] = found;
    Some(Claim { value: value? })
}

/// The text of a value, which is a part of a text.
fn str_of(value: Value<'_>) -> &str {
    core::str::from_utf8(value.raw()).unwrap_or_default()
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
        self.value.text().map(|text| text.to_str())
    }

    /// The boolean; `None` for another type.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value.raw() {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// The number, when it is written as a whole number that fits; `None` for anything else.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.value.number()?.as_u64()
    }

    /// The number as an instant (`NumericDate`, RFC 7519 section 2), rounded up to whole
    /// nanoseconds; `None` for another type, a negative number, or one that a double could hold
    /// only as an infinity.
    #[must_use]
    pub fn as_numeric_date(&self) -> Option<UnixTime> {
        self.value.number()?.as_numeric_date()
    }

    /// The value as the token gives it, and so without any loss: JSON text.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        str_of(self.value)
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
