//! Tokens to try: one signed with the key files, and one of a real login.

use chrono::{DateTime, TimeDelta};
use jwt_compact::{AlgorithmExt as _, Claims, Header};
use serde::Serialize;
use serde_json::json;

use super::client::HttpClient;
use super::deployment::{Deployment, Login};
use super::finding::Finding;
use crate::clock::Clock;
use crate::keys::{IssuerKeys, Rs256};
use crate::model::{AudienceClaim, TokenProfile, TokenType};
use crate::random::{Random, hex128};

/// Lifetime of the signed token.
const LIFETIME: TimeDelta = TimeDelta::seconds(60);

/// Why no token is tried.
pub(super) const NO_TOKEN: &str =
    "there is no token to try, neither from key files nor from a login";

/// An access token that names no user and has no role: it opens what any access token opens.
#[derive(Serialize)]
struct ProbeClaims<'a> {
    token_type: &'static str,
    jti: String,
    username: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<AudienceClaim<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

/// Signs an access token with the active key, with the standard claims of `profile`.
pub(super) fn sign(
    keys: &IssuerKeys,
    profile: Option<&TokenProfile>,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<String, String> {
    let jti = hex128(random).map_err(|error| error.to_string())?;
    let mut claims = Claims::new(ProbeClaims {
        token_type: TokenType::Access.as_str(),
        jti,
        username: "issuer-doctor",
        iss: profile.map(|profile| profile.issuer.as_str()),
        aud: profile.and_then(|profile| profile.audience_claim(TokenType::Access)),
        client_id: profile.and_then(|profile| profile.client_id(TokenType::Access)),
    });
    let now = DateTime::from_timestamp(clock.now().timestamp(), 0);
    claims.issued_at = now;
    claims.expiration = now.map(|now| now + LIFETIME);
    let typ = profile.map_or("JWT", |profile| profile.typ(TokenType::Access));
    let header = Header::empty().with_token_type(typ).with_key_id(keys.signing.kid());
    Rs256.token(&header, &claims, &keys.signing).map_err(|error| error.to_string())
}

/// A valid access token.
#[derive(Clone, Copy)]
pub(super) struct ValidToken<'a> {
    pub(super) token: &'a str,
    /// Its origin, for messages.
    pub(super) whose: &'static str,
}

impl<'a> ValidToken<'a> {
    /// Prefers the token of a login, which has a user and a session.
    pub(super) fn choose(session: Option<&'a Session>, probe: Option<&'a str>) -> Option<Self> {
        match (session, probe) {
            (Some(session), _) => {
                Some(Self { token: &session.access, whose: "a token of the running issuer" })
            }
            (None, Some(token)) => Some(Self { token, whose: "a new token of the active key" }),
            (None, None) => None,
        }
    }

    /// Changes the signature, but neither its length nor its canonical form.
    pub(super) fn tampered(&self) -> String {
        let (signed, signature) = self.token.rsplit_once('.').unwrap_or((self.token, ""));
        let other = if signature.starts_with('A') { 'B' } else { 'A' };
        format!("{signed}.{other}{}", signature.get(1..).unwrap_or_default())
    }
}

/// A session at the running issuer.
pub(super) struct Session {
    pub(super) access: String,
    refresh: String,
}

/// Logs in at the running issuer.
pub(super) fn log_in(
    deployment: &Deployment,
    client: &HttpClient,
    login: &Login,
    findings: &mut Vec<Finding>,
) -> Option<Session> {
    const CHECK: &str = "login";
    let body = json!({ "username": login.username, "password": *login.password });
    let advice = "check user name and password, and `issuer users show`";
    let response = match client.post(&deployment.issuer.at("/api/token/"), &body) {
        Ok(response) => response,
        Err(error) => {
            findings.push(Finding::problem(
                CHECK,
                format!("no response to the login: {error}"),
                "see the findings above",
            ));
            return None;
        }
    };
    let (Some(access), Some(refresh)) = (response.text("access"), response.text("refresh")) else {
        findings.push(Finding::problem(
            CHECK,
            format!("the login was refused: {}", response.summary()),
            advice,
        ));
        return None;
    };
    findings.push(Finding::ok(CHECK, "the issuer issues tokens"));
    Some(Session { access, refresh })
}

impl Session {
    /// Logs out again.
    pub(super) fn end(self, deployment: &Deployment, client: &HttpClient) {
        // When this fails, it expires.
        let _ = client.post(
            &deployment.issuer.at("/api/token/blacklist/"),
            &json!({ "refresh": self.refresh }),
        );
    }
}
