//! What an application asks of a token's claims, and the check of each.

use crate::claims::{Audience, Claims, audience, check_token_id, check_user_id, numeric_date};
use crate::explain::Check;
use crate::header::found;
use crate::json::{Text, Value};
use crate::refusal::{Quote, Refusal};
use crate::time::UnixTime;
use alloc::string::String;

/// What an application asks of a token beyond a good signature. The default is the strictest that knows no names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// How far the clocks of issuer and verifier may differ, in seconds; applies to `exp`, `nbf` and `iat`. Default 0.
    pub leeway_seconds: u64,
    /// When set, `iss` must be present and equal to it. Not set: `iss` is ignored.
    pub issuer: Option<String>,
    /// When set, `aud` must be present and be or contain it. Not set: a token that carries `aud` is refused, since it
    /// is meant for someone in particular and nobody has said that this is us.
    pub audience: Option<String>,
    /// The `token_type` that is asked for. Default: access.
    pub token_type: TokenType,
    /// Demand `typ` to be `at+jwt` (RFC 9068). Default: `JWT`, `at+jwt` or none.
    pub require_at_jwt: bool,
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

impl Policy {
    /// Checks claim after claim, telling `passed` of each; the first broken rule is the answer.
    pub(crate) fn check<Q: Quote>(
        &self,
        claims: &Claims<'_>,
        now: UnixTime,
        passed: &mut impl FnMut(Check),
    ) -> Result<UnixTime, Refusal<Q>> {
        let expires_at = self.check_expiry(claims.expires_at, now)?;
        passed(Check::ExpiresAt);
        self.check_not_before(claims.not_before, now)?;
        passed(Check::NotBefore);
        self.check_issued_at(claims.issued_at, now)?;
        passed(Check::IssuedAt);
        self.check_token_type(claims.token_type)?;
        passed(Check::TokenType);
        self.check_issuer(claims.issuer)?;
        passed(Check::Issuer);
        self.check_audience(audience(claims.audience)?)?;
        passed(Check::Audience);
        check_token_id(claims.token_id)?;
        passed(Check::TokenId);
        check_user_id(claims.user_id)?;
        passed(Check::UserId);
        Ok(expires_at)
    }

    /// `now` is moved rather than `exp`: the claim is untrusted and may be as large as it likes.
    pub(crate) fn check_expiry<Q: Quote>(&self, exp: Option<Value<'_>>, now: UnixTime) -> Result<UnixTime, Refusal<Q>> {
        let expired_at = numeric_date("exp", exp)?.ok_or(Refusal::ClaimMissing("exp"))?;
        if now.checked_sub_secs(self.leeway_seconds).is_some_and(|earlier| earlier >= expired_at) {
            return Err(Refusal::Expired { expired_at, now });
        }
        Ok(expired_at)
    }

    pub(crate) fn check_not_before<Q: Quote>(&self, nbf: Option<Value<'_>>, now: UnixTime) -> Result<(), Refusal<Q>> {
        match numeric_date("nbf", nbf)? {
            Some(not_before) if self.is_ahead(not_before, now) => Err(Refusal::NotYetValid { not_before, now }),
            _ => Ok(()),
        }
    }

    pub(crate) fn check_issued_at<Q: Quote>(&self, iat: Option<Value<'_>>, now: UnixTime) -> Result<(), Refusal<Q>> {
        match numeric_date("iat", iat)? {
            Some(issued_at) if self.is_ahead(issued_at, now) => Err(Refusal::IssuedInFuture { issued_at, now }),
            _ => Ok(()),
        }
    }

    fn is_ahead(&self, instant: UnixTime, now: UnixTime) -> bool {
        now.saturating_add_secs(self.leeway_seconds) < instant
    }

    fn check_token_type<Q: Quote>(&self, token_type: Option<Value<'_>>) -> Result<(), Refusal<Q>> {
        let expected = self.token_type.as_str();
        match token_type {
            Some(Value::Text(actual)) if actual.is(expected) => Ok(()),
            other => Err(Refusal::TokenType { expected, actual: found(other) }),
        }
    }

    pub(crate) fn check_issuer<Q: Quote>(&self, issuer: Option<Value<'_>>) -> Result<(), Refusal<Q>> {
        let Some(expected) = &self.issuer else { return Ok(()) };
        match issuer {
            Some(Value::Text(actual)) if actual.is(expected) => Ok(()),
            other => Err(Refusal::Issuer { expected: Q::of_policy(expected), actual: found(other) }),
        }
    }

    fn check_audience<Q: Quote>(&self, audience: Option<Audience<'_>>) -> Result<(), Refusal<Q>> {
        let meant_for_us = match (&self.audience, audience) {
            (None, None) => true,
            (Some(expected), Some(audience)) => audience.any(|one: Text<'_>| one.is(expected)),
            (None, Some(_)) | (Some(_), None) => false,
        };
        if meant_for_us {
            Ok(())
        } else {
            Err(Refusal::Audience { expected: self.audience.as_deref().map(Q::of_policy) })
        }
    }
}
