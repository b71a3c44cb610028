use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use verifier_core::{Claim, Code, PublicKey, VerifiedToken};

use super::refusal::TokenRefusal;
use crate::keys::{LiveKeys, Rejected};
use crate::model::{TokenType, UserId};

/// Longest `jti` and `sid`, in bytes. Django stores a `jti` in 255 characters; PostgreSQL cannot
/// index much longer texts.
pub const MAX_ID_BYTES: usize = 255;

/// The claims of a verified token that identify its user and session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// `user_id`; `None` if the token has none, or one that no stored user can have.
    pub user_id: Option<UserId>,
    /// Whether the token has a `user_id`.
    pub names_a_user: bool,
    /// `jti`, of at most [`MAX_ID_BYTES`].
    pub jti: String,
    /// `sid`, of at most [`MAX_ID_BYTES`]. SimpleJWT's tokens have none.
    pub session: Option<String>,
    /// `iat` in Unix seconds; 0 if the token has none.
    pub issued_at: i64,
    /// `exp` in Unix seconds.
    pub expires_at: i64,
    /// The claim `token_type`.
    pub token_type: TokenType,
    /// Thumbprint of the key that signed the token.
    pub kid: String,
    /// Whether that is a key of another system, trusted only for the exchange of refresh tokens.
    pub is_foreign: bool,
}

/// Checks tokens of the keys that sign or have signed for the issuer, and refresh tokens of
/// trusted keys of another system.
#[derive(Debug, Clone)]
pub struct TokenChecker {
    keys: Arc<LiveKeys>,
}

impl TokenChecker {
    /// Checks tokens with the keys that are current at each check.
    #[must_use]
    pub fn new(keys: Arc<LiveKeys>) -> Self {
        Self { keys }
    }

    /// Checks an access token.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn access(&self, token: &[u8], now: DateTime<Utc>) -> Result<Subject, TokenRefusal> {
        self.own(TokenType::Access, token, now)
    }

    /// Checks a refresh token.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn refresh(&self, token: &[u8], now: DateTime<Utc>) -> Result<Subject, TokenRefusal> {
        let mut refusal = match self.own(TokenType::Refresh, token, now) {
            Err(refusal) if refusal.is_of_another_key() => refusal,
            result => return result,
        };
        for key in self.keys.trusted() {
            match key.refresh().verify(token, now).map_err(TokenRefusal::from) {
                Ok(token) => return foreign_subject(&token, key.kid()),
                // The key signed it, so that this is the reason.
                Err(other) if !other.is_of_another_key() => refusal = other,
                Err(_) => {}
            }
        }
        Err(refusal)
    }

    /// Checks a token of either type.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn any(&self, token: &[u8], now: DateTime<Utc>) -> Result<Subject, TokenRefusal> {
        match self.own(TokenType::Access, token, now) {
            Err(refusal)
                if refusal.code == Code::TokenTypeMismatch || refusal.is_of_another_key() =>
            {
                self.refresh(token, now)
            }
            result => result,
        }
    }

    /// Checks an access token of the issuer's own keys, and returns all its claims too.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn access_claims(
        &self,
        token: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(Subject, VerifiedToken), TokenRefusal> {
        self.own_claims(TokenType::Access, token, now)
    }

    /// Checks a token of the issuer's own keys.
    fn own(
        &self,
        token_type: TokenType,
        token: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Subject, TokenRefusal> {
        self.own_claims(token_type, token, now).map(|(subject, _)| subject)
    }

    fn own_claims(
        &self,
        token_type: TokenType,
        token: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(Subject, VerifiedToken), TokenRefusal> {
        let keys = self.keys.current();
        let verifiers = keys.verifiers(token_type);
        let token = verifiers.verify(token, now)?;
        // Without `kid`, the token verifies only if the set has a single key.
        let only = || verifiers.plain().keys().keys().first().map(PublicKey::thumbprint);
        let kid = token.kid().map(Cow::into_owned).or_else(only);
        let kid = kid.ok_or(TokenRefusal::UNKNOWN_KEY)?;
        Ok((subject(&token, token_type, kid, false)?, token))
    }
}

impl From<Rejected> for TokenRefusal {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::ByVerifier(rejected) => rejected.refusal().into(),
            Rejected::OtherIssuer => Self::OTHER_ISSUER,
        }
    }
}

/// A key of another system must not speak for sessions of the issuer.
fn foreign_subject(token: &VerifiedToken, kid: &str) -> Result<Subject, TokenRefusal> {
    let subject = subject(token, TokenType::Refresh, kid.to_owned(), true)?;
    if subject.session.is_some() { Err(TokenRefusal::INVALID_CLAIM) } else { Ok(subject) }
}

fn subject(
    token: &VerifiedToken,
    token_type: TokenType,
    kid: String,
    is_foreign: bool,
) -> Result<Subject, TokenRefusal> {
    let jti = token.jti().ok_or(TokenRefusal::WITHOUT_ID)?;
    // A `sid` that is not text must not pass for a missing one.
    let session = match token.claim("sid") {
        Some(sid) => Some(sid.as_str().ok_or(TokenRefusal::INVALID_CLAIM)?),
        None => None,
    };
    if !is_id(&jti) || session.as_ref().is_some_and(|sid| !is_id(sid)) {
        return Err(TokenRefusal::INVALID_CLAIM);
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

/// Returns whether every database can store the id: PostgreSQL's texts cannot contain NUL.
fn is_id(text: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&text.len()) && !text.contains('\0')
}

/// Reads `user_id`: SimpleJWT writes a number up to version 5.4, and a string of digits since 5.5.
fn user_id(token: &VerifiedToken) -> Option<UserId> {
    let claim: Claim<'_> = token.claim("user_id")?;
    let number = match claim.as_str() {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
        Some(_) => return None,
        None => claim.as_u64()?,
    };
    i64::try_from(number).ok()
}
