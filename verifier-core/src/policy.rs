//! The rules for claims that an application can configure.

use crate::claim_name::ClaimName;
use crate::claims::{Claims, audience_holds, is_audience};
use crate::refusal::{Actual, Refusal};
use crate::span::Segment;
use crate::time::UnixTime;
use crate::token_type::TokenType;
use alloc::string::String;

/// Largest leeway that an operator may configure, in seconds. A longer one would keep tokens alive
/// long after their expiry.
pub const MAX_LEEWAY_SECONDS: u64 = 3600;

/// Default of [`Policy::future_leeway_seconds`].
pub const DEFAULT_FUTURE_LEEWAY_SECONDS: u64 = 5;

/// The requirements for a token beyond a valid signature.
///
/// The default requires an access token, compares `exp` exactly, allows `nbf` and `iat` to be five
/// seconds ahead, and has neither issuer nor audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Tolerated difference between the clocks of issuer and verifier, in seconds; applies to
    /// `exp`, `nbf` and `iat`. Default 0.
    pub leeway_seconds: u64,
    /// How far `nbf` and `iat` may lie in the future, in seconds, where that is more than
    /// [`Self::leeway_seconds`]. Default 5: a verifier whose clock is slightly behind the issuer's
    /// accepts a fresh token, while `exp` stays exact.
    pub future_leeway_seconds: u64,
    /// The issuer. When set, `iss` must be present and equal to it; otherwise `iss` is ignored.
    pub issuer: Option<String>,
    /// The audience. When set, `aud` must be present and be or contain it. When not set, a token
    /// with `aud` is refused, since it is meant for a party that was not configured here.
    pub audience: Option<String>,
    /// The required `token_type`. Default: access.
    pub token_type: TokenType,
    /// Requires `typ` to be `at+jwt` (RFC 9068). By default `JWT`, `at+jwt` and no `typ` are
    /// allowed.
    pub require_at_jwt: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            leeway_seconds: 0,
            future_leeway_seconds: DEFAULT_FUTURE_LEEWAY_SECONDS,
            issuer: None,
            audience: None,
            token_type: TokenType::Access,
            require_at_jwt: false,
        }
    }
}

impl Policy {
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
        Ok(())
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
        match (expires_at, now.checked_sub_secs(self.leeway_seconds)) {
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
        let ahead = self.leeway_seconds.max(self.future_leeway_seconds);
        instant == UnixTime::MAX || now.saturating_add_secs(ahead) < instant
    }

    fn check_token_type(&self, claims: &Claims<'_>) -> Result<(), Refusal> {
        let (actual, expected) = (claims.get(ClaimName::TokenType), self.token_type);
        if actual.is_some_and(|actual| actual.is_text(expected.as_str().as_bytes())) {
            return Ok(());
        }
        Err(Refusal::TokenType { expected, actual: Actual::of(actual, Segment::Payload) })
    }

    /// Checks `iss`, when the policy has an issuer.
    pub(crate) fn check_issuer(&self, claims: &Claims<'_>) -> Result<(), Refusal> {
        let Some(expected) = &self.issuer else { return Ok(()) };
        let actual = claims.get(ClaimName::Issuer);
        if actual.is_some_and(|actual| actual.is_text(expected.as_bytes())) {
            return Ok(());
        }
        Err(Refusal::Issuer(Actual::of(actual, Segment::Payload)))
    }

    fn check_audience(&self, claims: &Claims<'_>) -> Result<(), Refusal> {
        let aud = claims.get(ClaimName::Audience);
        if aud.is_some_and(|aud| !is_audience(aud)) {
            return Err(Refusal::ClaimInvalid(ClaimName::Audience));
        }
        match (aud, &self.audience) {
            (None, None) => Ok(()),
            (Some(aud), Some(expected)) if audience_holds(aud, expected.as_bytes()) => Ok(()),
            (_, Some(_)) => Err(Refusal::Audience),
            (Some(_), None) => Err(Refusal::AudienceNotConfigured),
        }
    }
}
