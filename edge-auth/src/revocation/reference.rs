//! The reference from a token to its status (IETF draft-ietf-oauth-status-list, sections 6.1 and
//! 6.2), and the addresses that it may name.

use http::Uri;
use serde_json::{Number, Value};
use verifier_core::{Code, VerifiedToken};

/// Longest address of a list, in bytes.
const MAX_ADDRESS: usize = 1024;

/// The claim `status.status_list` of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) index: u64,
    /// The list's address, as the token gives it.
    pub(super) uri: String,
}

impl Reference {
    /// Returns the reference of a token.
    ///
    /// # Errors
    /// [`Code::ClaimMissing`] without one; [`Code::ClaimInvalid`] for a malformed one.
    pub(super) fn of(token: &VerifiedToken) -> Result<Self, Code> {
        let claim = token.claim("status").ok_or(Code::ClaimMissing)?;
        match serde_json::from_str(claim.raw()) {
            Ok(Value::Object(status)) => {
                Self::parse(status.get("status_list").ok_or(Code::ClaimMissing)?)
            }
            _ => Err(Code::ClaimInvalid),
        }
    }

    fn parse(reference: &Value) -> Result<Self, Code> {
        let reference = reference.as_object().ok_or(Code::ClaimInvalid)?;
        match (reference.get("idx"), reference.get("uri")) {
            (Some(Value::Number(index)), Some(Value::String(uri))) => {
                Ok(Self { index: whole(index).ok_or(Code::ClaimInvalid)?, uri: uri.clone() })
            }
            _ => Err(Code::ClaimInvalid),
        }
    }
}

/// Returns a whole number that is not negative, however it is written: `5`, `5.0` and `5e0` are the
/// same JSON number. Beyond 2^53 a double is not exact.
fn whole(number: &Number) -> Option<u64> {
    const MOST: f64 = (1_u64 << 53) as f64;
    let double =
        || number.as_f64().filter(|double| double.fract() == 0.0 && (0.0..MOST).contains(double));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, and in the range of either"
    )]
    number.as_u64().or_else(|| double().map(|double| double as u64))
}

/// The address of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListAddress {
    /// The token's spelling, which the list's `sub` must equal (section 5.1).
    pub(super) text: String,
    /// The normalized address to fetch.
    pub(super) uri: Uri,
}

/// The addresses that lists may have: one, and those below it. A signed token alone must not
/// decide which addresses this service calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowedAddresses(String);

impl AllowedAddresses {
    /// Allows the address and those below it. It has no user information, query or fragment.
    ///
    /// # Errors
    /// The reason, for a [`crate::SettingError`].
    pub(crate) fn below(address: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "is not an http:// or https:// address without query";
        let uri: Uri = address.parse().map_err(|_| WRONG)?;
        let has_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        if !has_scheme
            || !has_host
            || address.contains(['@', '?', '#', '\\', '%'])
            || has_dots(uri.path())
        {
            return Err(WRONG);
        }
        Ok(Self(address.trim_end_matches('/').to_owned()))
    }

    /// Returns the address of a list, if it may be fetched.
    pub(super) fn admit(&self, address: &str) -> Option<ListAddress> {
        let rest = address.strip_prefix(&self.0).filter(|_| address.len() <= MAX_ADDRESS)?;
        let is_plain =
            rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte));
        let is_below = rest.is_empty() || rest.starts_with('/');
        let uri = (is_plain && is_below && !has_dots(rest)).then(|| address.parse().ok())??;
        Some(ListAddress { text: address.to_owned(), uri })
    }
}

/// Returns whether a path has a segment `.` or `..`.
fn has_dots(path: &str) -> bool {
    path.split('/').any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_lie_at_the_address_or_below_it_and_nowhere_else() {
        for prefix in ["https://issuer.example/status", "https://issuer.example/status/"] {
            let allowed = AllowedAddresses::below(prefix).expect("an address");
            for (address, expected) in [
                ("https://issuer.example/status", true),
                ("https://issuer.example/status/1", true),
                ("https://issuer.example/status/2026/a-b_c.jwt", true),
                ("https://issuer.example/status-of-others/1", false),
                ("https://issuer.example/statusx", false),
                ("https://issuer.example/status/../admin", false),
                ("https://issuer.example/status/./1", false),
                ("https://issuer.example/status/%2e%2e/admin", false),
                ("https://issuer.example/status/1?to=x", false),
                ("https://issuer.example/status/1#x", false),
                ("https://issuer.example/status/\\..\\x", false),
                ("https://issuer.example/status/ 1", false),
                ("https://issuer.example@evil.example/status/1", false),
                ("https://issuer.example.evil.example/status/1", false),
                ("http://issuer.example/status/1", false),
                ("http://169.254.169.254/", false),
                ("", false),
            ] {
                assert_eq!(allowed.admit(address).is_some(), expected, "{prefix} {address}");
            }
            let long = format!("https://issuer.example/status/{}", "a".repeat(MAX_ADDRESS));
            assert_eq!(allowed.admit(&long), None);
        }
        let origin = AllowedAddresses::below("http://localhost:8000").expect("an address");
        assert!(origin.admit("http://localhost:8000/status/1").is_some());
        assert!(origin.admit("http://localhost:80001/status/1").is_none());
        assert!(origin.admit("http://localhost:8000@evil.example/").is_none());
    }

    #[test]
    fn an_invalid_address_is_rejected() {
        for address in [
            "",
            "issuer.example",
            "ftp://a/b",
            "https://",
            "https://a@b/",
            "https://a/?x",
            "https://a/../b",
        ] {
            assert!(AllowedAddresses::below(address).is_err(), "{address:?}");
        }
    }
}
