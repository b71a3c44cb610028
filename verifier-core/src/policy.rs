//! What an application asks of a token's claims, and the check of each.

use crate::claims::{ClaimName, Claims, audience_holds, invalid, is_audience, missing};
use crate::code::Code;
use crate::fault::Fault;
use crate::time::UnixTime;
use alloc::string::String;

/// The most that an operator may set either leeway to, in seconds. More would keep tokens alive
/// long after their end.
pub const MAX_LEEWAY_SECONDS: u64 = 3600;

/// [`Policy::future_leeway_seconds`] when nothing else is set.
pub const DEFAULT_FUTURE_LEEWAY_SECONDS: u64 = 5;

/// What an application asks of a token beyond a good signature. The default demands an access
/// token, is exact about `exp`, allows `nbf` and `iat` to be five seconds ahead, and knows neither
/// issuer nor audience.
///
/// Names are a `String`, or UTF-8 in bytes for callers that have no room for the standard
/// library's check of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy<Name = String> {
    /// How far the clocks of issuer and verifier may differ, in seconds; applies to `exp`, `nbf`
    /// and `iat`. Default 0.
    pub leeway_seconds: u64,
    /// How far `nbf` and `iat` may lie in the future, in seconds, where that is more than
    /// [`Self::leeway_seconds`]. Default 5: a verifier whose clock is slightly behind the issuer's
    /// accepts a fresh token, while an expired one stays expired to the second.
    pub future_leeway_seconds: u64,
    /// When set, `iss` must be present and equal to it. Not set: `iss` is ignored.
    pub issuer: Option<Name>,
    /// When set, `aud` must be present and be or contain it. Not set: a token that carries `aud`
    /// is refused, since it is meant for someone in particular and nobody has said that this is
    /// us.
    pub audience: Option<Name>,
    /// The `token_type` that is asked for. Default: access.
    pub token_type: TokenType,
    /// Demand `typ` to be `at+jwt` (RFC 9068). Default: `JWT`, `at+jwt` or none.
    pub require_at_jwt: bool,
}

impl<Name> Default for Policy<Name> {
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

/// What a token is for, in its claim `token_type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// Opens resources.
    #[default]
    Access,
    /// Obtains access tokens from the issuer, and opens nothing.
    Refresh,
}

impl TokenType {
    /// The claim's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

impl<Name: AsRef<[u8]>> Policy<Name> {
    /// Checks claim after claim; the first broken rule is the answer.
    pub(crate) fn check(&self, claims: &Claims<'_>, now: UnixTime) -> Result<(), Fault> {
        let expires_at = claims.date(ClaimName::ExpiresAt)?.ok_or(missing(ClaimName::ExpiresAt))?;
        self.check_expiry(expires_at, now)?;
        self.check_begun(claims, now)?;
        if !claims
            .get(ClaimName::TokenType)
            .is_some_and(|actual| actual.is_text(self.token_type.as_str().as_bytes()))
        {
            return Err(Fault::of(Code::TokenTypeMismatch));
        }
        self.check_issuer(claims)?;
        self.check_audience(claims)?;
        // A string with something in it (RFC 7519 section 4.1.7).
        if claims
            .get(ClaimName::TokenId)
            .is_some_and(|jti| jti.text().is_none_or(|text| text.is_empty()))
        {
            return Err(invalid(ClaimName::TokenId));
        }
        if claims
            .get(ClaimName::UserId)
            .is_some_and(|id| id.number().is_none() && id.text().is_none())
        {
            return Err(invalid(ClaimName::UserId));
        }
        Ok(())
    }

    /// `now` is moved rather than `exp`: the claim is untrusted and may be as large as it likes.
    pub(crate) fn check_expiry(&self, expires_at: UnixTime, now: UnixTime) -> Result<(), Fault> {
        match now.checked_sub_secs(self.leeway_seconds) {
            Some(earlier) if earlier >= expires_at => Err(Fault::of(Code::TokenExpired)),
            _ => Ok(()),
        }
    }

    /// `nbf` and `iat`.
    pub(crate) fn check_begun(&self, claims: &Claims<'_>, now: UnixTime) -> Result<(), Fault> {
        for (name, code) in [
            (ClaimName::NotBefore, Code::TokenNotYetValid),
            (ClaimName::IssuedAt, Code::TokenIssuedInFuture),
        ] {
            if claims.date(name)?.is_some_and(|instant| self.is_ahead(instant, now)) {
                return Err(Fault::of(code));
            }
        }
        Ok(())
    }

    /// What saturates is never reached, whatever the leeway.
    fn is_ahead(&self, instant: UnixTime, now: UnixTime) -> bool {
        let ahead = self.leeway_seconds.max(self.future_leeway_seconds);
        instant == UnixTime::MAX || now.saturating_add_secs(ahead) < instant
    }

    pub(crate) fn check_issuer(&self, claims: &Claims<'_>) -> Result<(), Fault> {
        match &self.issuer {
            Some(expected)
                if !claims
                    .get(ClaimName::Issuer)
                    .is_some_and(|actual| actual.is_text(expected.as_ref())) =>
            {
                Err(Fault::of(Code::IssuerMismatch))
            }
            _ => Ok(()),
        }
    }

    fn check_audience(&self, claims: &Claims<'_>) -> Result<(), Fault> {
        let meant_for_us = match (claims.get(ClaimName::Audience), &self.audience) {
            (Some(aud), _) if !is_audience(aud) => return Err(invalid(ClaimName::Audience)),
            (None, None) => true,
            (Some(aud), Some(expected)) => audience_holds(aud, expected.as_ref()),
            (None, Some(_)) | (Some(_), None) => false,
        };
        if meant_for_us { Ok(()) } else { Err(Fault::of(Code::AudienceMismatch)) }
    }
}
