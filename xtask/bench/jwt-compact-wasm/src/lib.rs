//! Binds jwt-compact to JavaScript with wasm-bindgen; claims are returned as JSON.

use chrono::{DateTime, Duration};
use jwt_compact::alg::{Rsa, RsaPublicKey};
use jwt_compact::{AlgorithmExt as _, Claims, TimeOptions, UntrustedToken};
use rsa_of_jwt_compact::pkcs8::DecodePublicKey as _;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// The claims of a SimpleJWT token that jwt-compact does not read itself.
#[derive(Deserialize, Serialize, Clone)]
struct Custom {
    token_type: String,
    jti: String,
    user_id: u64,
    username: String,
    email: String,
}

/// Verifies RS256 tokens with one key.
#[wasm_bindgen]
pub struct JwtCompact {
    key: RsaPublicKey,
}

#[wasm_bindgen]
impl JwtCompact {
    /// Reads a public key in PEM (SubjectPublicKeyInfo).
    #[wasm_bindgen(constructor)]
    pub fn new(pem: &str) -> Result<JwtCompact, JsError> {
        Ok(Self { key: RsaPublicKey::from_public_key_pem(pem)? })
    }

    /// Returns the claims as JSON; `now` is in Unix seconds.
    pub fn verify(&self, token: &str, now: f64) -> Result<String, JsError> {
        let now =
            DateTime::from_timestamp(now as i64, 0).ok_or_else(|| JsError::new("no such time"))?;
        let untrusted = UntrustedToken::new(token)?;
        let token = Rsa::rs256().validator::<Custom>(&self.key).validate(&untrusted)?;
        let claims: &Claims<Custom> = token.claims();
        claims.validate_expiration(&TimeOptions::new(Duration::zero(), move || now))?;
        Ok(serde_json::to_string(claims)?)
    }
}
