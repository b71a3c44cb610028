//! A key pair and the tokens that it signs, made with aws-lc-rs, which shares no code with the
//! verifier under test. Also included by the tests of `edge-resource` and `edge-host`.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Returns key pairs that all tests share in the same order: generating one takes longer than most
/// tests.
fn next_pair() -> Arc<KeyPair> {
    static FIRST: [OnceLock<Arc<KeyPair>>; 8] = [const { OnceLock::new() }; 8];
    thread_local! {
        static COUNT: Cell<usize> = const { Cell::new(0) };
    }
    let generate =
        || Arc::new(KeyPair::generate(KeySize::Rsa2048).expect("a key can be generated"));
    match FIRST.get(COUNT.replace(COUNT.get() + 1)) {
        Some(pair) => Arc::clone(pair.get_or_init(generate)),
        None => generate(),
    }
}

/// Signs tokens and status lists.
pub(crate) struct Signer {
    pair: Arc<KeyPair>,
    kid: &'static str,
}

impl Signer {
    /// Takes a 2048-bit key that no other signer of this test has.
    pub(crate) fn new(kid: &'static str) -> Self {
        Self { pair: next_pair(), kid }
    }

    /// Returns the public key as `PUBLIC KEY` PEM.
    pub(crate) fn public_pem(&self) -> String {
        let der: PublicKeyX509Der<'_> =
            self.pair.public_key().as_der().expect("a public key has a DER form");
        let base64 = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> = base64
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
            .collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    /// Returns the public key as a JWK with its `kid`.
    pub(crate) fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        })
    }

    /// Signs an RS256 token with these claims and this key's `kid`.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_of_text(&claims.to_string())
    }

    /// Signs a token with this claims text.
    pub(crate) fn token_of_text(&self, claims: &str) -> String {
        self.signed("JWT", claims)
    }

    /// Signs a status list with these claims.
    pub(crate) fn status_list(&self, claims: &Value) -> String {
        self.signed("statuslist+jwt", &claims.to_string())
    }

    fn signed(&self, typ: &str, claims: &str) -> String {
        let input = signing_input(&json!({"alg": "RS256", "typ": typ, "kid": self.kid}), claims);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature)
            .expect("the key can sign");
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Signs an HS256 token; the classic forgery uses the public key's text as the secret.
pub(crate) fn hs256_token(secret: &[u8], claims: &Value) -> String {
    let input = signing_input(&json!({"alg": "HS256", "typ": "JWT"}), &claims.to_string());
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// Returns the claims that the issuer puts into an access token.
pub(crate) fn access_claims(now: u64) -> Value {
    json!({
        "token_type": "access", "iat": now, "exp": now + 7200, "jti": "0123456789abcdef0123456789abcdef",
        "user_id": 1, "username": "testuser", "email": "test@example.com", "role": "instructor", "premium": true,
    })
}

/// Returns the claims of a status list; `compressed` is its content in zlib.
pub(crate) fn status_list_claims(uri: &str, now: u64, bits: u8, compressed: &[u8]) -> Value {
    json!({
        "sub": uri, "iat": now, "exp": now + 3600, "ttl": 60,
        "status_list": {"bits": bits, "lst": URL_SAFE_NO_PAD.encode(compressed)},
    })
}

/// Returns claims with some replaced, or, with `null`, removed.
pub(crate) fn with(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().expect("changes are an object") {
        match value {
            Value::Null => claims.as_object_mut().expect("claims are an object").remove(name),
            value => claims
                .as_object_mut()
                .expect("claims are an object")
                .insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn signing_input(header: &Value, claims: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims))
}
