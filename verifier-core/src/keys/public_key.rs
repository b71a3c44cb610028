//! One RSA public key.

use super::error::KeyError;
use crate::base64url;
use crate::json::Text;
use crate::sha256;
use alloc::string::String;
use alloc::vec::Vec;

/// An RSA public key for RS256: an odd modulus of 2048 to 4096 bits, an odd exponent from 3 to
/// 2^32 - 1.
#[derive(Clone, Debug)]
pub struct PublicKey {
    kid: Option<String>,
    rsa: rsa_verify::PublicKey,
}

impl PublicKey {
    /// Appends a key to `keys`. The numbers are big-endian and can have leading zeros.
    ///
    /// # Errors
    /// Those of the modulus and the exponent.
    #[cfg_attr(target_family = "wasm", inline(never))]
    pub(super) fn append(
        keys: &mut Vec<Self>,
        kid: Option<Text<'_>>,
        modulus: &[u8],
        exponent: &[u8],
    ) -> Result<(), KeyError> {
        let rsa = rsa_verify::PublicKey::new(modulus, exponent)?;
        keys.push(Self { kid: kid.map(Text::unescaped), rsa });
        Ok(())
    }

    /// Returns whether both have the same numbers, whatever their `kid`s.
    pub(super) fn is_same_key(&self, other: &Self) -> bool {
        self.rsa.modulus() == other.rsa.modulus() && self.exponent() == other.exponent()
    }

    /// Returns the `kid`. A key from PEM has none.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns the bits of the modulus, 2048 to 4096.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.rsa.bits()
    }

    /// Returns the modulus, big-endian without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> Vec<u8> {
        self.rsa.modulus().to_vec()
    }

    /// Returns the public exponent.
    #[must_use]
    pub const fn exponent(&self) -> u32 {
        self.rsa.exponent()
    }

    /// Returns the SHA-256 thumbprint, base64url (RFC 7638): 43 characters.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let exponent = self.exponent().to_be_bytes();
        let zeros = exponent.iter().take_while(|byte| **byte == 0).count();
        let exponent = base64url::encode(exponent.get(zeros..).unwrap_or_default());
        let modulus = base64url::encode(self.rsa.modulus());
        let parts = [r#"{"e":""#, &exponent, r#"","kty":"RSA","n":""#, &modulus, r#""}"#];
        base64url::encode(&sha256::digest(parts.concat().as_bytes()))
    }

    /// Returns whether `signature` is this key's RS256 signature of `signing_input` (RFC 7515
    /// section 5.2, RFC 8017 section 8.2.2).
    ///
    /// A valid signature alone does not make a valid token:
    /// [`Verifier::verify`](crate::Verifier::verify) decides that.
    #[must_use]
    pub fn verifies(&self, signing_input: &[u8], signature: &[u8]) -> bool {
        self.rsa.verifies_digest(&sha256::digest(signing_input), signature)
    }
}
