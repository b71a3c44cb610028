use verifier_core::{Actual, Code, Refusal, Stage};

/// The reason why a token was refused, in SimpleJWT's words and as a code of the verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRefusal {
    /// SimpleJWT's text.
    pub message: &'static str,
    /// The verifier's code, which is more exact.
    pub reason: &'static str,
    pub(super) code: Code,
}

impl TokenRefusal {
    /// The token or its session was revoked.
    pub const REVOKED: Self = Self::new("Token is blacklisted", Code::TokenRevoked);
    /// The session has expired.
    pub const EXPIRED: Self = Self::new("Token is expired", Code::TokenExpired);
    /// The token has no `iat`, from which its lifetime is computed.
    pub const UNDATED: Self = Self::new("Token is invalid", Code::ClaimMissing);
    /// The token has no `jti`.
    pub(super) const WITHOUT_ID: Self = Self::new("Token has no id", Code::ClaimMissing);
    /// A claim has the wrong type or length.
    pub(super) const INVALID_CLAIM: Self = Self::new("Token is invalid", Code::ClaimInvalid);
    /// No key matches.
    pub(super) const UNKNOWN_KEY: Self = Self::new("Token is invalid", Code::KeyNotFound);
    /// `iss` is not the accepted one.
    pub(super) const OTHER_ISSUER: Self = Self::new("Token is invalid", Code::IssuerMismatch);

    const fn new(message: &'static str, code: Code) -> Self {
        Self { message, reason: code.as_str(), code }
    }

    /// Returns whether no key of the set signed the token, so that another key may have.
    pub(super) fn is_of_another_key(&self) -> bool {
        matches!(self.code.stage(), Stage::Key | Stage::Signature)
    }
}

impl From<Refusal> for TokenRefusal {
    fn from(refusal: Refusal) -> Self {
        let message = match refusal {
            Refusal::Expired { .. } => "Token is expired",
            Refusal::TokenType(Actual::Absent) => "Token has no type",
            Refusal::TokenType(_) => "Token has wrong type",
            _ => "Token is invalid",
        };
        Self::new(message, refusal.code())
    }
}
