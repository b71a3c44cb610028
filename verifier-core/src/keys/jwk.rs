//! JWK and JWKS (RFC 7517), RSA members (RFC 7518 section 6.3).

use super::{JwkFault, KeyError, PublicKey, Unsuitable};
use crate::base64url;
use crate::json::{Text, Value, elements, read_object};
use alloc::vec::Vec;

/// What a JSON text turned out to be.
pub(super) enum JwkText {
    /// A key set: its suitable keys, and why the first unsuitable one was skipped.
    Set { keys: Vec<PublicKey>, skipped: Option<KeyError> },
    /// A single key.
    Key(PublicKey),
}

/// Reads a JWK or a JWKS; a JWKS is told by its member `keys`.
///
/// # Errors
/// [`KeyError::Json`] for a text of another shape; [`KeyError::PrivateKey`] and [`KeyError::SymmetricKey`] wherever
/// such a key stands; for a single JWK whatever makes it unsuitable. In a set, unsuitable keys are skipped.
pub(super) fn read(text: &str) -> Result<JwkText, KeyError> {
    let mut keys = None;
    let jwk = Members::read(text, &mut |name, value| {
        if name.is("keys") {
            keys = Some(value);
        }
    })?;
    // Secrets beside the member `keys` are as exposed as those inside of it.
    jwk.refuse_secrets()?;
    match keys {
        None => jwk.into_key().map(JwkText::Key),
        Some(Value::Array(list)) => read_set(list),
        Some(_) => Err(KeyError::Json(JwkFault::KeysNotAnArray)),
    }
}

fn read_set(list: &str) -> Result<JwkText, KeyError> {
    let mut keys = Vec::new();
    let mut skipped = None;
    for element in elements(list) {
        let Value::Object(jwk) = element else {
            return Err(KeyError::Json(JwkFault::KeyNotAnObject));
        };
        match Members::read(jwk, &mut |_, _| {})?.into_key() {
            Ok(key) => keys.push(key),
            Err(fatal @ (KeyError::PrivateKey | KeyError::SymmetricKey)) => return Err(fatal),
            Err(unsuitable) => {
                skipped.get_or_insert(unsuitable);
            }
        }
    }
    Ok(JwkText::Set { keys, skipped })
}

#[derive(Default)]
struct Members<'a> {
    kty: Option<Value<'a>>,
    public_use: Option<Value<'a>>,
    key_ops: Option<Value<'a>>,
    alg: Option<Value<'a>>,
    kid: Option<Value<'a>>,
    modulus: Option<Value<'a>>,
    exponent: Option<Value<'a>>,
    /// `k`, the key itself of a symmetric one.
    has_secret: bool,
    /// Any of the private members of RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037, and key type AKP.
    has_private: bool,
}

impl<'a> Members<'a> {
    fn read(text: &'a str, other: &mut dyn FnMut(Text<'a>, Value<'a>)) -> Result<Self, KeyError> {
        let mut members = Self::default();
        read_object(text.as_bytes(), &mut |name, value| {
            members.note(name, value);
            other(name, value);
        })
        .map_err(|fault| KeyError::JsonSyntax { at: fault.at })?;
        Ok(members)
    }

    fn note(&mut self, name: Text<'a>, value: Value<'a>) {
        let places = [
            ("kty", &mut self.kty),
            ("use", &mut self.public_use),
            ("key_ops", &mut self.key_ops),
            ("alg", &mut self.alg),
            ("kid", &mut self.kid),
            ("n", &mut self.modulus),
            ("e", &mut self.exponent),
        ];
        for (known, place) in places {
            if name.is(known) {
                *place = Some(value);
            }
        }
        self.has_secret |= name.is("k");
        self.has_private |=
            ["d", "p", "q", "dp", "dq", "qi", "oth", "priv"].into_iter().any(|private| name.is(private));
    }

    fn refuse_secrets(&self) -> Result<(), KeyError> {
        if self.has_secret || is_text(self.kty, "oct") {
            return Err(KeyError::SymmetricKey);
        }
        if self.has_private {
            return Err(KeyError::PrivateKey);
        }
        Ok(())
    }

    fn into_key(self) -> Result<PublicKey, KeyError> {
        // Secrets first: they must be reported even when the key would be skipped for another reason.
        self.refuse_secrets()?;
        self.check_suitable()?;
        let kid = match self.kid {
            None => None,
            Some(Value::Text(kid)) => Some(kid.to_str().into_owned()),
            Some(_) => return Err(KeyError::Member("kid")),
        };
        let modulus = unsigned(self.modulus).ok_or(KeyError::Member("n"))?;
        let exponent = unsigned(self.exponent).ok_or(KeyError::Member("e"))?;
        PublicKey::from_numbers(kid, &modulus, &exponent)
    }

    /// `kty` RSA; `use`, `key_ops` and `alg` absent or fit for verifying RS256.
    fn check_suitable(&self) -> Result<(), KeyError> {
        if !is_text(self.kty, "RSA") {
            return Err(KeyError::Unsuitable(Unsuitable::Kty));
        }
        if self.public_use.is_some() && !is_text(self.public_use, "sig") {
            return Err(KeyError::Unsuitable(Unsuitable::Use));
        }
        if self.alg.is_some() && !is_text(self.alg, "RS256") {
            return Err(KeyError::Unsuitable(Unsuitable::Alg));
        }
        match self.key_ops {
            None => Ok(()),
            Some(Value::Array(list)) if elements(list).any(|value| is_text(Some(value), "verify")) => Ok(()),
            Some(_) => Err(KeyError::Unsuitable(Unsuitable::KeyOps)),
        }
    }
}

fn is_text(value: Option<Value<'_>>, expected: &str) -> bool {
    matches!(value, Some(Value::Text(text)) if text.is(expected))
}

/// A `Base64urlUInt` (RFC 7518 section 2), leading zeros tolerated.
fn unsigned(value: Option<Value<'_>>) -> Option<Vec<u8>> {
    match value {
        Some(Value::Text(text)) if !text.is_empty() => base64url::decode(text.to_str().as_bytes()).ok(),
        _ => None,
    }
}
