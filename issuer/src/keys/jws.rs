//! Signed tokens: RS256 for jwt-compact, computed by aws-lc.
//!
//! jwt-compact's own RS256 uses the `rsa` crate, whose private-key operations leak timing
//! (RUSTSEC-2023-0071).

use std::borrow::Cow;

use jwt_compact::{
    Algorithm, AlgorithmExt as _, AlgorithmSignature, Claims, CreationError, Header,
};
use serde::Serialize;

use super::signing_key::SigningKey;

/// A token was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The claims could not be serialized.
    #[error("the token could not be serialised: {0}")]
    Serialization(#[from] CreationError),
    /// aws-lc failed; it does not say why.
    #[error("the token could not be signed")]
    Signature,
}

/// Signs claims as a compact JWS whose header has this `typ` and the key's `kid`.
///
/// # Errors
/// See [`SignError`].
pub(crate) fn sign<T: Serialize>(
    typ: &str,
    claims: &Claims<T>,
    key: &SigningKey,
) -> Result<String, SignError> {
    let header = Header::empty().with_token_type(typ).with_key_id(key.kid());
    let token = Rs256.token(&header, claims, key)?;
    // `Algorithm::sign` cannot fail, so that a failure is an empty signature.
    if token.ends_with('.') { Err(SignError::Signature) } else { Ok(token) }
}

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3).
#[derive(Debug, Clone, Copy, Default)]
pub struct Rs256;

/// An RS256 signature; empty if signing failed. No verifier accepts an empty one, and [`sign`]
/// never returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rs256Signature(Vec<u8>);

impl AlgorithmSignature for Rs256Signature {
    fn try_from_slice(slice: &[u8]) -> anyhow::Result<Self> {
        Ok(Self(slice.to_vec()))
    }

    fn as_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.0)
    }
}

impl Algorithm for Rs256 {
    type SigningKey = SigningKey;
    type VerifyingKey = SigningKey;
    type Signature = Rs256Signature;

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("RS256")
    }

    fn sign(&self, signing_key: &SigningKey, message: &[u8]) -> Rs256Signature {
        Rs256Signature(signing_key.sign(message).unwrap_or_default())
    }

    fn verify_signature(
        &self,
        signature: &Rs256Signature,
        verifying_key: &SigningKey,
        message: &[u8],
    ) -> bool {
        verifying_key.verifies(message, &signature.0)
    }
}
