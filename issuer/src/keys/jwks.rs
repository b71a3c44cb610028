use std::borrow::Cow;
use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use jwt_compact::jwk::JsonWebKey;
use serde::Serialize;
use verifier_core::{KeyError, KeySet, PublicKey};

/// A JSON Web Key Set (RFC 7517) with its entity tag.
#[derive(Debug, Clone)]
pub struct Jwks {
    body: String,
    etag: String,
    keys: KeySet,
}

impl Jwks {
    /// Serializes these keys, in this order.
    ///
    /// # Errors
    /// When there are duplicates.
    pub(super) fn publish<'a>(
        keys: impl IntoIterator<Item = &'a PublicKey>,
    ) -> Result<Self, KeyError> {
        let document = Document { keys: keys.into_iter().map(PublishedKey::of).collect() };
        let body = serde_json::to_string(&document).expect("strings and bytes are JSON");
        let mut etag = String::from("\"");
        for byte in digest(&SHA256, body.as_bytes()).as_ref().iter().take(16) {
            write!(etag, "{byte:02x}").expect("writing to a String cannot fail");
        }
        etag.push('"');
        // Parsed again, so that the issuer trusts exactly the keys that other verifiers see.
        let keys = KeySet::from_jwks(&body)?;
        Ok(Self { body, etag, keys })
    }

    /// Returns the JSON.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Returns a strong entity tag (RFC 9110 section 8.8.3), quotes included; it depends only on
    /// the keys.
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// Returns the same keys for verification.
    #[must_use]
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }
}

#[derive(Serialize)]
struct Document {
    keys: Vec<PublishedKey>,
}

#[derive(Serialize)]
struct PublishedKey {
    #[serde(flatten)]
    key: JsonWebKey<'static>,
    kid: String,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
}

impl PublishedKey {
    fn of(key: &PublicKey) -> Self {
        Self { key: jwk(key), kid: key.thumbprint(), usage: "sig", alg: "RS256" }
    }
}

fn jwk(key: &PublicKey) -> JsonWebKey<'static> {
    let exponent: Vec<u8> =
        key.exponent().to_be_bytes().into_iter().skip_while(|&byte| byte == 0).collect();
    JsonWebKey::Rsa {
        modulus: Cow::Owned(key.modulus()),
        public_exponent: Cow::Owned(exponent),
        private_parts: None,
    }
}

/// Serializes the key as a JWK without `kid`, so that it verifies tokens with any `kid`.
pub(super) fn without_kid(key: &PublicKey) -> String {
    serde_json::to_string(&jwk(key)).expect("strings and bytes are JSON")
}
