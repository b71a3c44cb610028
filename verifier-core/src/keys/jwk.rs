//! JWK and JWKS (RFC 7517), RSA members (RFC 7518 section 6.3).

use super::{JwkFault, KeyMember, Loaded, Unsuitable};
use crate::base64url::Decoder;
use crate::code::Code;
use crate::fault::Fault;
use crate::json::{Value, elements, read_members};
use crate::rs256::RsaPublicKey;
use alloc::vec::Vec;

/// Reads a JWK or a JWKS, which is told by its member `keys`.
///
/// # Errors
/// [`Code::KeyJsonInvalid`] for a text of another shape; [`Code::KeyPrivate`] and
/// [`Code::KeySymmetric`] wherever such a key stands; for a single JWK whatever makes it
/// unsuitable. In a set, unsuitable keys are skipped.
pub(super) fn read(text: &[u8], loaded: &mut Loaded) -> Result<(), Fault> {
    let mut jwk = Jwk::default();
    jwk.read(text)?;
    match jwk.get(Member::Keys) {
        // A key of a set is none itself.
        Some(list) if !loaded.is_set => {
            if !list.is_array() {
                return Err(JwkFault::KeysNotAnArray.fault());
            }
            loaded.is_set = true;
            for element in elements(list) {
                if !element.is_object() {
                    return Err(JwkFault::KeyNotAnObject.fault());
                }
                read(element.raw(), loaded)?;
            }
        }
        _ => {
            if let Err(unsuitable) = jwk.key(loaded) {
                if !loaded.is_set {
                    return Err(unsuitable);
                }
                loaded.skipped.get_or_insert(unsuitable);
            }
        }
    }
    Ok(())
}

/// The members of a JWK that are looked at.
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
    /// `k`, the key itself of a symmetric one.
    Secret,
    /// `d`, the first of the private members of RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037, and
    /// key type AKP.
    Private,
}

/// Their names, in the same order; [`Member::Private`] and all that follow are private.
const NAMES: [&str; 17] = [
    "keys", "kty", "use", "alg", "key_ops", "kid", "n", "e", "k", "d", "p", "q", "dp", "dq", "qi",
    "oth", "priv",
];

#[derive(Default)]
struct Jwk<'a> {
    members: [Option<Value<'a>>; NAMES.len()],
}

impl<'a> Jwk<'a> {
    /// Reads a JSON object, which must hold no secret, suitable or not: beside the member `keys`
    /// it is as exposed as inside.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn read(&mut self, text: &'a [u8]) -> Result<(), Fault> {
        read_members(text, &NAMES, &mut self.members)
            .map_err(|(fault, at)| Fault::new(Code::KeyJsonInvalid, fault as u8, at))?;
        for member in &mut self.members {
            // Serializers write null for a member that a key does not have.
            *member = member.filter(|value| !value.is_null());
        }
        if self.get(Member::Secret).is_some() || self.says(Member::Kty, b"oct") {
            return Err(Fault::of(Code::KeySymmetric));
        }
        if self.members.iter().skip(Member::Private as usize).any(Option::is_some) {
            return Err(Fault::of(Code::KeyPrivate));
        }
        Ok(())
    }

    /// A member, when it is there and is not null.
    fn get(&self, member: Member) -> Option<Value<'a>> {
        self.members.get(member as usize).copied().flatten()
    }

    /// Whether the member is there and is this string.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn says(&self, member: Member, expected: &[u8]) -> bool {
        self.get(member).is_some_and(|value| value.is_text(expected))
    }

    /// Appends the key, which must have `kty` RSA, and `use`, `key_ops` and `alg` that are absent
    /// or fit for verifying RS256.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn key(&self, loaded: &mut Loaded) -> Result<(), Fault> {
        if !self.says(Member::Kty, b"RSA") {
            return Err(Unsuitable::Kty.fault());
        }
        for (member, expected, unsuitable) in
            [(Member::Use, "sig", Unsuitable::Use), (Member::Alg, "RS256", Unsuitable::Alg)]
        {
            if self.get(member).is_some() && !self.says(member, expected.as_bytes()) {
                return Err(unsuitable.fault());
            }
        }
        if self
            .get(Member::KeyOps)
            .is_some_and(|list| !elements(list).any(|operation| operation.is_text(b"verify")))
        {
            return Err(Unsuitable::KeyOps.fault());
        }
        let kid = self.get(Member::Kid).map(Value::text);
        if let Some(None) = kid {
            return Err(KeyMember::KeyId.fault());
        }
        loaded.bytes.clear();
        self.unsigned(Member::Modulus, KeyMember::Modulus, &mut loaded.bytes)?;
        let end = loaded.bytes.len();
        self.unsigned(Member::Exponent, KeyMember::Exponent, &mut loaded.bytes)?;
        let (modulus, exponent) = loaded.bytes.split_at_checked(end).unwrap_or_default();
        let rsa = RsaPublicKey::new(modulus, exponent)?;
        loaded.push(kid.flatten(), rsa);
        Ok(())
    }

    /// Appends the bytes of a `Base64urlUInt` (RFC 7518 section 2), leading zeros tolerated.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn unsigned(&self, member: Member, name: KeyMember, bytes: &mut Vec<u8>) -> Result<(), Fault> {
        if let Some(text) = self.get(member).and_then(Value::text) {
            let mut decoder = Decoder::default();
            // One character alone is no byte, and may not end.
            if !text.is_empty()
                && text.bytes().all(|byte| decoder.take(byte, bytes))
                && decoder.may_end()
            {
                return Ok(());
            }
        }
        Err(name.fault())
    }
}
