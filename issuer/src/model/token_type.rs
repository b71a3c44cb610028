//! The claim `token_type`.

/// The purpose of a token, from its claim `token_type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// Grants access to resources.
    #[default]
    Access,
    /// Obtains access tokens from the issuer, and grants access to nothing else.
    Refresh,
}

impl TokenType {
    /// Returns the value of the claim.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}
