//! Checking tokens that come back, with the verifier core, and naming refusals as SimpleJWT does.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use verifier_core::{Claim, Code, Found, Refusal, TokenType, VerifiedToken, Verifier};

use crate::clock::unix_time;
use crate::keys::LiveKeys;

/// Whom a good token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// `user_id` as the storage knows it; `None` when the token names nobody, or nobody who could be in the storage.
    pub user_id: Option<i64>,
    /// Whether the token has a `user_id` at all.
    pub names_a_user: bool,
    /// The token's own id.
    pub jti: String,
    /// `sid`: the session it belongs to; SimpleJWT's tokens have none.
    pub session: Option<String>,
    /// `iat`, in Unix seconds; 0 when the token does not say.
    pub issued_at: i64,
    /// `exp`, in Unix seconds.
    pub expires_at: i64,
    /// What the token is for.
    pub token_type: TokenType,
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRefusal {
    /// SimpleJWT's text.
    pub message: &'static str,
    /// The verifier's code: says exactly what was wrong.
    pub reason: &'static str,
}

/// Checks the issuer's own tokens, by the keys it publishes.
#[derive(Debug, Clone)]
pub struct TokenChecker {
    keys: Arc<LiveKeys>,
}

impl TokenChecker {
    /// Trusts these keys, as they are at each check.
    #[must_use]
    pub fn new(keys: Arc<LiveKeys>) -> Self {
        Self { keys }
    }

    /// Checks an access token.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn access(&self, token: &[u8], now: DateTime<Utc>) -> Result<Subject, TokenRefusal> {
        check(self.keys.current().verifier(TokenType::Access), token, now)
    }

    /// Checks a refresh token.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn refresh(&self, token: &[u8], now: DateTime<Utc>) -> Result<Subject, TokenRefusal> {
        check(self.keys.current().verifier(TokenType::Refresh), token, now)
    }

    /// Checks a token of either type.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn any(&self, token: &[u8], now: DateTime<Utc>) -> Result<Subject, TokenRefusal> {
        match self.access(token, now) {
            Err(refusal) if refusal.reason == Code::TokenTypeMismatch.as_str() => self.refresh(token, now),
            verdict => verdict,
        }
    }
}

fn check(verifier: &Verifier, token: &[u8], now: DateTime<Utc>) -> Result<Subject, TokenRefusal> {
    let token = verifier.verify(token, unix_time(now)).map_err(|refusal| TokenRefusal::of(&refusal))?;
    let jti = token.jti().ok_or(TokenRefusal { message: "Token has no id", reason: Code::ClaimMissing.as_str() })?;
    let session = token.claim("sid").and_then(|sid| sid.as_str());
    // Signed, so an accident and no attack; PostgreSQL's texts cannot hold it.
    if jti.contains('\0') || session.as_ref().is_some_and(|sid| sid.contains('\0')) {
        return Err(TokenRefusal { message: "Token is invalid", reason: Code::ClaimInvalid.as_str() });
    }
    Ok(Subject {
        user_id: user_id(&token),
        names_a_user: token.claim("user_id").is_some(),
        jti: jti.into_owned(),
        session: session.map(Cow::into_owned),
        issued_at: token.claim("iat").and_then(|iat| i64::try_from(iat.as_u64()?).ok()).unwrap_or(0),
        expires_at: i64::try_from(token.expires_at().as_secs()).unwrap_or(i64::MAX),
        token_type: verifier.policy().token_type,
    })
}

/// SimpleJWT writes a number up to version 5.4 and a string of digits from 5.5 on; both name the same user.
fn user_id(token: &VerifiedToken) -> Option<i64> {
    let claim: Claim<'_> = token.claim("user_id")?;
    let number = match claim.as_str() {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
        Some(_) => return None,
        None => claim.as_u64()?,
    };
    i64::try_from(number).ok()
}

impl TokenRefusal {
    /// A good token that was revoked.
    pub const REVOKED: Self = Self { message: "Token is blacklisted", reason: Code::TokenRevoked.as_str() };

    fn of(refusal: &Refusal) -> Self {
        let message = match refusal {
            Refusal::Expired { .. } => "Token is expired",
            Refusal::TokenType { actual: Found::Absent, .. } => "Token has no type",
            Refusal::TokenType { .. } => "Token has wrong type",
            _ => "Token is invalid",
        };
        Self { message, reason: refusal.code().as_str() }
    }
}
