//! Verifies tokens line by line: `{"token", "keys", "now"}` on standard input, one verdict per
//! line on standard output.
//!
//! `keys` is PEM, JWK or JWKS text; `now` is in Unix seconds. Optional: `leeway` and
//! `futureLeeway` (seconds, 0 to 3600), `issuer` and `audience` (a text or a list), `anyAudience`,
//! `tokenType` (a text, or null), `requireAtJwt`, `requiredClaims`. A verdict is `{"ok": true,
//! "claims": {..}}` or `{"ok": false, "code": "..", "message": ".."}`.

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use verifier_core::{
    Audience, DEFAULT_FUTURE_LEEWAY_SECONDS, KeySet, Policy, PolicyOptions, UnixTime, Verifier,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Question {
    token: String,
    keys: String,
    now: f64,
    #[serde(default)]
    leeway: u64,
    #[serde(default = "default_future_leeway")]
    future_leeway: u64,
    issuer: Option<OneOrMore>,
    audience: Option<OneOrMore>,
    #[serde(default)]
    any_audience: bool,
    #[serde(default, deserialize_with = "present")]
    token_type: Option<Option<String>>,
    #[serde(default)]
    require_at_jwt: bool,
    #[serde(default)]
    required_claims: Vec<String>,
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

/// Distinguishes null from an absent member.
fn present<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn default_future_leeway() -> u64 {
    DEFAULT_FUTURE_LEEWAY_SECONDS
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let question: Question = serde_json::from_str(&line?)?;
        writeln!(output, "{}", verdict(question)?)?;
    }
    Ok(())
}

fn verdict(question: Question) -> Result<Value, Box<dyn std::error::Error>> {
    let refusal =
        |code: &str, message: String| json!({"ok": false, "code": code, "message": message});
    let keys = match KeySet::parse(&question.keys) {
        Ok(keys) => keys,
        Err(error) => return Ok(refusal(error.code().as_str(), error.to_string())),
    };
    let policy = Policy::new(PolicyOptions {
        leeway_seconds: question.leeway,
        future_leeway_seconds: question.future_leeway,
        token_type: question.token_type.unwrap_or_else(|| Some("access".to_owned())),
        issuer: question.issuer.map(OneOrMore::into_values),
        audience: match (question.any_audience, question.audience) {
            (true, None) => Audience::Any,
            (true, Some(_)) => return Err("audience and anyAudience contradict".into()),
            (false, None) => Audience::Absent,
            (false, Some(audience)) => Audience::OneOf(audience.into_values()),
        },
        require_at_jwt: question.require_at_jwt,
        required_claims: question.required_claims,
    })?;
    let now = UnixTime::from(std::time::Duration::try_from_secs_f64(question.now)?);
    Ok(match Verifier::new(keys, policy).verify(&question.token, now) {
        Ok(token) => {
            json!({"ok": true, "claims": serde_json::from_str::<Value>(token.claims_json())?})
        }
        Err(rejected) => refusal(rejected.code().as_str(), rejected.to_string()),
    })
}
