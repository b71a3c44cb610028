//! JWK and JWKS (RFC 7517), RSA members (RFC 7518 section 6.3).

use super::{JwkFault, KeyMember, PublicKey, Unsuitable};
use crate::base64url;
use crate::code::Code;
use crate::fault::Fault;
use crate::json::{Value, elements, read_members};
use alloc::vec::Vec;

/// What a JSON text turned out to be.
pub(super) enum JwkText {
    /// A key set: its suitable keys, and why the first unsuitable one was skipped.
    Set { keys: Vec<PublicKey>, skipped: Option<Fault> },
    /// A single key.
    Key(PublicKey),
}

/// Reads a JWK or a JWKS; a JWKS is told by its member `keys`.
///
/// # Errors
/// [`Code::KeyJsonInvalid`] for a text of another shape; [`Code::KeyPrivate`] and [`Code::KeySymmetric`] wherever
/// such a key stands; for a single JWK whatever makes it unsuitable. In a set, unsuitable keys are skipped.
pub(super) fn read(text: &[u8]) -> Result<JwkText, Fault> {
    let members = Members::read(text)?;
    // Secrets beside the member `keys` are as exposed as those inside of it.
    members.refuse_secrets()?;
    match members.keys {
        None => members.key().map(JwkText::Key),
        Some(list) if list.is_array() => read_set(list),
        Some(_) => Err(JwkFault::KeysNotAnArray.fault()),
    }
}

fn read_set(list: Value<'_>) -> Result<JwkText, Fault> {
    let mut keys = Vec::new();
    let mut skipped = None;
    for jwk in elements(list) {
        if !jwk.is_object() {
            return Err(JwkFault::KeyNotAnObject.fault());
        }
        let members = Members::read(jwk.raw())?;
        // First, for they must be reported even when the key would be skipped for another reason.
        members.refuse_secrets()?;
        match members.key() {
            Ok(key) => keys.push(key),
            Err(unsuitable) => {
                skipped.get_or_insert(unsuitable);
            }
        }
    }
    Ok(JwkText::Set { keys, skipped })
}

struct Members<'a> {
    keys: Option<Value<'a>>,
    kty: Option<Value<'a>>,
    public_use: Option<Value<'a>>,
    key_ops: Option<Value<'a>>,
    alg: Option<Value<'a>>,
    kid: Option<Value<'a>>,
    modulus: Option<Value<'a>>,
    exponent: Option<Value<'a>>,
    /// `k`, the key itself of a symmetric one.
    secret: Option<Value<'a>>,
    /// The private members of RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037, and key type AKP.
    private: [Option<Value<'a>>; 8],
}

impl<'a> Members<'a> {
    fn read(text: &'a [u8]) -> Result<Self, Fault> {
        let names = [
            "keys", "kty", "use", "key_ops", "alg", "kid", "n", "e", "k", "d", "p", "q", "dp", "dq", "qi", "oth",
            "priv",
        ];
        let mut values = [None; 17];
        read_members(text, &names, &mut values)
            .map_err(|(fault, at)| Fault::new(Code::KeyJsonInvalid, fault as u8, at))?;
        let [keys, kty, public_use, key_ops, alg, kid, modulus, exponent, secret, private @ ..] = values;
        Ok(Self { keys, kty, public_use, key_ops, alg, kid, modulus, exponent, secret, private })
    }

    fn refuse_secrets(&self) -> Result<(), Fault> {
        if self.secret.is_some() || self.kty.is_some_and(|kty| kty.is_text("oct")) {
            return Err(Fault::of(Code::KeySymmetric));
        }
        if self.private.iter().any(Option::is_some) {
            return Err(Fault::of(Code::KeyPrivate));
        }
        Ok(())
    }

    fn key(&self) -> Result<PublicKey, Fault> {
        self.check_suitable()?;
        let kid = match self.kid.map(Value::text) {
            None => None,
            Some(Some(kid)) => Some(kid),
            Some(None) => return Err(KeyMember::KeyId.fault()),
        };
        let modulus = unsigned(self.modulus).ok_or(KeyMember::Modulus.fault())?;
        let exponent = unsigned(self.exponent).ok_or(KeyMember::Exponent.fault())?;
        PublicKey::from_numbers(kid, &modulus, &exponent)
    }

    /// `kty` RSA; `use`, `key_ops` and `alg` absent or fit for verifying RS256.
    fn check_suitable(&self) -> Result<(), Fault> {
        if !self.kty.is_some_and(|kty| kty.is_text("RSA")) {
            return Err(Unsuitable::Kty.fault());
        }
        if self.public_use.is_some_and(|public_use| !public_use.is_text("sig")) {
            return Err(Unsuitable::Use.fault());
        }
        if self.alg.is_some_and(|alg| !alg.is_text("RS256")) {
            return Err(Unsuitable::Alg.fault());
        }
        if self.key_ops.is_some_and(|list| !elements(list).any(|operation| operation.is_text("verify"))) {
            return Err(Unsuitable::KeyOps.fault());
        }
        Ok(())
    }
}

/// A `Base64urlUInt` (RFC 7518 section 2), leading zeros tolerated.
fn unsigned(value: Option<Value<'_>>) -> Option<Vec<u8>> {
    let text: Vec<u8> = value?.text()?.bytes().collect();
    let mut bytes = Vec::new();
    base64url::decode_into(&mut bytes, &text).ok()?;
    (!bytes.is_empty()).then_some(bytes)
}
