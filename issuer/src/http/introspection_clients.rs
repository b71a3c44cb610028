//! The services that may introspect tokens.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

/// Least length of a secret, in bytes: 128 bits as hexadecimal digits.
const MIN_SECRET_BYTES: usize = 32;
const HASH_BYTES: usize = 32;

/// Names of services, each with the SHA-256 hash of its secret. A fast hash suffices, because the
/// secrets are random, and shorter ones than 32 bytes are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntrospectionClients(BTreeMap<String, [u8; HASH_BYTES]>);

/// Not a service with the hash of its secret. The text is not repeated, since it may contain a
/// secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClient {
    /// An entry is not a name and a hash.
    #[error(
        "entry {0} is not NAME:HASH, with letters, digits and -._ in the name and a hash of 64 \
         hexadecimal digits; `issuer introspection-client NAME` makes one"
    )]
    Entry(usize),
    /// A name occurs twice.
    #[error("the name {0} occurs twice")]
    Duplicate(String),
}

impl FromStr for IntrospectionClients {
    type Err = InvalidClient;

    /// Parses entries `NAME:HASH`, separated by commas. An empty text names no service.
    fn from_str(text: &str) -> Result<Self, InvalidClient> {
        let mut clients = BTreeMap::new();
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        for (index, entry) in entries.enumerate() {
            let parsed = entry.split_once(':').filter(|(name, _)| is_client_name(name));
            let (name, hash) = parsed
                .and_then(|(name, hash)| Some((name, from_hex(hash)?)))
                .ok_or(InvalidClient::Entry(index + 1))?;
            if clients.insert(name.to_owned(), hash).is_some() {
                return Err(InvalidClient::Duplicate(name.to_owned()));
            }
        }
        Ok(Self(clients))
    }
}

impl IntrospectionClients {
    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether a service has this name and secret. Compares in constant time.
    #[must_use]
    pub fn authenticate(&self, name: &str, secret: &[u8]) -> bool {
        let hash = digest(&SHA256, secret);
        let is_equal =
            |known: &[u8; HASH_BYTES]| verify_slices_are_equal(known, hash.as_ref()).is_ok();
        secret.len() >= MIN_SECRET_BYTES && self.0.get(name).is_some_and(is_equal)
    }
}

/// Returns whether a service may have this name. Clients send it unchanged in HTTP Basic
/// authentication, whatever they do with reserved characters (RFC 6749 section 2.3.1).
#[must_use]
pub fn is_client_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !name.is_empty() && name.bytes().all(is_allowed)
}

/// Returns the entry of a service for the settings.
#[must_use]
pub fn client_entry(name: &str, secret: &[u8]) -> String {
    let mut entry = format!("{name}:");
    for byte in digest(&SHA256, secret).as_ref() {
        write!(entry, "{byte:02x}").expect("writing to a String cannot fail");
    }
    entry
}

fn from_hex(text: &str) -> Option<[u8; HASH_BYTES]> {
    let mut hash = [0; HASH_BYTES];
    let digits = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
        }
        _ => None,
    });
    let bytes: Vec<u8> = digits.collect::<Option<_>>()?;
    if bytes.len() != HASH_BYTES {
        return None;
    }
    hash.copy_from_slice(&bytes);
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_authenticates_by_the_secret_whose_hash_is_configured() {
        let (secret, other) = ("a".repeat(32), "b".repeat(32));
        let entry = client_entry("shop-api", secret.as_bytes());
        let text = format!(" {entry} ,{},", client_entry("mail", other.as_bytes()));
        let clients: IntrospectionClients = text.parse().expect("two services");
        assert!(clients.authenticate("shop-api", secret.as_bytes()));
        for (name, secret) in [
            ("shop-api", other.as_str()),
            ("shop-api", ""),
            ("mail", secret.as_str()),
            ("SHOP-API", secret.as_str()),
            ("", secret.as_str()),
        ] {
            assert!(!clients.authenticate(name, secret.as_bytes()), "{name} {secret}");
        }
        let short = "a".repeat(31);
        let clients: IntrospectionClients =
            client_entry("shop-api", short.as_bytes()).parse().expect("a service");
        assert!(!clients.authenticate("shop-api", short.as_bytes()), "a short secret");
    }

    #[test]
    fn malformed_entries_are_refused_and_not_repeated() {
        let hash = "00".repeat(32);
        assert_eq!("".parse(), Ok(IntrospectionClients::default()));
        for (text, expected) in [
            ("shop:hunter2".to_owned(), InvalidClient::Entry(1)),
            (hash.clone(), InvalidClient::Entry(1)),
            (format!(":{hash}"), InvalidClient::Entry(1)),
            (format!("a:{hash},b c:{hash}"), InvalidClient::Entry(2)),
            (format!("a:{}", "0g".repeat(32)), InvalidClient::Entry(1)),
            (format!("a:{hash}00"), InvalidClient::Entry(1)),
            (format!("a:{hash},a:{hash}"), InvalidClient::Duplicate("a".to_owned())),
        ] {
            let error = text.parse::<IntrospectionClients>().expect_err(&text);
            assert_eq!(error, expected, "{text}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
