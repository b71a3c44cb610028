//! What the operator demands of a token, route by route, besides what a route always demands.
//!
//! The variable `access_rules` is a JSON array; every rule that fits a request must be fulfilled:
//!
//! ```json
//! [ {"path": "/upload", "role": ["instructor", "admin"]},
//!   {"path": "/uploads/*", "method": "DELETE", "claim": "premium", "value": true} ]
//! ```
//!
//! `path` is a path as it is served, or ends in `/*` for all below; without `method`, all methods.
//! Rules are bound to routes when they are read: a rule that fits none is an error rather than a
//! gap, and no request's path is ever compared with one.

use std::ptr;

use http::Method;
use serde::Deserialize;
use serde_json::Value;
use verifier_core::VerifiedToken;

use crate::access::ROLE;
use crate::routes::{ROUTES, Route};

/// The rules, bound to their routes; by default none.
#[derive(Clone, Debug, Default)]
pub struct AccessRules(Vec<(&'static Route, Demand)>);

/// What a token must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// The claim `role` is one of these.
    Role(Vec<String>),
    /// A claim has this value: a string, a boolean or a whole number.
    Claim(String, Value),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
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

impl AccessRules {
    /// Reads the rules.
    ///
    /// # Errors
    /// What is wrong with the first that makes no sense.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rules: Vec<Rule> = serde_json::from_str(text)
            .map_err(|error| format!("is not a list of rules: {error}"))?;
        let mut bound = Vec::new();
        for rule in rules {
            let fits = rule.routes()?;
            let demand = rule.demand()?;
            bound.extend(fits.into_iter().map(|route| (route, demand.clone())));
        }
        Ok(Self(bound))
    }

    /// What a route demands.
    pub fn of(&self, route: &'static Route) -> impl Iterator<Item = &Demand> {
        self.0.iter().filter(move |(bound, _)| ptr::eq(*bound, route)).map(|(_, demand)| demand)
    }
}

impl Rule {
    fn routes(&self) -> Result<Vec<&'static Route>, String> {
        let method = self
            .method
            .as_deref()
            .map(|method| if method == "HEAD" { Method::GET.as_str() } else { method });
        let fits = |route: &&Route| {
            let path = match self.path.strip_suffix('*') {
                Some(front) if front.ends_with('/') => route.path.starts_with(front),
                _ => route.path == self.path,
            };
            path && method.is_none_or(|method| route.method == method)
        };
        let routes: Vec<_> = ROUTES.iter().filter(fits).collect();
        if routes.is_empty() {
            let method = self.method.as_deref().unwrap_or("any method");
            return Err(format!("has a rule for {method} of {:?}, which is not served", self.path));
        }
        Ok(routes)
    }

    fn demand(self) -> Result<Demand, String> {
        let wrong = |what| Err(format!("has a rule for {:?} {what}", self.path));
        match (self.role, self.claim, self.value) {
            (Some(OneOrMore::One(role)), None, None) => Ok(Demand::Role(vec![role])),
            (Some(OneOrMore::More(roles)), None, None) if !roles.is_empty() => {
                Ok(Demand::Role(roles))
            }
            (None, Some(claim), Some(value))
                if value.is_string() || value.is_boolean() || value.is_u64() =>
            {
                Ok(Demand::Claim(claim, value))
            }
            (None, Some(_), _) => {
                wrong("with a claim whose value is no string, boolean or whole number")
            }
            _ => wrong("that demands neither a role nor a claim with its value"),
        }
    }
}

impl Demand {
    /// Whether the token says so.
    #[must_use]
    pub fn is_met(&self, token: &VerifiedToken) -> bool {
        match self {
            Self::Role(roles) => token
                .claim(ROLE)
                .and_then(|claim| {
                    claim.as_str().map(|role| roles.iter().any(|allowed| role == allowed.as_str()))
                })
                .unwrap_or(false),
            Self::Claim(name, value) => token.claim(name).is_some_and(|claim| match value {
                Value::String(text) => claim.as_str().is_some_and(|claim| claim == text.as_str()),
                Value::Bool(flag) => claim.as_bool() == Some(*flag),
                _ => value.as_u64().is_some() && claim.as_u64() == value.as_u64(),
            }),
        }
    }

    /// The code of the refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Role(_) => "role_missing",
            Self::Claim(..) => "claim_not_granted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_bound_to_the_routes_it_fits() {
        for (rule, paths) in [
            (
                r#"[{"path":"/uploads/*","role":"a"}]"#,
                vec!["GET /uploads/{id}", "DELETE /uploads/{id}"],
            ),
            (r#"[{"path":"/uploads/{id}","method":"HEAD","role":"a"}]"#, vec!["GET /uploads/{id}"]),
            (
                r#"[{"path":"/upload","method":"POST","claim":"premium","value":true}]"#,
                vec!["POST /upload"],
            ),
            ("[]", vec![]),
        ] {
            let rules = AccessRules::parse(rule).expect("valid");
            let bound: Vec<_> = rules
                .0
                .iter()
                .map(|(route, _)| format!("{} {}", route.method, route.path))
                .collect();
            assert_eq!(bound, paths, "{rule}");
        }
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_an_error_and_not_a_gap() {
        for (rule, words) in [
            (r#"{"path":"/upload"}"#, "not a list"),
            (r#"[{"path":"/upload","rôle":"a"}]"#, "not a list"),
            (r#"[{"path":"/uploads/","role":"a"}]"#, "not served"),
            (
                r#"[{"path":"/protected","method":"POST","role":"a"}]"#,
                "POST of \"/protected\", which is not served",
            ),
            (r#"[{"path":"/protected","method":"get","role":"a"}]"#, "not served"),
            (r#"[{"path":"/upload*","role":"a"}]"#, "not served"),
            (r#"[{"path":"/upload"}]"#, "neither a role nor a claim"),
            (r#"[{"path":"/upload","role":[]}]"#, "neither a role nor a claim"),
            (
                r#"[{"path":"/upload","role":"a","claim":"b","value":1}]"#,
                "neither a role nor a claim",
            ),
            (r#"[{"path":"/upload","claim":"b"}]"#, "no string, boolean or whole number"),
            (
                r#"[{"path":"/upload","claim":"b","value":1.5}]"#,
                "no string, boolean or whole number",
            ),
        ] {
            let error = AccessRules::parse(rule).expect_err(rule);
            assert!(error.contains(words), "{rule}: {error}");
        }
    }
}
