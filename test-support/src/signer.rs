//! Key pairs, and the tokens that they sign.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use num_bigint::BigUint;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use rsa::sha2::Sha256;
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use serde_json::{Value, json};

use crate::claims::{claims_with, header, with};
use crate::encoding::{b64, left_pad};

/// A key pair in both libraries.
struct Pair {
    private: rsa::PrivateKey,
    /// Signs ten times as fast as `rsa`; `None` for sizes and exponents that aws-lc rejects.
    fast: Option<KeyPair>,
}

impl Pair {
    fn from_pem(pem: &str) -> Self {
        let private = rsa::PrivateKey::from_pkcs8_pem(pem).expect("a PKCS#8 key");
        let der = private.to_pkcs8_der().expect("a key has a DER form");
        let fast = KeyPair::from_pkcs8(der.as_bytes()).ok();
        Self { private, fast }
    }

    fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key can be generated");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key has a DER form");
        let private = rsa::PrivateKey::from_pkcs8_der(der.as_ref()).expect("a PKCS#8 key");
        Self { private, fast: Some(pair) }
    }

    /// Returns generated pairs that all tests share in the same order: generating one takes longer
    /// than most tests.
    fn next() -> Arc<Self> {
        static FIRST: [OnceLock<Arc<Pair>>; 8] = [const { OnceLock::new() }; 8];
        thread_local! {
            static COUNT: Cell<usize> = const { Cell::new(0) };
        }
        let generate = || Arc::new(Self::generate());
        match FIRST.get(COUNT.replace(COUNT.get() + 1)) {
            Some(pair) => Arc::clone(pair.get_or_init(generate)),
            None => generate(),
        }
    }
}

/// Signs tokens, status lists, and any other bytes.
pub struct Signer {
    pair: Arc<Pair>,
    kid: Option<String>,
}

impl Signer {
    /// Reads a private key in PKCS#8 PEM. The signer has no `kid`.
    pub fn from_pem(pem: &str) -> Self {
        Self { pair: Arc::new(Pair::from_pem(pem)), kid: None }
    }

    /// Takes a generated 2048-bit key that no other signer of this test has.
    pub fn generated(kid: &str) -> Self {
        Self { pair: Pair::next(), kid: Some(kid.to_owned()) }
    }

    /// Sets or removes the `kid`.
    pub fn with_kid(self, kid: Option<&str>) -> Self {
        Self { kid: kid.map(str::to_owned), ..self }
    }

    /// Returns the length of the modulus and of a signature, in bytes.
    pub fn size(&self) -> usize {
        self.pair.private.size()
    }

    /// Returns the modulus, `n`.
    pub fn modulus(&self) -> BigUint {
        BigUint::from_bytes_be(&self.pair.private.n().to_be_bytes())
    }

    /// Returns the private key, for operations that this type lacks.
    pub fn private(&self) -> &rsa::PrivateKey {
        &self.pair.private
    }

    /// Returns the public key, for verifying with `rsa`.
    pub fn public(&self) -> rsa::PublicKey {
        self.pair.private.to_public_key()
    }

    /// Returns the public key as `PUBLIC KEY` PEM.
    pub fn public_pem(&self) -> String {
        self.public().to_public_key_pem(LineEnding::LF).expect("a public key has a PEM form")
    }

    /// Returns the public key as a JWK (RFC 7517). With a `kid`, it has `use` and `alg` too.
    pub fn jwk(&self) -> Value {
        let exponent = BigUint::from_bytes_be(&self.pair.private.e().to_be_bytes());
        let jwk = json!({
            "kty": "RSA",
            "n": b64(&self.modulus().to_bytes_be()),
            "e": b64(&exponent.to_bytes_be()),
        });
        match &self.kid {
            Some(kid) => with(jwk, &json!({"use": "sig", "alg": "RS256", "kid": kid})),
            None => jwk,
        }
    }

    /// Returns the public key as a JWK with these members added or replaced, by `null` too.
    pub fn jwk_with(&self, members: Value) -> Value {
        let mut jwk = self.jwk();
        for (name, value) in members.as_object().expect("members are an object") {
            jwk[name] = value.clone();
        }
        jwk
    }

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 8017, section 8.2). Equal bytes get equal
    /// signatures.
    pub fn sign(&self, text: &[u8]) -> Vec<u8> {
        let Some(pair) = &self.pair.fast else {
            return self.pair.private.pkcs1v15_sign::<Sha256>(text).expect("the key can sign");
        };
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
            .expect("the key can sign");
        signature
    }

    /// Applies the private operation to a number below the modulus, without padding it; returns as
    /// many bytes as the modulus has.
    pub fn raw_power(&self, message: &BigUint) -> Vec<u8> {
        let exponent = BigUint::from_bytes_be(&self.pair.private.d().to_be_bytes());
        left_pad(&message.modpow(&exponent, &self.modulus()), self.size())
    }

    /// Signs a token with these claims and the issuer's header.
    pub fn token(&self, claims: &Value) -> String {
        self.token_of_text(&claims.to_string())
    }

    /// Signs a token with this claims text and the issuer's header.
    pub fn token_of_text(&self, claims: &str) -> String {
        self.token_of_bytes(self.header("JWT").to_string(), claims)
    }

    /// Signs an access token with changed claims: see [`claims_with`].
    pub fn token_with(&self, changes: Value) -> String {
        self.token(&claims_with(changes))
    }

    /// Signs a token with this header.
    pub fn token_with_header(&self, header: &Value, claims: &Value) -> String {
        self.token_of_bytes(header.to_string(), claims.to_string())
    }

    /// Signs a token with these bytes as header and payload.
    pub fn token_of_bytes(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let input = format!("{}.{}", b64(header.as_ref()), b64(payload.as_ref()));
        let signature = self.sign(input.as_bytes());
        format!("{input}.{}", b64(&signature))
    }

    /// Signs a status list with these claims.
    pub fn status_list(&self, claims: &Value) -> String {
        self.token_with_header(&self.header("statuslist+jwt"), claims)
    }

    fn header(&self, typ: &str) -> Value {
        with(header(), &json!({"typ": typ, "kid": self.kid}))
    }
}

/// Signs an HS256 token; the classic forgery uses the public key's text as the secret.
pub fn hs256_token(secret: &[u8], claims: &Value) -> String {
    let header = json!({"alg": "HS256", "typ": "JWT"});
    let input =
        format!("{}.{}", b64(header.to_string().as_bytes()), b64(claims.to_string().as_bytes()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
    format!("{input}.{}", b64(tag.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    /// The verdict table is the same whichever library signs it.
    #[test]
    fn both_libraries_make_the_same_signature() {
        for pem in [keys::RSA_2048, keys::RSA_3072, keys::RSA_4096] {
            let signer = Signer::from_pem(pem);
            assert!(signer.pair.fast.is_some());
            let slow = signer.pair.private.pkcs1v15_sign::<Sha256>(b"text").expect("a signature");
            assert_eq!(signer.sign(b"text"), slow);
        }
    }

    #[test]
    fn keys_that_aws_lc_rejects_can_sign() {
        for pem in [keys::WEAK_1024, keys::WEAK_2047, keys::LARGE_4104, keys::EXPONENT_3] {
            let signer = Signer::from_pem(pem);
            let signature = signer.sign(b"text");
            signer.public().pkcs1v15_verify::<Sha256>(b"text", &signature).expect("it is valid");
        }
    }

    #[test]
    fn a_generated_key_is_the_same_in_both_libraries() {
        let signer = Signer::generated("k1");
        let signature = signer.sign(b"text");
        signer.public().pkcs1v15_verify::<Sha256>(b"text", &signature).expect("it is valid");
        assert_eq!(signer.jwk()["kid"], "k1");
    }
}
