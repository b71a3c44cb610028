//! Tokens made by libraries that have nothing in common with the crate under test: `rsa`,
//! `base64`, `serde_json`.

#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot make its token must stop")]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use num_bigint::BigUint;
use rsa::pkcs8::DecodePrivateKey;
use rsa::sha2::{Digest, Sha256};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use serde_json::{Value, json};

/// The instant of the tests: the example of RFC 7519 section 4.1 is not far.
pub const NOW: u64 = 1_730_277_600;

pub const RSA_2048: &str = include_str!("../keys/rsa2048.private.pem");
pub const RSA_3072: &str = include_str!("../keys/rsa3072.private.pem");
pub const RSA_4096: &str = include_str!("../keys/rsa4096.private.pem");
pub const OTHER_2048: &str = include_str!("../keys/other2048.private.pem");
pub const EXPONENT_3: &str = include_str!("../keys/e3.private.pem");
pub const RSA_2048_PUBLIC: &str = include_str!("../keys/rsa2048.public.pem");

/// A key pair that signs any bytes, well-formed or not.
pub struct Signer {
    private: rsa::PrivateKey,
}

impl Signer {
    pub fn new(pem: &str) -> Self {
        Self { private: rsa::PrivateKey::from_pkcs8_pem(pem).unwrap() }
    }

    /// Bytes of the modulus.
    pub fn size(&self) -> usize {
        self.private.size()
    }

    pub fn modulus(&self) -> BigUint {
        BigUint::from_bytes_be(&self.private.n().to_be_bytes())
    }

    pub fn private(&self) -> &rsa::PrivateKey {
        &self.private
    }

    pub fn public(&self) -> rsa::PublicKey {
        self.private.to_public_key()
    }

    pub fn public_pem(&self) -> String {
        use rsa::pkcs8::EncodePublicKey;
        self.public().to_public_key_pem(rsa::pkcs8::LineEnding::LF).unwrap()
    }

    /// The public key as a JWK, with the members of `extra` added or replaced.
    pub fn jwk(&self, extra: Value) -> Value {
        let mut jwk = json!({
            "kty": "RSA",
            "n": b64(&self.modulus().to_bytes_be()),
            "e": b64(&BigUint::from_bytes_be(&self.private.e().to_be_bytes()).to_bytes_be()),
        });
        for (name, value) in extra.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        jwk
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub fn sign(&self, text: &[u8]) -> Vec<u8> {
        self.private.pkcs1v15_sign::<Sha256>(text).unwrap()
    }

    /// The private operation on any number below the modulus, as many bytes as the modulus has.
    pub fn raw_power(&self, message: &BigUint) -> Vec<u8> {
        let exponent = BigUint::from_bytes_be(&self.private.d().to_be_bytes());
        left_pad(&message.modpow(&exponent, &self.modulus()), self.size())
    }

    /// Returns a token with these bytes as header and payload.
    pub fn token_of_bytes(&self, header: &[u8], payload: &[u8]) -> String {
        let input = format!("{}.{}", b64(header), b64(payload));
        let signature = b64(&self.sign(input.as_bytes()));
        format!("{input}.{signature}")
    }

    pub fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of_bytes(header.to_string().as_bytes(), claims.to_string().as_bytes())
    }

    /// A token of the usual header and the claims of the issuer, with those of `extra` added,
    /// replaced, or (null) removed.
    pub fn token_with(&self, extra: Value) -> String {
        self.token(&header(), &claims_with(extra))
    }
}

pub fn header() -> Value {
    json!({"alg": "RS256", "typ": "JWT"})
}

/// The claims of the reference document.
pub fn claims_with(extra: Value) -> Value {
    let mut claims = json!({
        "token_type": "access", "exp": NOW + 7200, "iat": NOW, "jti": "0123456789abcdef0123456789abcdef",
        "user_id": 1, "username": "testuser", "email": "test@example.com", "role": "instructor", "premium": true,
    });
    for (name, value) in extra.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

pub fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn unb64(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub fn sha256(text: &[u8]) -> Vec<u8> {
    Sha256::digest(text).to_vec()
}

pub fn left_pad(number: &BigUint, bytes: usize) -> Vec<u8> {
    let number = number.to_bytes_be();
    let mut padded = vec![0; bytes.saturating_sub(number.len())];
    padded.extend(number);
    padded
}

/// The three segments of a token.
pub fn segments(token: &str) -> [&str; 3] {
    let all: Vec<_> = token.split('.').collect();
    all.try_into().unwrap()
}
