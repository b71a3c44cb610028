//! The standard claims of the issuer's tokens.

use serde::Serialize;

use super::TokenType;

/// The claims of RFC 7519 and RFC 9068 that tokens have beside those of SimpleJWT. Without a
/// profile, tokens have none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenProfile {
    /// `iss`, the public URL of the issuer. With it, `sub` is the id of the user as text.
    pub issuer: String,
    /// `aud` of access tokens; none if empty.
    pub audiences: Vec<String>,
    /// Whether the `typ` of access tokens is `at+jwt` (RFC 9068 section 2.1).
    pub is_at_jwt: bool,
    /// `client_id` of access tokens (RFC 9068 section 2.2): the application whose users log in.
    pub client_id: Option<String>,
}

/// The claim `aud`: a string for one audience, else an array (RFC 7519 section 4.1.3).
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum AudienceClaim<'a> {
    /// One audience.
    One(&'a str),
    /// Several audiences.
    Several(&'a [String]),
}

impl TokenProfile {
    /// Returns the header parameter `typ` of tokens of this type.
    #[must_use]
    pub fn typ(&self, token_type: TokenType) -> &'static str {
        match token_type {
            TokenType::Access if self.is_at_jwt => "at+jwt",
            TokenType::Access | TokenType::Refresh => "JWT",
        }
    }

    /// Returns `aud` of tokens of this type; empty if they have none.
    ///
    /// A refresh token is for the issuer alone. Services that compare `aud`, and not `token_type`,
    /// refuse it by this (RFC 8725 section 3.12).
    #[must_use]
    pub fn audience(&self, token_type: TokenType) -> &[String] {
        match token_type {
            TokenType::Refresh if !self.audiences.is_empty() => std::slice::from_ref(&self.issuer),
            TokenType::Access | TokenType::Refresh => &self.audiences,
        }
    }

    /// Returns the claim `aud` of tokens of this type.
    #[must_use]
    pub fn audience_claim(&self, token_type: TokenType) -> Option<AudienceClaim<'_>> {
        match self.audience(token_type) {
            [] => None,
            [audience] => Some(AudienceClaim::One(audience)),
            audiences => Some(AudienceClaim::Several(audiences)),
        }
    }

    /// Returns `client_id` of tokens of this type.
    #[must_use]
    pub fn client_id(&self, token_type: TokenType) -> Option<&str> {
        match token_type {
            TokenType::Access => self.client_id.as_deref(),
            TokenType::Refresh => None,
        }
    }
}
