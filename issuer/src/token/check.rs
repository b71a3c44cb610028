//! Checking tokens that come back, with the verifier core, and naming refusals as SimpleJWT does.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use verifier_core::{Actual, Claim, Code, Refusal, Stage, TokenType, VerifiedToken};

use crate::clock::unix_time;
use crate::keys::{LiveKeys, TypeVerifiers};

/// Longest `jti` and `sid`, in bytes. Django keeps a `jti` in 255 characters; PostgreSQL indexes
/// no much longer text.
pub const MAX_ID_BYTES: usize = 255;

/// Whom a good token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// `user_id` as the storage knows it; `None` when the token names nobody, or nobody who could
    /// be in the storage.
    pub user_id: Option<i64>,
    /// Whether the token has a `user_id` at all.
    pub names_a_user: bool,
    /// The token's own id, of at most [`MAX_ID_BYTES`].
    pub jti: String,
    /// `sid`: the session it belongs to, of at most [`MAX_ID_BYTES`]; SimpleJWT's tokens have
    /// none.
    pub session: Option<String>,
    /// `iat`, in Unix seconds; 0 when the token does not say.
    pub issued_at: i64,
    /// `exp`, in Unix seconds.
    pub expires_at: i64,
    /// What the token is for.
    pub token_type: TokenType,
    /// The thumbprint of the key that signed it.
    pub kid: String,
    /// Whether that is a key of another system, trusted for an exchange alone.
    pub is_foreign: bool,
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRefusal {
    /// SimpleJWT's text.
    pub message: &'static str,
    /// The verifier's code: says exactly what was wrong.
    pub reason: &'static str,
}

/// Checks the issuer's own tokens, by the keys that sign or have signed for it, and the refresh
/// tokens of keys of another system that the operator trusts.
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
        self.own(TokenType::Access, token, now).map_err(|refused| refused.refusal)
    }

    /// Checks a refresh token.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn refresh(&self, token: &[u8], now: DateTime<Utc>) -> Result<Subject, TokenRefusal> {
        let mut refused = match self.own(TokenType::Refresh, token, now) {
            Ok(subject) => return Ok(subject),
            Err(refused) if !refused.is_of_another_key() => return Err(refused.refusal),
            Err(refused) => refused,
        };
        for key in self.keys.trusted() {
            match self.check(key.refresh(), token, now) {
                Ok(token) => return foreign_subject(&token, key.kid()),
                // Its signature is good: the rule that it breaks is the reason.
                Err(other) if !other.is_of_another_key() => refused = other,
                Err(_) => {}
            }
        }
        Err(refused.refusal)
    }

    /// Checks a token of either type.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn any(&self, token: &[u8], now: DateTime<Utc>) -> Result<Subject, TokenRefusal> {
        match self.own(TokenType::Access, token, now) {
            Ok(subject) => Ok(subject),
            Err(refused)
                if refused.code == Code::TokenTypeMismatch || refused.is_of_another_key() =>
            {
                self.refresh(token, now)
            }
            Err(refused) => Err(refused.refusal),
        }
    }

    fn own(
        &self,
        token_type: TokenType,
        token: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Subject, Refused> {
        let keys = self.keys.current();
        let verifiers = keys.verifiers(token_type);
        let token = self.check(verifiers, token, now)?;
        // Without a `kid` there was one key to choose from.
        let kid =
            token.kid().or_else(|| verifiers.plain.keys().keys().first()?.kid().map(Cow::Borrowed));
        let kid = kid.ok_or(Refused::new("Token is invalid", Code::KeyNotFound))?.into_owned();
        subject(&token, token_type, kid, false)
    }

    fn check(
        &self,
        verifiers: &TypeVerifiers,
        token: &[u8],
        now: DateTime<Utc>,
    ) -> Result<VerifiedToken, Refused> {
        let now = unix_time(now);
        let verdict = match (verifiers.plain.verify(token, now), &verifiers.addressed) {
            (Err(rejected), Some(addressed)) if rejected.code() == Code::AudienceMismatch => {
                addressed.verify(token, now)
            }
            (verdict, _) => verdict,
        };
        let token = verdict.map_err(|rejected| Refused::of(rejected.refusal()))?;
        match (token.claim("iss"), &self.keys.accepted().issuer) {
            (Some(iss), Some(expected)) if iss.as_str().is_none_or(|iss| iss != **expected) => {
                Err(Refused::new("Token is invalid", Code::IssuerMismatch))
            }
            _ => Ok(token),
        }
    }
}

/// A refused token.
struct Refused {
    refusal: TokenRefusal,
    code: Code,
}

impl Refused {
    const fn new(message: &'static str, code: Code) -> Self {
        Self { refusal: TokenRefusal { message, reason: code.as_str() }, code }
    }

    const fn invalid_claim() -> Self {
        Self::new("Token is invalid", Code::ClaimInvalid)
    }

    fn of(refusal: Refusal) -> Self {
        let message = match refusal {
            Refusal::Expired { .. } => "Token is expired",
            Refusal::TokenType { actual: Actual::Absent, .. } => "Token has no type",
            Refusal::TokenType { .. } => "Token has wrong type",
            _ => "Token is invalid",
        };
        Self::new(message, refusal.code())
    }

    /// Whether no key of the set has signed the token: another one may have.
    fn is_of_another_key(&self) -> bool {
        matches!(self.code.stage(), Stage::Key | Stage::Signature)
    }
}

/// A key of another system must not speak of the issuer's sessions.
fn foreign_subject(token: &VerifiedToken, kid: &str) -> Result<Subject, TokenRefusal> {
    let subject = subject(token, TokenType::Refresh, kid.to_owned(), true)
        .map_err(|refused| refused.refusal)?;
    if subject.session.is_some() { Err(Refused::invalid_claim().refusal) } else { Ok(subject) }
}

fn subject(
    token: &VerifiedToken,
    token_type: TokenType,
    kid: String,
    is_foreign: bool,
) -> Result<Subject, Refused> {
    let jti = token.jti().ok_or(Refused::new("Token has no id", Code::ClaimMissing))?;
    // A `sid` that is no text names a session that nobody can look up: the token must not pass for
    // one without.
    let session = match token.claim("sid") {
        Some(sid) => Some(sid.as_str().ok_or(Refused::invalid_claim())?),
        None => None,
    };
    if !is_id(&jti) || session.as_ref().is_some_and(|sid| !is_id(sid)) {
        return Err(Refused::invalid_claim());
    }
    Ok(Subject {
        user_id: user_id(token),
        names_a_user: token.claim("user_id").is_some(),
        jti: jti.into_owned(),
        session: session.map(Cow::into_owned),
        issued_at: token.issued_at().and_then(|iat| i64::try_from(iat.as_secs()).ok()).unwrap_or(0),
        expires_at: i64::try_from(token.expires_at().as_secs()).unwrap_or(i64::MAX),
        token_type,
        kid,
        is_foreign,
    })
}

/// Whether the storage can hold it: PostgreSQL's texts hold no NUL.
fn is_id(text: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&text.len()) && !text.contains('\0')
}

/// SimpleJWT writes a number up to version 5.4 and a string of digits from 5.5 on; both name the
/// same user.
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
    pub const REVOKED: Self =
        Self { message: "Token is blacklisted", reason: Code::TokenRevoked.as_str() };
    /// A good token whose session is over.
    pub const EXPIRED: Self =
        Self { message: "Token is expired", reason: Code::TokenExpired.as_str() };
    /// A token that does not say when it was issued, where its lifetime is bounded by that.
    pub const UNDATED: Self =
        Self { message: "Token is invalid", reason: Code::ClaimMissing.as_str() };
}
