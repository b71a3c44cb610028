//! A verified token: typed registered claims, and access to every other claim.

use crate::json::{Text, Value, elements, read_members, read_members_into};
use crate::segments::Segments;
use crate::time::UnixTime;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// A token that passed every check; the only way to its claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedToken {
    segments: Segments,
}

impl VerifiedToken {
    /// Wraps the segments of an accepted token.
    pub(crate) const fn new(segments: Segments) -> Self {
        Self { segments }
    }

    /// Returns the decoded segments.
    #[must_use]
    pub fn into_segments(self) -> Segments {
        self.segments
    }

    /// Returns the decoded header: a JSON object without duplicate names.
    #[must_use]
    pub fn header_json(&self) -> &str {
        utf8(self.segments.header())
    }

    /// Returns the decoded payload: a JSON object without duplicate names.
    #[must_use]
    pub fn claims_json(&self) -> &str {
        utf8(self.segments.payload())
    }

    /// Returns the claim `exp`, rounded up to whole nanoseconds.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        // An accepted token has a valid `exp`.
        self.claim("exp").and_then(|exp| exp.as_numeric_date()).unwrap_or(UnixTime::MAX)
    }

    /// Returns the header's `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<Cow<'_, str>> {
        member(self.segments.header(), "kid")?.as_str()
    }

    /// Returns the claim `jti`, which is never empty.
    #[must_use]
    pub fn jti(&self) -> Option<Cow<'_, str>> {
        self.claim("jti")?.as_str()
    }

    /// Returns the claim `nbf`, rounded up to whole nanoseconds.
    #[must_use]
    pub fn not_before(&self) -> Option<UnixTime> {
        self.claim("nbf")?.as_numeric_date()
    }

    /// Returns the claim `iat`, rounded up to whole nanoseconds.
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.claim("iat")?.as_numeric_date()
    }

    /// Returns the claim `iss`, when it is a string. It is checked only when the policy has an
    /// issuer.
    #[must_use]
    pub fn issuer(&self) -> Option<Cow<'_, str>> {
        self.claim("iss")?.as_str()
    }

    /// Returns the audiences in the claim `aud`; none when it is absent.
    #[must_use]
    pub fn audience(&self) -> Vec<Cow<'_, str>> {
        let Some(Claim { value: aud }) = self.claim("aud") else { return Vec::new() };
        aud.text()
            .into_iter()
            .chain(elements(aud).filter_map(Value::text))
            .map(Text::to_str)
            .collect()
    }

    /// Returns the claim `user_id`.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId<'_>> {
        let Claim { value } = self.claim("user_id")?;
        match (value.number(), value.text()) {
            (Some(_), _) => Some(UserId::Number(utf8(value.raw()))),
            (None, Some(text)) => Some(UserId::Text(text.to_str())),
            (None, None) => None,
        }
    }

    /// Returns claims by their names, each `None` when it is absent, in one pass over the payload.
    #[must_use]
    pub fn claims(&self, names: &[&str]) -> Vec<Option<Claim<'_>>> {
        let mut values = alloc::vec![None; names.len()];
        if read_members_into(self.segments.payload(), names, &mut values).is_err() {
            // Not for an accepted token.
            values.fill(None);
        }
        values.into_iter().map(|value| value.map(|value| Claim { value })).collect()
    }

    /// Returns a claim by its name, or `None` when it is absent. Each call reads the payload
    /// again: for several, see [`Self::claims`].
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<Claim<'_>> {
        member(self.segments.payload(), name)
    }
}

fn member<'a>(object: &'a [u8], name: &str) -> Option<Claim<'a>> {
    let [value] = read_members(object, &[name]).ok()?;
    Some(Claim { value: value? })
}

/// Returns the text of bytes that were validated.
fn utf8(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

/// One claim of a verified token.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    value: Value<'a>,
}

impl<'a> Claim<'a> {
    /// Returns the string, unescaped, or `None` for another type.
    #[must_use]
    pub fn as_str(&self) -> Option<Cow<'a, str>> {
        self.value.text().map(|text| text.to_str())
    }

    /// Returns the boolean, or `None` for another type.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value.raw() {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// Returns the number, or `None` unless it is written as an integer that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.value.number()?.as_u64()
    }

    /// Returns the number as an instant (`NumericDate`, RFC 7519 section 2), rounded up to whole
    /// nanoseconds, or `None` for another type, a negative number, or one that is infinite as a
    /// double.
    #[must_use]
    pub fn as_numeric_date(&self) -> Option<UnixTime> {
        self.value.number()?.as_numeric_date()
    }

    /// Returns the JSON text of the value, without any loss.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        utf8(self.value.raw())
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
