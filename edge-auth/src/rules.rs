//! Access rules: what the operator requires of a token at some paths, in addition to what a route
//! always requires.
//!
//! The variable `access_rules` is a JSON array; every rule that applies to a request must be met:
//!
//! ```json
//! [ {"path": "/upload", "role": ["instructor", "admin"]},
//!   {"path": "/uploads/*", "method": "DELETE", "claim": "premium", "value": true},
//!   {"path": "/uploads", "scope": ["files:read"]},
//!   {"path": "/protected", "claim": ["realm_access", "roles"], "contains": "staff"},
//!   {"path": "/health", "public": true} ]
//! ```
//!
//! `path` is an exact path, or ends in `/*` for all paths below; without `method`, the rule applies
//! to all methods. Of the roles one suffices; of the scopes all are required. A claim is named, or
//! found by the names of nested members; `value` is what it must equal, `contains` what its list
//! must hold. A gate in front of a component also knows public paths, which require no token; a
//! component whose routes decide that refuses them.

use std::fmt;

use http::Method;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use verifier_core::VerifiedToken;

use crate::claims::{ClaimPath, RoleClaim, has_scope};
use crate::error::AuthError;

/// A rule: where it applies, and its condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRule {
    path: String,
    method: Option<String>,
    effect: Effect,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Effect {
    Requires(Condition),
    Public,
}

/// A condition on the claims of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The token has one of these roles.
    Role(Vec<String>),
    /// The token has all of these scopes.
    Scope(Vec<String>),
    /// A claim has a value.
    Claim(ClaimCondition),
}

/// A claim, and the value that it must have: a string, a boolean or a whole number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimCondition {
    path: ClaimPath,
    value: Value,
    /// Whether the claim is a list that must hold the value.
    in_list: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    path: String,
    #[serde(default, deserialize_with = "not_null")]
    method: Option<String>,
    #[serde(default, deserialize_with = "not_null")]
    public: Option<bool>,
    #[serde(default, deserialize_with = "not_null")]
    role: Option<OneOrMore>,
    #[serde(default, deserialize_with = "not_null")]
    scope: Option<OneOrMore>,
    #[serde(default, deserialize_with = "not_null")]
    claim: Option<OneOrMore>,
    #[serde(default, deserialize_with = "not_null")]
    value: Option<Value>,
    #[serde(default, deserialize_with = "not_null")]
    contains: Option<Value>,
}

/// Reads a member that is present: `null`, such as an unfilled value of a template, is not the same
/// as an absent one.
fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn into_values(self) -> Vec<String> {
        match self {
            Self::One(value) => vec![value],
            Self::More(values) => values,
        }
    }
}

impl AccessRule {
    /// Parses a JSON array of rules.
    ///
    /// # Errors
    /// The reason why the first invalid rule is refused, for a [`crate::SettingError`].
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        let rules: Vec<RuleText> = serde_json::from_str(text)
            .map_err(|error| format!("is not a list of rules: {error}"))?;
        rules.into_iter().map(RuleText::into_rule).collect()
    }

    /// Returns whether the rule applies to a request. A rule for `HEAD` is one for `GET`.
    #[must_use]
    pub fn applies_to(&self, method: &Method, path: &str) -> bool {
        let applies_to_path = match self.path.strip_suffix('*') {
            Some(front) if front.ends_with('/') => path.starts_with(front),
            _ => path == self.path,
        };
        let has_method = |expected| *method == if expected == "HEAD" { "GET" } else { expected };
        applies_to_path && self.method().is_none_or(has_method)
    }

    /// Returns what the rule requires of a token; `None` for a public path.
    #[must_use]
    pub const fn condition(&self) -> Option<&Condition> {
        match &self.effect {
            Effect::Requires(condition) => Some(condition),
            Effect::Public => None,
        }
    }

    /// Returns the path, which ends in `/*` for all paths below.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the method as it is written; `None` for all methods.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }
}

impl fmt::Display for AccessRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {:?}", self.method.as_deref().unwrap_or("any method"), self.path)
    }
}

impl RuleText {
    fn into_rule(self) -> Result<AccessRule, String> {
        let Self { path, method, public, role, scope, claim, value, contains } = self;
        let invalid = |what| Err(format!("has a rule for {path:?} {what}"));
        if let Some(public) = public {
            return match (public, role, scope, claim, value, contains) {
                (true, None, None, None, None, None) => {
                    Ok(AccessRule { path, method, effect: Effect::Public })
                }
                _ => invalid("whose `public` is not true, or that also requires something"),
            };
        }
        let condition = match (role, scope, claim, value, contains) {
            (Some(roles), None, None, None, None) => Condition::Role(roles.into_values()),
            (None, Some(scopes), None, None, None) => Condition::Scope(scopes.into_values()),
            (None, None, Some(names), value, contains) => {
                let in_list = contains.is_some();
                let value = match (value, contains) {
                    (Some(value), None) | (None, Some(value)) if is_comparable(&value) => value,
                    _ => {
                        return invalid(
                            "with a claim whose value is not a string, boolean or whole number",
                        );
                    }
                };
                let Some(path) = ClaimPath::new(names.into_values()) else {
                    return invalid("with a claim without a name");
                };
                Condition::Claim(ClaimCondition { path, value, in_list })
            }
            _ => {
                return invalid(
                    "that requires not exactly one of a role, a scope, and a claim with its value",
                );
            }
        };
        match &condition {
            Condition::Role(roles) if roles.is_empty() => {
                return invalid("that requires none of its roles");
            }
            Condition::Scope(scopes)
                if scopes.is_empty() || !scopes.iter().all(|s| is_scope(s)) =>
            {
                return invalid(
                    "without a scope, or with one of other characters than RFC 6749 allows",
                );
            }
            _ => {}
        }
        Ok(AccessRule { path, method, effect: Effect::Requires(condition) })
    }
}

fn is_comparable(value: &Value) -> bool {
    value.is_string() || value.is_boolean() || value.is_u64()
}

/// Returns whether a text is a scope token (RFC 6749 section 3.3), which can also be quoted in
/// `WWW-Authenticate`.
fn is_scope(text: &str) -> bool {
    let is_allowed = |byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    !text.is_empty() && text.bytes().all(is_allowed)
}

impl Condition {
    /// Checks a token.
    ///
    /// # Errors
    /// [`AuthError::RoleMissing`], [`AuthError::ScopeMissing`], [`AuthError::ClaimNotGranted`].
    pub(crate) fn check(
        &self,
        token: &VerifiedToken,
        role_claim: &RoleClaim,
    ) -> Result<(), AuthError> {
        match self {
            Self::Role(roles) if roles.iter().any(|role| role_claim.has(token, role)) => Ok(()),
            Self::Role(_) => Err(AuthError::RoleMissing),
            Self::Scope(scopes) if scopes.iter().all(|scope| has_scope(token, scope)) => Ok(()),
            Self::Scope(scopes) => Err(AuthError::ScopeMissing(scopes.join(" "))),
            Self::Claim(condition) if condition.holds(token) => Ok(()),
            Self::Claim(_) => Err(AuthError::ClaimNotGranted),
        }
    }
}

impl ClaimCondition {
    fn holds(&self, token: &VerifiedToken) -> bool {
        match self.path.find(token) {
            Some(Value::Array(list)) => self.in_list && list.contains(&self.value),
            Some(value) => !self.in_list && value == self.value,
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_applies_to_its_path_or_to_those_below() {
        for (rule, method, path, applies) in [
            (r#"{"path":"/uploads/*","role":"a"}"#, Method::GET, "/uploads/1", true),
            (r#"{"path":"/uploads/*","role":"a"}"#, Method::DELETE, "/uploads/1/2", true),
            (r#"{"path":"/uploads/*","role":"a"}"#, Method::GET, "/uploads", false),
            (r#"{"path":"/upload*","role":"a"}"#, Method::GET, "/uploads", false),
            (r#"{"path":"/a","method":"HEAD","role":"a"}"#, Method::GET, "/a", true),
            (r#"{"path":"/a","method":"POST","claim":"b","value":true}"#, Method::GET, "/a", false),
            (r#"{"path":"/a","method":"get","role":"a"}"#, Method::GET, "/a", false),
        ] {
            let rules = AccessRule::parse_list(&format!("[{rule}]")).expect("valid");
            assert_eq!(rules[0].applies_to(&method, path), applies, "{rule} {method} {path}");
        }
        assert_eq!(AccessRule::parse_list("[]"), Ok(vec![]));
    }

    #[test]
    fn an_invalid_rule_is_an_error_and_not_a_gap() {
        for (rule, words) in [
            (r#"{"path":"/upload"}"#, "not a list"),
            (r#"[{"path":"/upload","rôle":"a"}]"#, "not a list"),
            (r#"[{"path":"/upload"}]"#, "not exactly one of"),
            (r#"[{"path":"/upload","role":[]}]"#, "none of its roles"),
            (r#"[{"path":"/upload","role":"a","scope":"b"}]"#, "not exactly one of"),
            (r#"[{"path":"/upload","role":"a","value":"b"}]"#, "not exactly one of"),
            (r#"[{"path":"/upload","scope":[]}]"#, "without a scope"),
            (r#"[{"path":"/upload","scope":"a b"}]"#, "without a scope"),
            (r#"[{"path":"/upload","scope":["a",""]}]"#, "without a scope"),
            (r#"[{"path":"/upload","scope":"a\"b"}]"#, "without a scope"),
            (r#"[{"path":"/upload","claim":[],"value":1}]"#, "without a name"),
            (r#"[{"path":"/upload","claim":["a",""],"value":1}]"#, "without a name"),
            (
                r#"[{"path":"/upload","claim":"b","value":1,"contains":1}]"#,
                "not a string, boolean or whole number",
            ),
            (
                r#"[{"path":"/upload","claim":"b","contains":[1]}]"#,
                "not a string, boolean or whole number",
            ),
            (r#"[{"path":"/upload","role":"a","claim":"b","value":1}]"#, "not exactly one of"),
            (r#"[{"path":"/upload","public":true,"method":null}]"#, "not a list"),
            (r#"[{"path":"/upload","role":null,"scope":"a"}]"#, "not a list"),
            (r#"[{"path":"/upload","claim":"a","value":1,"contains":null}]"#, "not a string"),
            (r#"[{"path":"/upload","public":false}]"#, "whose `public` is not true"),
            (r#"[{"path":"/upload","public":true,"role":"a"}]"#, "also requires something"),
            (r#"[{"path":"/upload","claim":"b"}]"#, "not a string, boolean or whole number"),
            (
                r#"[{"path":"/upload","claim":"b","value":1.5}]"#,
                "not a string, boolean or whole number",
            ),
        ] {
            let error = AccessRule::parse_list(rule).expect_err(rule);
            assert!(error.contains(words), "{rule}: {error}");
        }
    }
}
