//! Native contenders.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use aws_lc_rs::signature::ParsedPublicKey;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chrono::DateTime;
use jwt_compact::alg::Rsa;
use jwt_compact::{AlgorithmExt as _, TimeOptions, UntrustedToken};
use ring::signature::UnparsedPublicKey;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::signature::Verifier as _;
use rsa_of_jwt_compact::pkcs8::DecodePublicKey as _;
use serde::Deserialize;
use sha2::Digest as _;
use verifier_core::{KeySet, Policy, UnixTime, Verifier};

use crate::measure::{Contender, Scope, TokenKind};
use crate::tokens::{Claims, Sample};

pub(crate) fn contenders(sample: &Sample) -> Result<Vec<Contender<'_>>> {
    let mut all = vec![dojang(sample)?];
    for (bare, whole, verifies) in
        [ring_contender(sample)?, aws_lc_rs_contender(sample)?, rsa_contender(sample)?]
    {
        all.extend(both_scopes(bare, whole, verifies, sample)?);
    }
    for (name, is_model) in rsa_verify::kernels::names() {
        // A model and the kernels of wasm show nothing here.
        if !is_model && name != "limbs28" {
            let (bare, whole, verifies) = kernel_contender(name, sample)?;
            let [bare, _] = both_scopes(bare, whole, verifies, sample)?;
            all.push(bare);
        }
    }
    all.push(jsonwebtoken_contender(sample)?);
    all.push(jwt_compact_contender(sample)?);
    Ok(all)
}

/// Returns ring's check of the signature alone, the base of all ratios.
pub(crate) fn ring_bare(sample: &Sample) -> Result<Contender<'_>> {
    let (bare, whole, verifies) = ring_contender(sample)?;
    let [bare, _] = both_scopes(bare, whole, verifies, sample)?;
    Ok(bare)
}

fn dojang(sample: &Sample) -> Result<Contender<'_>> {
    let keys = KeySet::parse(&sample.public_key_pem).map_err(|error| anyhow!("{error}"))?;
    let verifier = Verifier::new(keys, Policy::default());
    let now = UnixTime::from_secs(sample.now);
    Ok(token("verifier-core", sample, move |text| {
        verifier.verify(text, now).is_ok_and(|token| black_box(token.user_id()).is_some())
    }))
}

fn jsonwebtoken_contender(sample: &Sample) -> Result<Contender<'_>> {
    let key = jsonwebtoken::DecodingKey::from_rsa_pem(sample.public_key_pem.as_bytes())?;
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.leeway = 0;
    Ok(token("jsonwebtoken (aws_lc_rs)", sample, move |text| {
        jsonwebtoken::decode::<Claims>(text, &key, &validation)
            .is_ok_and(|token| black_box(token.claims).user_id == 1)
    }))
}

fn jwt_compact_contender(sample: &Sample) -> Result<Contender<'_>> {
    let key = jwt_compact::alg::RsaPublicKey::from_public_key_pem(&sample.public_key_pem)?;
    let now = DateTime::from_timestamp(i64::try_from(sample.now)?, 0).context("no such time")?;
    let options = TimeOptions::new(chrono::Duration::zero(), move || now);
    Ok(token("jwt-compact", sample, move |text| {
        let Ok(untrusted) = UntrustedToken::new(text) else { return false };
        let validated = Rsa::rs256().validator::<CustomClaims>(&key).validate(&untrusted);
        validated.is_ok_and(|token| {
            token.claims().validate_expiration(&options).is_ok()
                && black_box(&token.claims().custom).user_id == 1
        })
    }))
}

/// The claims that jwt-compact does not read itself.
#[derive(Deserialize, Clone)]
#[allow(dead_code, reason = "reading them is part of the work that is measured")]
struct CustomClaims {
    token_type: String,
    jti: String,
    user_id: u64,
    username: String,
    email: String,
}

/// Name of the bare check, name of the check of whole tokens built on it, and whether it accepts
/// input and signature.
type SignatureOnly = (&'static str, &'static str, Box<dyn Fn(&[u8], &[u8]) -> bool>);

fn ring_contender(sample: &Sample) -> Result<SignatureOnly> {
    let key = UnparsedPublicKey::new(&ring::signature::RSA_PKCS1_2048_8192_SHA256, pkcs1(sample)?);
    Ok((
        "ring",
        "ring + serde_json",
        Box::new(move |input, signature| key.verify(input, signature).is_ok()),
    ))
}

fn aws_lc_rs_contender(sample: &Sample) -> Result<SignatureOnly> {
    let key =
        ParsedPublicKey::new(&aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256, pkcs1(sample)?)
            .map_err(|error| anyhow!("{error}"))?;
    Ok((
        "aws-lc-rs",
        "aws-lc-rs + serde_json",
        Box::new(move |input, signature| key.verify_sig(input, signature).is_ok()),
    ))
}

fn rsa_contender(sample: &Sample) -> Result<SignatureOnly> {
    let key = rsa::PublicKey::from_pkcs1_der(&pkcs1(sample)?)?;
    let key = rsa::pkcs1v15::VerifyingKey::<sha2::Sha256>::new(key);
    Ok((
        "rsa",
        "rsa + serde_json",
        Box::new(move |input, signature| {
            rsa::pkcs1v15::Signature::try_from(signature)
                .is_ok_and(|signature| key.verify(input, &signature).is_ok())
        }),
    ))
}

/// Our arithmetic with one of the kernels of this processor.
fn kernel_contender(kernel: &'static str, sample: &Sample) -> Result<SignatureOnly> {
    let keys = KeySet::parse(&sample.public_key_pem).map_err(|error| anyhow!("{error}"))?;
    let key = keys.keys().first().context("no key")?;
    let key =
        rsa_verify::kernels::public_key(kernel, &key.modulus(), &key.exponent().to_be_bytes())
            .context("no such kernel")?
            .map_err(|error| anyhow!("{error:?}"))?;
    Ok((
        kernel,
        kernel,
        Box::new(move |input, signature| {
            key.verifies_digest(&sha2::Sha256::digest(input).into(), signature)
        }),
    ))
}

fn pkcs1(sample: &Sample) -> Result<Vec<u8>> {
    Ok(BASE64_STANDARD.decode(&sample.public_key_pkcs1)?)
}

/// The signing input and the signature of a token.
type Parts<'a> = (&'a [u8], Vec<u8>);

/// Returns a library that only verifies signatures twice: alone, and with the least code that
/// verifies tokens.
fn both_scopes<'a>(
    bare: &'static str,
    whole: &'static str,
    verifies: Box<dyn Fn(&[u8], &[u8]) -> bool>,
    sample: &'a Sample,
) -> Result<[Contender<'a>; 2]> {
    let verifies = std::rc::Rc::new(verifies);
    let split = |text: &'a str| -> Result<Parts<'a>> {
        let (input, signature) = text.rsplit_once('.').context("a token without dots")?;
        Ok((input.as_bytes(), BASE64_URL_SAFE_NO_PAD.decode(signature)?))
    };
    let (good, forged) = (split(&sample.token)?, split(&sample.forged)?);
    let alone = verifies.clone();
    let bare = Contender {
        name: bare,
        scope: Scope::Signature,
        verify: Box::new(move |kind| {
            let (input, signature) = if kind == TokenKind::Valid { &good } else { &forged };
            Ok(alone(black_box(input), black_box(signature)))
        }),
    };
    let now = sample.now;
    let whole = token(whole, sample, move |text| {
        by_hand(text, now, &*verifies).is_some_and(|claims| black_box(claims).user_id == 1)
    });
    Ok([bare, whole])
}

#[derive(Deserialize)]
struct Header<'a> {
    alg: &'a str,
}

/// Verifies a token with the least code around the signature.
fn by_hand(token: &str, now: u64, verifies: &dyn Fn(&[u8], &[u8]) -> bool) -> Option<Claims> {
    let (input, signature) = token.rsplit_once('.')?;
    let (header, payload) = input.split_once('.')?;
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).ok()?;
    if serde_json::from_slice::<Header<'_>>(&header).ok()?.alg != "RS256" {
        return None;
    }
    if !verifies(input.as_bytes(), &BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?) {
        return None;
    }
    let claims: Claims =
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    (Duration::from_secs(now) < Duration::from_secs(claims.exp)).then_some(claims)
}

fn token<'a>(
    name: &'static str,
    sample: &'a Sample,
    mut accepts: impl FnMut(&str) -> bool + 'a,
) -> Contender<'a> {
    Contender {
        name,
        scope: Scope::Token,
        verify: Box::new(move |kind| {
            Ok(accepts(black_box(if kind == TokenKind::Valid {
                &sample.token
            } else {
                &sample.forged
            })))
        }),
    }
}
