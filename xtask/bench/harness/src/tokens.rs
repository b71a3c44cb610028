//! The tokens of the measurement: for each key size one like SimpleJWT's, and the same with a
//! changed signature.

use anyhow::{Context as _, Result, anyhow};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Lifetime of the tokens, in seconds: longer than any run.
const LIFETIME: u64 = 3600;

/// One key with its tokens.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sample {
    /// Size of the modulus.
    pub(crate) bits: u32,
    /// SubjectPublicKeyInfo.
    pub(crate) public_key_pem: String,
    /// RSAPublicKey in base64, which ring and others read.
    pub(crate) public_key_pkcs1: String,
    /// When the token was signed, in Unix seconds.
    pub(crate) now: u64,
    pub(crate) token: String,
    /// The token with one bit of its signature changed.
    pub(crate) forged: String,
}

/// The claims of a token.
#[derive(Debug, Deserialize, Serialize, Clone)]
#[allow(dead_code, reason = "reading them is part of the work that is measured")]
pub(crate) struct Claims {
    pub(crate) token_type: String,
    pub(crate) exp: u64,
    pub(crate) iat: u64,
    pub(crate) jti: String,
    pub(crate) user_id: u64,
    pub(crate) username: String,
    pub(crate) email: String,
}

/// Generates keys and tokens for 2048, 3072 and 4096 bits.
pub(crate) fn make(now: u64) -> Result<Vec<Sample>> {
    [(2048, KeySize::Rsa2048), (3072, KeySize::Rsa3072), (4096, KeySize::Rsa4096)]
        .into_iter()
        .map(|(bits, size)| {
            sample(bits, size, now).with_context(|| format!("making a token of {bits} bits"))
        })
        .collect()
}

fn sample(bits: u32, size: KeySize, now: u64) -> Result<Sample> {
    let generated = aws_lc_rs::rsa::KeyPair::generate(size)?;
    let private: Pkcs8V1Der<'_> = generated.as_der()?;
    let pair = RsaKeyPair::from_pkcs8(private.as_ref()).map_err(|error| anyhow!("{error}"))?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    let header =
        json!({"alg": "RS256", "typ": "JWT", "kid": "vIjTmLbPp8hJ0eXJ6Hq2tYb1oWzJ3n5dQkR7sUfGx4c"});
    let claims = Claims {
        token_type: "access".to_owned(),
        exp: now + LIFETIME,
        iat: now,
        jti: "5f0c4b5ad7c9401d8a52c2d0f2a4c1be".to_owned(),
        user_id: 1,
        username: "testuser".to_owned(),
        email: "test@example.com".to_owned(),
    };
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let signing_input = format!(
        "{}.{}",
        encode(header.to_string().as_bytes()),
        encode(&serde_json::to_vec(&claims)?)
    );
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signing_input.as_bytes(), &mut signature)
        .map_err(|error| anyhow!("signing: {error}"))?;
    let token = format!("{signing_input}.{}", encode(&signature));
    if let Some(byte) = signature.last_mut() {
        *byte ^= 1;
    }
    Ok(Sample {
        bits,
        public_key_pem: pem::encode(&pem::Pem::new("PUBLIC KEY", public.as_ref())),
        public_key_pkcs1: base64::prelude::BASE64_STANDARD.encode(pair.public_key().as_ref()),
        now,
        token,
        forged: format!("{signing_input}.{}", encode(&signature)),
    })
}
