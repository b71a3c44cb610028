//! The registered claims of a payload whose signature has been checked (RFC 7519 section 4.1, and
//! `SimpleJWT`'s own).

use crate::code::Code;
use crate::fault::{Fault, JsonFault};
use crate::json::{Value, elements, read_members};
use crate::time::UnixTime;

macro_rules! claim_names {
    ($($(#[doc = $doc:literal])+ $variant:ident, $name:literal;)+) => {
        /// A claim that has a rule here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum ClaimName {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ClaimName {
            /// Every one, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The claim as it stands in a token.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        /// The names, in the same order.
        const NAMES: [&str; ClaimName::ALL.len()] = [$($name,)+];
    };
}

claim_names! {
    /// `exp`.
    ExpiresAt, "exp";
    /// `nbf`.
    NotBefore, "nbf";
    /// `iat`.
    IssuedAt, "iat";
    /// `token_type`, of `SimpleJWT`.
    TokenType, "token_type";
    /// `iss`.
    Issuer, "iss";
    /// `aud`.
    Audience, "aud";
    /// `jti`.
    TokenId, "jti";
    /// `user_id`, of `SimpleJWT`.
    UserId, "user_id";
    /// `sub`, of a status list.
    Subject, "sub";
    /// `ttl`, of a status list.
    TimeToLive, "ttl";
    /// `status_list`, of a status list.
    StatusList, "status_list";
}

/// Those claims as they stand in a payload.
pub(crate) struct Claims<'a> {
    values: [Option<Value<'a>>; NAMES.len()],
}

impl<'a> Claims<'a> {
    /// Reads the decoded payload.
    ///
    /// # Errors
    /// A JSON fault of the payload.
    pub(crate) fn read(payload: &'a [u8]) -> Result<Self, Fault> {
        let mut values = [None; NAMES.len()];
        read_members(payload, &NAMES, &mut values).map_err(|(fault, at)| {
            let code = match fault {
                JsonFault::DuplicateMember => Code::PayloadDuplicateMember,
                JsonFault::TooDeep => Code::PayloadTooDeep,
                _ => Code::PayloadInvalid,
            };
            Fault::new(code, fault as u8, at)
        })?;
        Ok(Self { values })
    }

    /// A claim, when it is there.
    pub(crate) fn get(&self, name: ClaimName) -> Option<Value<'a>> {
        self.values.get(name as usize).copied().flatten()
    }

    /// A `NumericDate` claim (RFC 7519 section 2), when it is there.
    ///
    /// # Errors
    /// [`Code::ClaimInvalid`]: not a number, negative, or infinite as a double.
    pub(crate) fn date(&self, name: ClaimName) -> Result<Option<UnixTime>, Fault> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.number().and_then(|number| number.as_numeric_date()) {
            None => Err(invalid(name)),
            date => Ok(date),
        }
    }
}

/// The claim is not there, and has to be.
pub(crate) const fn missing(name: ClaimName) -> Fault {
    Fault::new(Code::ClaimMissing, name as u8, 0)
}

/// The claim has the wrong type or an impossible value.
pub(crate) const fn invalid(name: ClaimName) -> Fault {
    Fault::new(Code::ClaimInvalid, name as u8, 0)
}

/// Whether `aud` is one string or a list of strings (RFC 7519 section 4.1.3).
pub(crate) fn is_audience(aud: Value<'_>) -> bool {
    aud.text().is_some() || aud.is_array() && elements(aud).all(|one| one.text().is_some())
}

/// Whether it names `expected`.
pub(crate) fn audience_holds(aud: Value<'_>, expected: &[u8]) -> bool {
    aud.is_text(expected) || elements(aud).any(|one| one.is_text(expected))
}
