//! The values of a token that the checks have signed or received from the issuer, unverified.

use jwt_compact::UntrustedToken;
use serde_json::{Map, Value};

/// The header parameter `typ` and the claims of a token.
pub(super) struct TokenValues {
    typ: Option<String>,
    claims: Map<String, Value>,
}

impl TokenValues {
    pub(super) fn read(token: &str) -> Option<Self> {
        let token = UntrustedToken::new(token).ok()?;
        let claims = token.deserialize_claims_unchecked::<Map<String, Value>>().ok()?;
        let times =
            [("exp", claims.expiration), ("nbf", claims.not_before), ("iat", claims.issued_at)];
        let mut all = claims.custom;
        for (name, time) in times {
            all.extend(time.map(|time| (name.to_owned(), time.timestamp().into())));
        }
        Some(Self { typ: token.header().token_type.clone(), claims: all })
    }

    pub(super) fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    pub(super) fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// Returns a time in Unix seconds.
    pub(super) fn time(&self, name: &str) -> Option<i64> {
        self.claim(name)?.as_i64()
    }

    /// Writes a claim as "`aud` \"shop\"" or "no `aud`".
    pub(super) fn show(&self, name: &str) -> String {
        match self.claim(name) {
            // Text from a service must not fill the screen.
            Some(value) => {
                let value: String = value.to_string().chars().take(200).collect();
                format!("`{name}` {value}")
            }
            None => format!("no `{name}`"),
        }
    }

    /// Writes the header parameter `typ` in the same way.
    pub(super) fn show_typ(&self) -> String {
        self.typ().map_or("no `typ`".to_owned(), |typ| format!("`typ` {typ:?}"))
    }
}
