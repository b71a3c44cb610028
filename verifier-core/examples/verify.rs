//! Verifies tokens line by line: `{"token", "keys", "now"}` on standard input, one verdict per
//! line on standard output.
//!
//! `keys` is PEM, JWK or JWKS text; `now` is in Unix seconds. Optional: `leeway` and
//! `futureLeeway` (seconds, 0 to 3600), `issuer`, `audience`, `tokenType` (`access` or `refresh`),
//! `requireAtJwt`. A verdict is `{"ok": true, "claims": {..}}` or `{"ok": false, "code": "..",
//! "message": ".."}`.

use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use verifier_core::{
    DEFAULT_FUTURE_LEEWAY_SECONDS, KeySet, MAX_LEEWAY_SECONDS, Policy, TokenType, UnixTime,
    Verifier,
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
    issuer: Option<String>,
    audience: Option<String>,
    #[serde(default)]
    token_type: Type,
    #[serde(default)]
    require_at_jwt: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    #[default]
    Access,
    Refresh,
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
    for (name, seconds) in [("leeway", question.leeway), ("futureLeeway", question.future_leeway)] {
        if seconds > MAX_LEEWAY_SECONDS {
            return Err(format!(
                "{name} is not a number of seconds from 0 to {MAX_LEEWAY_SECONDS}"
            )
            .into());
        }
    }
    let policy = Policy {
        leeway_seconds: question.leeway,
        future_leeway_seconds: question.future_leeway,
        issuer: question.issuer,
        audience: question.audience,
        token_type: match question.token_type {
            Type::Access => TokenType::Access,
            Type::Refresh => TokenType::Refresh,
        },
        require_at_jwt: question.require_at_jwt,
    };
    let now = UnixTime::from(std::time::Duration::try_from_secs_f64(question.now)?);
    Ok(match Verifier::new(keys, policy).verify(&question.token, now) {
        Ok(token) => {
            json!({"ok": true, "claims": serde_json::from_str::<Value>(token.claims_json())?})
        }
        Err(rejected) => refusal(rejected.code().as_str(), rejected.to_string()),
    })
}
