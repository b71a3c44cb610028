//! JWK and JWKS (RFC 7517), RSA members (RFC 7518 section 6.3).

use super::error::KeyError;
use super::public_key::PublicKey;
use super::reasons::{JwkError, KeyMember, Unsuitable};
use crate::base64url::Decoder;
use crate::json::{Value, elements, read_members};
use alloc::vec::Vec;

/// Reads a JWK, or a JWKS when there is a member `keys`, and returns whether it is a JWKS. Appends
/// the key of a JWK, or the suitable keys of a JWKS; at least one.
///
/// # Errors
/// [`KeyError::Json`] and [`KeyError::Jwk`] for another text; [`KeyError::PrivateKey`] and
/// [`KeyError::SymmetricKey`] anywhere; for a JWK the reason why it is unsuitable. Unsuitable keys
/// of a set are skipped; when none is left, the error of the first or [`KeyError::EmptySet`].
pub(super) fn read(text: &[u8], keys: &mut Vec<PublicKey>) -> Result<bool, KeyError> {
    let jwk = Jwk::read(text)?;
    let list = jwk.get(Member::Keys);
    match list {
        None => jwk.append_key(keys)?,
        Some(list) => read_set(list, keys)?,
    }
    Ok(list.is_some())
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
    /// `k`, the value of a symmetric key.
    Secret,
    /// `d`, the first of the private members of RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037, and
    /// key type AKP.
    Private,
}

/// The member names, in the same order; [`Member::Private`] and all that follow are private.
const NAMES: [&str; 17] = [
    "keys", "kty", "use", "alg", "key_ops", "kid", "n", "e", "k", "d", "p", "q", "dp", "dq", "qi",
    "oth", "priv",
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
            Some(kid) => Some(kid.text().ok_or(KeyError::Member(KeyMember::KeyId))?),
        };
        let mut bytes = Vec::new();
        self.unsigned(Member::Modulus, KeyMember::Modulus, &mut bytes)?;
        let modulus_len = bytes.len();
        self.unsigned(Member::Exponent, KeyMember::Exponent, &mut bytes)?;
        let (modulus, exponent) = bytes.split_at_checked(modulus_len).unwrap_or_default();
        PublicKey::append(keys, kid, modulus, exponent)
    }

    /// Appends the bytes of a `Base64urlUInt` (RFC 7518 section 2). Leading zeros are tolerated.
    fn unsigned(
        &self,
        member: Member,
        name: KeyMember,
        bytes: &mut Vec<u8>,
    ) -> Result<(), KeyError> {
        let mut decoder = Decoder::default();
        let is_valid = self.get(member).and_then(Value::text).is_some_and(|text| {
            !text.is_empty()
                && text.bytes().all(|byte| decoder.push(byte, bytes))
                && decoder.is_complete()
        });
        if is_valid { Ok(()) } else { Err(KeyError::Member(name)) }
    }
}
