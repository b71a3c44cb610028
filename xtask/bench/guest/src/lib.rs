//! The contenders of `edge.rs`. The host writes texts at the address that `buffer` returns; `load`
//! reads a key, and a verification returns 1 for an accepted token.

#![allow(
    unsafe_code,
    reason = "the attribute that gives an export its name; no block of this crate is unsafe"
)]

use std::cell::RefCell;

use chrono::{DateTime, Duration};
use jwt_compact::alg::{Rsa, RsaPublicKey};
use jwt_compact::{AlgorithmExt as _, TimeOptions, UntrustedToken};
use rsa_of_jwt_compact::pkcs8::DecodePublicKey as _;
use serde::Deserialize;
use verifier_core::{KeySet, Policy, UnixTime, Verifier};

#[derive(Default)]
struct State {
    text: Vec<u8>,
    dojang: Option<Verifier>,
    jwt_compact: Option<RsaPublicKey>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

impl State {
    fn text(&self, length: usize) -> Option<&str> {
        std::str::from_utf8(self.text.get(..length)?).ok()
    }
}

/// Returns the address of a buffer for `length` bytes, valid until the next call.
#[unsafe(no_mangle)]
pub extern "C" fn buffer(length: usize) -> *const u8 {
    STATE.with_borrow_mut(|state| {
        if state.text.len() < length {
            state.text.resize(length, 0);
        }
        state.text.as_ptr()
    })
}

/// Reads a public key in PEM; returns 1 if every contender accepts it.
#[unsafe(no_mangle)]
pub extern "C" fn load(length: usize) -> u32 {
    STATE.with_borrow_mut(|state| {
        let Some(pem) = state.text(length) else { return 0 };
        let dojang = KeySet::parse(pem).ok().map(|keys| Verifier::new(keys, Policy::default()));
        let jwt_compact = RsaPublicKey::from_public_key_pem(pem).ok();
        (state.dojang, state.jwt_compact) = (dojang, jwt_compact);
        u32::from(state.dojang.is_some() && state.jwt_compact.is_some())
    })
}

/// Verifies a token with verifier-core.
#[unsafe(no_mangle)]
pub extern "C" fn dojang_verify(length: usize, now: u64) -> u32 {
    STATE.with_borrow(|state| {
        let (Some(verifier), Some(token)) = (&state.dojang, state.text(length)) else { return 0 };
        let verified = verifier.verify(token, UnixTime::from_secs(now));
        u32::from(verified.is_ok_and(|token| token.user_id().is_some()))
    })
}

#[derive(Deserialize, Clone)]
#[allow(dead_code, reason = "reading them is part of the work that is measured")]
struct Claims {
    token_type: String,
    jti: String,
    user_id: u64,
    username: String,
    email: String,
}

/// Verifies a token with jwt-compact.
#[unsafe(no_mangle)]
pub extern "C" fn jwt_compact_verify(length: usize, now: u64) -> u32 {
    let now = i64::try_from(now).ok().and_then(|now| DateTime::from_timestamp(now, 0));
    STATE.with_borrow(|state| {
        let (Some(key), Some(text), Some(now)) = (&state.jwt_compact, state.text(length), now)
        else {
            return 0;
        };
        let Ok(untrusted) = UntrustedToken::new(text) else { return 0 };
        let options = TimeOptions::new(Duration::zero(), move || now);
        let verified = Rsa::rs256().validator::<Claims>(key).validate(&untrusted);
        u32::from(verified.is_ok_and(|token| {
            token.claims().validate_expiration(&options).is_ok()
                && token.claims().custom.user_id != 0
        }))
    })
}
