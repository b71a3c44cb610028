//! JWK and JWKS (RFC 7517), RSA members (RFC 7518 section 6.3).

use super::error::KeyError;
use super::pem;
use super::public_key::PublicKey;
use super::reasons::{JwkError, KeyMember, MemberError, Unsuitable};
use crate::base64url::Decoder;
use crate::json::{Value, elements, read_members};
use alloc::vec::Vec;

/// Reads a JWK, or a JWKS when there is a member `keys`, and returns whether it is a JWKS. Appends
/// the key of a JWK, or the suitable keys of a JWKS; at least one.
///
/// # Errors
/// [`KeyError::Json`] and [`KeyError::Jwk`] for another text; [`KeyError::PrivateKey`] and
/// [`KeyError::SymmetricKey`] anywhere; [`KeyError::DiscoveryDocument`] and
/// [`KeyError::Certificate`] for such texts in place of a key; for a JWK the reason why it is
/// unsuitable. Unsuitable keys of a set are skipped; when none is left, the error of the first or
/// [`KeyError::EmptySet`].
pub(super) fn read(text: &[u8], keys: &mut Vec<PublicKey>) -> Result<bool, KeyError> {
    let jwk = Jwk::read(text)?;
    let list = jwk.get(Member::Keys);
    match list {
        None => {
            if jwk.get(Member::Kty).is_none() {
                no_other_document(&jwk, text)?;
            }
            jwk.append_key(keys)?;
        }
        Some(list) => read_set(list, keys)?,
    }
    Ok(list.is_some())
}

/// Names what is often given in place of a key: a discovery document, an object of certificates by
/// `kid`, and one that holds a private key in PEM.
fn no_other_document(jwk: &Jwk<'_>, text: &[u8]) -> Result<(), KeyError> {
    if jwk.get(Member::JwksUri).is_some() {
        return Err(KeyError::DiscoveryDocument);
    }
    if pem::holds_private_key(text) {
        return Err(KeyError::PrivateKey);
    }
    if pem::holds_certificate(text) {
        return Err(KeyError::Certificate);
    }
    Ok(())
}

fn read_set(list: Value<'_>, keys: &mut Vec<PublicKey>) -> Result<(), KeyError> {
    if !list.is_array() {
        return Err(KeyError::Jwk(JwkError::KeysNotAnArray));
    }
    let mut first_error = KeyError::EmptySet;
    for element in elements(list) {
        if !element.is_object() {
            return Err(KeyError::Jwk(JwkError::KeyNotAnObject));
        }
        if let Err(error) = Jwk::read(element.raw())?.append_key(keys)
            && let KeyError::EmptySet = first_error
        {
            first_error = error;
        }
    }
    if keys.is_empty() { Err(first_error) } else { Ok(()) }
}

/// The members of a JWK that are read.
#[derive(Clone, Copy)]
enum Member {
    Keys,
    Kty,
    Use,
    Alg,
    KeyOps,
    Kid,
    Modulus,
    Exponent,
    /// `x5c`, which is not used.
    Certificates,
    /// `jwks_uri`, of a discovery document.
    JwksUri,
    /// `k`, the value of a symmetric key.
    Secret,
    /// `d`, the first of the private members of RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037, and
    /// key type AKP.
    Private,
}

/// The member names, in the same order; [`Member::Private`] and all that follow are private.
const NAMES: [&str; 19] = [
    "keys", "kty", "use", "alg", "key_ops", "kid", "n", "e", "x5c", "jwks_uri", "k", "d", "p", "q",
    "dp", "dq", "qi", "oth", "priv",
];

struct Jwk<'a> {
    members: [Option<Value<'a>>; NAMES.len()],
}

impl<'a> Jwk<'a> {
    /// Reads a JSON object that must not hold a secret. This also applies to the members of a JWKS
    /// other than `keys`.
    fn read(text: &'a [u8]) -> Result<Self, KeyError> {
        let mut members = read_members(text, &NAMES).map_err(KeyError::Json)?;
        for member in &mut members {
            // Serializers write null for an absent member.
            *member = member.filter(|value| !value.is_null());
        }
        let jwk = Self { members };
        if jwk.get(Member::Secret).is_some() || jwk.is(Member::Kty, "oct") {
            return Err(KeyError::SymmetricKey);
        }
        if jwk.members.iter().skip(Member::Private as usize).any(Option::is_some) {
            return Err(KeyError::PrivateKey);
        }
        Ok(jwk)
    }

    /// Returns a member that is present and not null.
    fn get(&self, member: Member) -> Option<Value<'a>> {
        self.members.get(member as usize).copied().flatten()
    }

    fn is(&self, member: Member, expected: &str) -> bool {
        self.get(member).is_some_and(|value| value.is_text(expected.as_bytes()))
    }

    /// Appends the key. `kty` must be RSA; `use`, `key_ops` and `alg` must be absent or allow to
    /// verify RS256.
    fn append_key(&self, keys: &mut Vec<PublicKey>) -> Result<(), KeyError> {
        if !self.is(Member::Kty, "RSA") {
            return Err(KeyError::Unsuitable(Unsuitable::Kty));
        }
        for (member, expected, unsuitable) in
            [(Member::Use, "sig", Unsuitable::Use), (Member::Alg, "RS256", Unsuitable::Alg)]
        {
            if self.get(member).is_some() && !self.is(member, expected) {
                return Err(KeyError::Unsuitable(unsuitable));
            }
        }
        if self
            .get(Member::KeyOps)
            .is_some_and(|list| !elements(list).any(|operation| operation.is_text(b"verify")))
        {
            return Err(KeyError::Unsuitable(Unsuitable::KeyOps));
        }
        let kid = match self.get(Member::Kid) {
            None => None,
            Some(kid) => Some(
                kid.text().ok_or(KeyError::Member(KeyMember::KeyId, MemberError::NotAString))?,
            ),
        };
        let mut bytes = Vec::new();
        let invalid = |member| move |why| KeyError::Member(member, why);
        self.unsigned(Member::Modulus, &mut bytes).map_err(invalid(KeyMember::Modulus))?;
        let modulus_len = bytes.len();
        self.unsigned(Member::Exponent, &mut bytes).map_err(invalid(KeyMember::Exponent))?;
        let (modulus, exponent) = bytes.split_at_checked(modulus_len).unwrap_or_default();
        PublicKey::append(keys, kid, modulus, exponent)
    }

    /// Appends the bytes of a `Base64urlUInt` (RFC 7518 section 2). Leading zeros are tolerated.
    fn unsigned(&self, member: Member, bytes: &mut Vec<u8>) -> Result<(), MemberError> {
        let Some(value) = self.get(member) else {
            let has_certificates = self.get(Member::Certificates).is_some();
            return Err(if has_certificates { MemberError::OnlyX5c } else { MemberError::Missing });
        };
        let text = value.text().ok_or(MemberError::NotAString)?;
        if text.is_empty() {
            return Err(MemberError::Empty);
        }
        let mut decoder = Decoder::default();
        if text.bytes().all(|byte| decoder.push(byte, bytes)) && decoder.is_complete() {
            return Ok(());
        }
        let is_plain = text.bytes().any(|byte| matches!(byte, b'+' | b'/' | b'='));
        Err(if is_plain { MemberError::PlainBase64 } else { MemberError::NotBase64Url })
    }
}
