//! The claims that the verifier has rules for.

macro_rules! claim_names {
    ($($(#[doc = $doc:literal])+ $variant:ident, $name:literal;)+) => {
        /// A claim with a rule: the registered ones of RFC 7519 section 4.1, those of `SimpleJWT`,
        /// and those of a Token Status List.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ClaimName {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ClaimName {
            /// Every claim, in the order of the declaration.
            pub const ALL: [Self; Self::NAMES.len()] = [$(Self::$variant,)+];

            /// The member names, in the order of the variants.
            pub(crate) const NAMES: [&'static str; [$($name,)+].len()] = [$($name,)+];

            /// The member name in the payload.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

claim_names! {
    /// `exp`.
    ExpiresAt, "exp";
    /// `nbf`.
    NotBefore, "nbf";
    /// `iat`.
    IssuedAt, "iat";
    /// `token_type`, of `SimpleJWT`.
    TokenType, "token_type";
    /// `iss`.
    Issuer, "iss";
    /// `aud`.
    Audience, "aud";
    /// `jti`.
    TokenId, "jti";
    /// `user_id`, of `SimpleJWT`.
    UserId, "user_id";
    /// `sub`, of a status list.
    Subject, "sub";
    /// `ttl`, of a status list.
    TimeToLive, "ttl";
    /// `status_list`, of a status list.
    StatusList, "status_list";
}
