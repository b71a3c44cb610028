//! Claims of a verified token that grant access: roles, scopes, members of nested objects.

use serde_json::Value;
use verifier_core::{Claim, VerifiedToken};

/// The path of a claim: its name, or the names of members of nested objects from the outside in.
/// A list, since names may have dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(Vec<String>);

impl ClaimPath {
    /// Returns `None` unless there is a name, and none is empty.
    #[must_use]
    pub fn new(names: Vec<String>) -> Option<Self> {
        let is_valid = !names.is_empty() && names.iter().all(|name| !name.is_empty());
        is_valid.then_some(Self(names))
    }

    /// Returns the name of the claim, or of the one that has the nested members.
    #[must_use]
    pub fn claim(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Returns the text in this claim of a token: a string, or the digits of an integer. A nested
    /// integer must fit in 64 bits.
    #[must_use]
    pub fn text_in(&self, claim: Claim<'_>) -> Option<String> {
        if self.0.len() == 1 {
            let digits = claim.raw().strip_prefix('-').unwrap_or(claim.raw());
            let is_integer = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let integer = || is_integer.then(|| claim.raw().to_owned());
            return claim.as_str().map(Into::into).or_else(integer);
        }
        match self.value_in(claim)? {
            Value::String(text) => Some(text),
            Value::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string()),
            _ => None,
        }
    }

    /// Returns the value in a token.
    pub(crate) fn find(&self, token: &VerifiedToken) -> Option<Value> {
        self.value_in(token.claim(self.claim())?)
    }

    fn value_in(&self, claim: Claim<'_>) -> Option<Value> {
        let mut value: Value = serde_json::from_str(claim.raw()).ok()?;
        for name in self.0.iter().skip(1) {
            value = value.get_mut(name)?.take();
        }
        Some(value)
    }
}

/// Where tokens have the roles of their user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleClaim {
    path: ClaimPath,
    /// Whether the value may be a list of roles.
    may_be_list: bool,
}

impl Default for RoleClaim {
    /// The claim `role`, one string.
    fn default() -> Self {
        Self { path: ClaimPath(vec!["role".to_owned()]), may_be_list: false }
    }
}

impl RoleClaim {
    /// Reads roles at this path: a string, or a list of strings.
    #[must_use]
    pub fn at(path: ClaimPath) -> Self {
        Self { path, may_be_list: true }
    }

    /// Returns whether a token has this role.
    #[must_use]
    pub fn has(&self, token: &VerifiedToken, role: &str) -> bool {
        match self.path.find(token) {
            Some(Value::Array(roles)) => self.may_be_list && roles.iter().any(|one| one == role),
            Some(value) => value == role,
            None => false,
        }
    }

    /// Returns where the roles are.
    #[must_use]
    pub const fn path(&self) -> &ClaimPath {
        &self.path
    }

    /// Returns the roles in the claim of [`Self::path`], in its order. Values that are not text are
    /// no roles.
    #[must_use]
    pub fn roles_in(&self, claim: Claim<'_>) -> Vec<String> {
        let text = |value| if let Value::String(text) = value { Some(text) } else { None };
        match self.path.value_in(claim) {
            Some(Value::Array(roles)) if self.may_be_list => {
                roles.into_iter().filter_map(text).collect()
            }
            value => value.and_then(text).into_iter().collect(),
        }
    }
}

/// Returns whether a token has this scope: in `scope` (RFC 8693 section 4.2) or `scp`, as other
/// issuers name it; separated by spaces or in a list.
pub(crate) fn has_scope(token: &VerifiedToken, scope: &str) -> bool {
    ["scope", "scp"].iter().any(|name| {
        let claim = token.claim(name).and_then(|claim| serde_json::from_str(claim.raw()).ok());
        match claim {
            Some(Value::String(scopes)) => scopes.split(' ').any(|one| one == scope),
            Some(Value::Array(scopes)) => scopes.iter().any(|one| one == scope),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_support::claims::{access_claims, with};
    use test_support::signer::Signer;
    use verifier_core::{KeySet, Policy, Verifier};

    use super::*;
    use crate::host::Host as _;
    use crate::testing::{NOW, TestHost};

    fn verified(claims: &Value) -> VerifiedToken {
        let signer = Signer::generated("k1");
        let keys = KeySet::parse(&signer.public_pem()).expect("a key");
        let token = signer.token(&with(access_claims(NOW), claims));
        let now = TestHost::default().now();
        Verifier::new(keys, Policy::default()).verify(token, now).expect("a good token")
    }

    fn path(names: &[&str]) -> ClaimPath {
        ClaimPath::new(names.iter().map(|name| (*name).to_owned()).collect()).expect("names")
    }

    #[test]
    fn a_path_leads_through_objects_alone() {
        let token = verified(&json!({
            "realm_access": {"roles": ["a"]}, "a.b": 1, "list": [{"b": 1}], "text": "roles",
        }));
        assert_eq!(path(&["realm_access", "roles"]).find(&token), Some(json!(["a"])));
        assert_eq!(path(&["a.b"]).find(&token), Some(json!(1)));
        for absent in [
            ["realm_access", "Roles"].as_slice(),
            &["realm_access.roles"],
            &["a", "b"],
            &["list", "0"],
            &["list", "b"],
            &["text", "roles"],
        ] {
            assert_eq!(path(absent).find(&token), None, "{absent:?}");
        }
        assert_eq!(ClaimPath::new(vec![]), None);
        assert_eq!(ClaimPath::new(vec!["a".into(), String::new()]), None);
    }

    #[test]
    fn a_role_is_one_string_unless_the_operator_names_its_claim() {
        let nested = RoleClaim::at(path(&["realm_access", "roles"]));
        let named = RoleClaim::at(path(&["role"]));
        let default = RoleClaim::default();
        for (claims, role_claim, expected) in [
            (json!({"role": "admin"}), &default, true),
            (json!({"role": ["admin"]}), &default, false),
            (json!({"role": ["user", "admin"]}), &named, true),
            (json!({"role": "admin"}), &named, true),
            (json!({"role": "admin user"}), &named, false),
            (json!({"role": {"admin": true}}), &named, false),
            (json!({"role": [["admin"]]}), &named, false),
            (json!({"role": null}), &named, false),
            (json!({"realm_access": {"roles": ["admin"]}}), &nested, true),
            (json!({"realm_access": {"roles": ["Admin"]}}), &nested, false),
            (json!({"role": "admin", "realm_access": {}}), &nested, false),
        ] {
            assert_eq!(role_claim.has(&verified(&claims), "admin"), expected, "{claims}");
        }
    }

    #[test]
    fn scopes_are_separated_by_spaces_or_in_a_list() {
        for (claims, expected) in [
            (json!({"scope": "read"}), true),
            (json!({"scope": "write read"}), true),
            (json!({"scope": ["write", "read"]}), true),
            (json!({"scp": "read"}), true),
            (json!({"scp": ["read"]}), true),
            (json!({"scope": "write", "scp": "read"}), true),
            (json!({"scope": "reader"}), false),
            (json!({"scope": "READ"}), false),
            (json!({"scope": "write,read"}), false),
            (json!({"scope": "write\tread"}), false),
            (json!({"scope": ["write read"]}), false),
            (json!({"scope": {"read": true}}), false),
            (json!({"scope": true}), false),
            (json!({}), false),
        ] {
            assert_eq!(has_scope(&verified(&claims), "read"), expected, "{claims}");
        }
    }
}
