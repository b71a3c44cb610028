//! Tokens to try: one signed on the spot, and one of a real login.

use chrono::{DateTime, TimeDelta};
use jwt_compact::{AlgorithmExt as _, Claims, Header};
use serde::Serialize;
use serde_json::json;

use super::web::Web;
use super::{Finding, Login, Patient};
use crate::clock::Clock;
use crate::keys::{IssuerKeys, Rs256};
use crate::random::{Random, hex128};

/// How long the token that is signed on the spot lives.
const LIFETIME: TimeDelta = TimeDelta::seconds(60);

/// Opens what any access token opens, for a minute and for nobody: it has no role, and names no
/// user.
#[derive(Serialize)]
struct ProbeClaims {
    token_type: &'static str,
    jti: String,
    username: &'static str,
}

/// An access token signed by the active key.
pub(super) fn sign(
    keys: &IssuerKeys,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<String, String> {
    let jti = hex128(random).map_err(|error| error.to_string())?;
    let mut claims =
        Claims::new(ProbeClaims { token_type: "access", jti, username: "issuer-doctor" });
    let now = DateTime::from_timestamp(clock.now().timestamp(), 0);
    claims.issued_at = now;
    claims.expiration = now.map(|now| now + LIFETIME);
    let header = Header::empty().with_token_type("JWT").with_key_id(keys.signing.kid());
    Rs256.token(&header, &claims, &keys.signing).map_err(|error| error.to_string())
}

/// A session at the running issuer.
pub(super) struct Session {
    pub(super) access: String,
    refresh: String,
}

/// Logs in at the running issuer.
pub(super) fn log_in(
    patient: &Patient,
    web: &Web,
    login: &Login,
    findings: &mut Vec<Finding>,
) -> Option<Session> {
    const CHECK: &str = "login";
    let body = json!({ "username": login.username, "password": *login.password });
    let advice = "check user name and password, and `issuer users show`";
    let answer = match web.post(&patient.issuer.at("/api/token/"), &body) {
        Ok(answer) => answer,
        Err(error) => {
            findings.push(Finding::problem(
                CHECK,
                format!("no answer to the login: {error}"),
                "see the lines above",
            ));
            return None;
        }
    };
    let (Some(access), Some(refresh)) = (answer.text("access"), answer.text("refresh")) else {
        findings.push(Finding::problem(
            CHECK,
            format!("the login was refused: {}", answer.refusal()),
            advice,
        ));
        return None;
    };
    findings.push(Finding::ok(CHECK, "the issuer gives tokens"));
    Some(Session { access, refresh })
}

impl Session {
    /// Logs out again.
    pub(super) fn end(self, patient: &Patient, web: &Web) {
        // It expires by itself when this fails.
        let _ = web
            .post(&patient.issuer.at("/api/token/blacklist/"), &json!({ "refresh": self.refresh }));
    }
}
