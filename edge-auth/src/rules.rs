//! Access rules: what the operator requires of a token at some paths, in addition to what a route
//! always requires.
//!
//! The variable `access_rules` is a JSON array; every rule that applies to a request must be met:
//!
//! ```json
//! [ {"path": "/upload", "role": ["instructor", "admin"]},
//!   {"path": "/uploads/*", "method": "DELETE", "claim": "premium", "value": true} ]
//! ```
//!
//! `path` is an exact path, or ends in `/*` for all paths below; without `method`, the rule applies
//! to all methods.

use std::fmt;

use http::Method;
use serde::Deserialize;
use serde_json::Value;
use verifier_core::VerifiedToken;

use crate::error::AuthError;

/// The claim that holds the user's role.
const ROLE: &str = "role";

/// A rule: where it applies, and its condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRule {
    path: String,
    method: Option<String>,
    condition: Condition,
}

/// A condition on the claims of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The claim `role` is one of these.
    Role(Vec<String>),
    /// A claim has this value: a string, a boolean or a whole number.
    Claim(String, Value),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    path: String,
    method: Option<String>,
    role: Option<OneOrMore>,
    claim: Option<String>,
    value: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
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
        applies_to_path && self.method().is_none_or(|expected| *method == expected)
    }

    /// Returns what the rule requires.
    #[must_use]
    pub const fn condition(&self) -> &Condition {
        &self.condition
    }

    fn method(&self) -> Option<&str> {
        let method = self.method.as_deref()?;
        Some(if method == "HEAD" { "GET" } else { method })
    }
}

impl fmt::Display for AccessRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {:?}", self.method.as_deref().unwrap_or("any method"), self.path)
    }
}

impl RuleText {
    fn into_rule(self) -> Result<AccessRule, String> {
        let Self { path, method, role, claim, value } = self;
        let invalid = |what| Err(format!("has a rule for {path:?} {what}"));
        let condition = match (role, claim, value) {
            (Some(OneOrMore::One(role)), None, None) => Condition::Role(vec![role]),
            (Some(OneOrMore::More(roles)), None, None) if !roles.is_empty() => {
                Condition::Role(roles)
            }
            (None, Some(claim), Some(value))
                if value.is_string() || value.is_boolean() || value.is_u64() =>
            {
                Condition::Claim(claim, value)
            }
            (None, Some(_), _) => {
                return invalid(
                    "with a claim whose value is not a string, boolean or whole number",
                );
            }
            _ => return invalid("that requires neither a role nor a claim with its value"),
        };
        Ok(AccessRule { path, method, condition })
    }
}

impl Condition {
    /// Checks a token.
    ///
    /// # Errors
    /// [`AuthError::RoleMissing`], [`AuthError::ClaimNotGranted`].
    pub(crate) fn check(&self, token: &VerifiedToken) -> Result<(), AuthError> {
        match self {
            Self::Role(roles) if roles.iter().any(|role| has_role(token, role)) => Ok(()),
            Self::Role(_) => Err(AuthError::RoleMissing),
            Self::Claim(name, value) if has_claim(token, name, value) => Ok(()),
            Self::Claim(..) => Err(AuthError::ClaimNotGranted),
        }
    }
}

/// Returns whether the claim `role` of a token is this string.
#[must_use]
pub fn has_role(token: &VerifiedToken, role: &str) -> bool {
    token.claim(ROLE).and_then(|claim| claim.as_str()).is_some_and(|claim| claim == role)
}

fn has_claim(token: &VerifiedToken, name: &str, value: &Value) -> bool {
    token.claim(name).is_some_and(|claim| match value {
        Value::String(text) => claim.as_str().is_some_and(|claim| claim == text.as_str()),
        Value::Bool(flag) => claim.as_bool() == Some(*flag),
        _ => value.as_u64().is_some() && claim.as_u64() == value.as_u64(),
    })
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
            (r#"[{"path":"/upload"}]"#, "neither a role nor a claim"),
            (r#"[{"path":"/upload","role":[]}]"#, "neither a role nor a claim"),
            (
                r#"[{"path":"/upload","role":"a","claim":"b","value":1}]"#,
                "neither a role nor a claim",
            ),
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
