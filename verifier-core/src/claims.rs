//! The claims of a payload whose signature is valid.

use crate::claim_name::ClaimName;
use crate::json::{Value, elements, read_members, read_members_into};
use crate::refusal::Refusal;
use crate::time::UnixTime;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// The claims that have rules, as values of the payload.
pub(crate) struct Claims<'a> {
    payload: &'a [u8],
    values: [Option<Value<'a>>; ClaimName::NAMES.len()],
}

impl<'a> Claims<'a> {
    /// Reads the decoded payload.
    ///
    /// # Errors
    /// [`Refusal::Payload`]: a violation of strict JSON.
    pub(crate) fn read(payload: &'a [u8]) -> Result<Self, Refusal> {
        let values = read_members(payload, &ClaimName::NAMES).map_err(Refusal::Payload)?;
        Ok(Self { payload, values })
    }

    /// Returns a claim, or `None` when it is absent.
    pub(crate) fn get(&self, name: ClaimName) -> Option<Value<'a>> {
        self.values.get(name as usize).copied().flatten()
    }

    /// Returns a claim.
    ///
    /// # Errors
    /// [`Refusal::ClaimMissing`].
    pub(crate) fn require(&self, name: ClaimName) -> Result<Value<'a>, Refusal> {
        self.get(name).ok_or(Refusal::ClaimMissing(name))
    }

    /// Returns the index of the first name whose claim is absent or null.
    pub(crate) fn first_absent(&self, names: &[String]) -> Option<usize> {
        if names.is_empty() {
            return None;
        }
        let mut values = vec![None; names.len()];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        // The payload was validated, so it is read to its end.
        let _ = read_members_into(self.payload, &names, &mut values);
        values.iter().position(|value| value.is_none_or(Value::is_null))
    }

    /// Returns a `NumericDate` claim (RFC 7519 section 2), or `None` when it is absent.
    ///
    /// # Errors
    /// [`Refusal::ClaimInvalid`]: not a number, negative, or infinite as a double.
    pub(crate) fn date(&self, name: ClaimName) -> Result<Option<UnixTime>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.number().and_then(|number| number.as_numeric_date()) {
            None => Err(Refusal::ClaimInvalid(name)),
            date => Ok(date),
        }
    }
}

/// Returns whether `aud` is a string or an array of strings (RFC 7519 section 4.1.3).
pub(crate) fn is_audience(aud: Value<'_>) -> bool {
    aud.text().is_some() || aud.is_array() && elements(aud).all(|one| one.text().is_some())
}

/// Returns whether `aud` is or contains `expected`.
pub(crate) fn audience_holds(aud: Value<'_>, expected: &[u8]) -> bool {
    aud.is_text(expected) || elements(aud).any(|one| one.is_text(expected))
}
