//! The rules for claims that an application can configure.

use crate::claim_name::ClaimName;
use crate::claims::{Claims, audience_holds, is_audience};
use crate::refusal::{Actual, Refusal};
use crate::span::Segment;
use crate::time::UnixTime;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Largest leeway, in seconds. A longer one would keep tokens alive long after their expiry.
pub const MAX_LEEWAY_SECONDS: u64 = 3600;

/// Default of [`PolicyOptions::future_leeway_seconds`].
pub const DEFAULT_FUTURE_LEEWAY_SECONDS: u64 = 5;

/// The requirements for a token beyond a valid signature, checked for consistency.
///
/// The default is that of [`PolicyOptions`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    options: PolicyOptions,
}

/// The options of a [`Policy`].
///
/// The default requires an access token of `SimpleJWT`, compares `exp` exactly, allows `nbf` and
/// `iat` to be five seconds ahead, and has neither issuer nor audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyOptions {
    /// Tolerated difference between the clocks of issuer and verifier, in seconds, at most
    /// [`MAX_LEEWAY_SECONDS`]; applies to `exp`, `nbf` and `iat`. Default 0.
    pub leeway_seconds: u64,
    /// How far `nbf` and `iat` may lie in the future, in seconds, where that is more than
    /// [`Self::leeway_seconds`]; at most [`MAX_LEEWAY_SECONDS`]. Default 5: a verifier whose clock
    /// is slightly behind the issuer's accepts a fresh token, while `exp` stays exact.
    pub future_leeway_seconds: u64,
    /// The required claim `token_type`. Default `access`.
    ///
    /// `None` is for issuers without such a claim. Their tokens must show by `iss` whose they are
    /// and by `aud` for whom: both [`Self::issuer`] and [`Self::audience`] must be set then.
    pub token_type: Option<String>,
    /// The accepted issuers. When set, `iss` must be present and equal to one of them; otherwise
    /// `iss` is ignored.
    pub issuer: Option<Vec<String>>,
    /// The accepted audiences.
    pub audience: Audience,
    /// Requires `typ` to be `at+jwt` (RFC 9068 section 4). By default `JWT`, `at+jwt` and no `typ`
    /// are allowed.
    pub require_at_jwt: bool,
    /// The names of further claims that must be present and not null.
    pub required_claims: Vec<String>,
}

/// The audiences that a [`Policy`] accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// No audience is configured: a token with `aud` is meant for another party, and refused.
    #[default]
    Absent,
    /// `aud` must be present and be or contain one of these.
    OneOf(Vec<String>),
    /// `aud` may be absent or have any value.
    Any,
}

impl Default for PolicyOptions {
    fn default() -> Self {
        Self {
            leeway_seconds: 0,
            future_leeway_seconds: DEFAULT_FUTURE_LEEWAY_SECONDS,
            token_type: Some(String::from("access")),
            issuer: None,
            audience: Audience::Absent,
            require_at_jwt: false,
            required_claims: Vec::new(),
        }
    }
}

/// Why options make no policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyError {
    /// A leeway is longer than [`MAX_LEEWAY_SECONDS`].
    LeewayTooLong,
    /// A value of this option is empty, or its list is: a missing setting, which must not switch a
    /// check off.
    Empty(&'static str),
    /// Without `token_type`, issuer or audience is not set: such a policy knows neither whose the
    /// tokens are nor for whom.
    Unbound,
}

impl core::error::Error for PolicyError {}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeewayTooLong => {
                write!(f, "a leeway is at most {MAX_LEEWAY_SECONDS} seconds")
            }
            Self::Empty(option) => write!(f, "{option} must not be empty"),
            Self::Unbound => f.write_str(
                "without a token type, an issuer and an audience (or any audience) must be set",
            ),
        }
    }
}

impl Policy {
    /// Checks the options.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn new(options: PolicyOptions) -> Result<Self, PolicyError> {
        let PolicyOptions { token_type, issuer, audience, required_claims, .. } = &options;
        if options.leeway_seconds.max(options.future_leeway_seconds) > MAX_LEEWAY_SECONDS {
            return Err(PolicyError::LeewayTooLong);
        }
        let audiences = match audience {
            Audience::OneOf(audiences) => Some(audiences.as_slice()),
            Audience::Absent | Audience::Any => None,
        };
        let required_claims = Some(required_claims.as_slice()).filter(|names| !names.is_empty());
        for (option, values) in [
            ("token_type", token_type.as_ref().map(core::slice::from_ref)),
            ("issuer", issuer.as_deref()),
            ("audience", audiences),
            ("required_claims", required_claims),
        ] {
            if values.is_some_and(|values| values.is_empty() || values.iter().any(String::is_empty))
            {
                return Err(PolicyError::Empty(option));
            }
        }
        if token_type.is_none() && (issuer.is_none() || *audience == Audience::Absent) {
            return Err(PolicyError::Unbound);
        }
        Ok(Self { options })
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &PolicyOptions {
        &self.options
    }

    /// Checks one claim after the other, in the order of [`Check`](crate::Check).
    ///
    /// # Errors
    /// The first broken rule.
    pub(crate) fn check(&self, claims: &Claims<'_>, now: UnixTime) -> Result<(), Refusal> {
        claims.require(ClaimName::ExpiresAt)?;
        self.check_expiry(claims, now)?;
        self.check_begun(claims, now)?;
        self.check_token_type(claims)?;
        self.check_issuer(claims)?;
        self.check_audience(claims)?;
        // A non-empty string (RFC 7519 section 4.1.7).
        if claims
            .get(ClaimName::TokenId)
            .is_some_and(|jti| jti.text().is_none_or(|text| text.is_empty()))
        {
            return Err(Refusal::ClaimInvalid(ClaimName::TokenId));
        }
        if claims
            .get(ClaimName::UserId)
            .is_some_and(|id| id.number().is_none() && id.text().is_none())
        {
            return Err(Refusal::ClaimInvalid(ClaimName::UserId));
        }
        self.check_required(claims)
    }

    /// Checks `exp`, when present, and returns it.
    ///
    /// The leeway moves `now` and not `exp`, which is untrusted and can be arbitrarily large.
    pub(crate) fn check_expiry(
        &self,
        claims: &Claims<'_>,
        now: UnixTime,
    ) -> Result<Option<UnixTime>, Refusal> {
        let expires_at = claims.date(ClaimName::ExpiresAt)?;
        match (expires_at, now.checked_sub_secs(self.options.leeway_seconds)) {
            (Some(expired_at), Some(earlier)) if earlier >= expired_at => {
                Err(Refusal::Expired { expired_at, now })
            }
            _ => Ok(expires_at),
        }
    }

    /// Checks `nbf` and `iat`, when present, and returns `iat`.
    pub(crate) fn check_begun(
        &self,
        claims: &Claims<'_>,
        now: UnixTime,
    ) -> Result<Option<UnixTime>, Refusal> {
        let not_before = claims.date(ClaimName::NotBefore)?;
        if let Some(not_before) = not_before.filter(|instant| self.is_ahead(*instant, now)) {
            return Err(Refusal::NotYetValid { not_before, now });
        }
        let issued_at = claims.date(ClaimName::IssuedAt)?;
        if let Some(issued_at) = issued_at.filter(|instant| self.is_ahead(*instant, now)) {
            return Err(Refusal::IssuedInFuture { issued_at, now });
        }
        Ok(issued_at)
    }

    /// A saturated instant is never reached, whatever the leeway.
    fn is_ahead(&self, instant: UnixTime, now: UnixTime) -> bool {
        let ahead = self.options.leeway_seconds.max(self.options.future_leeway_seconds);
        instant == UnixTime::MAX || now.saturating_add_secs(ahead) < instant
    }

    fn check_token_type(&self, claims: &Claims<'_>) -> Result<(), Refusal> {
        let Some(expected) = &self.options.token_type else { return Ok(()) };
        let actual = claims.get(ClaimName::TokenType);
        if actual.is_some_and(|actual| actual.is_text(expected.as_bytes())) {
            return Ok(());
        }
        Err(Refusal::TokenType(Actual::of(actual, Segment::Payload)))
    }

    /// Checks `iss`, when the policy has issuers.
    pub(crate) fn check_issuer(&self, claims: &Claims<'_>) -> Result<(), Refusal> {
        let Some(accepted) = &self.options.issuer else { return Ok(()) };
        let actual = claims.get(ClaimName::Issuer);
        if actual.is_some_and(|actual| accepted.iter().any(|one| actual.is_text(one.as_bytes()))) {
            return Ok(());
        }
        Err(Refusal::Issuer(Actual::of(actual, Segment::Payload)))
    }

    /// Checks `aud` against the audiences of the policy.
    pub(crate) fn check_audience(&self, claims: &Claims<'_>) -> Result<(), Refusal> {
        let aud = claims.get(ClaimName::Audience);
        if aud.is_some_and(|aud| !is_audience(aud)) {
            return Err(Refusal::ClaimInvalid(ClaimName::Audience));
        }
        match (&self.options.audience, aud) {
            (Audience::Any, _) | (Audience::Absent, None) => Ok(()),
            (Audience::Absent, Some(_)) => Err(Refusal::AudienceNotConfigured),
            (Audience::OneOf(accepted), Some(aud))
                if accepted.iter().any(|one| audience_holds(aud, one.as_bytes())) =>
            {
                Ok(())
            }
            (Audience::OneOf(_), _) => Err(Refusal::Audience),
        }
    }

    fn check_required(&self, claims: &Claims<'_>) -> Result<(), Refusal> {
        match claims.first_absent(&self.options.required_claims) {
            Some(index) => Err(Refusal::RequiredClaim { index }),
            None => Ok(()),
        }
    }
}
