//! `issuer doctor`: why tokens are not accepted, found out from outside.
//!
//! Every check looks at what is there and leaves nothing changed. Where two parties must agree,
//! both are asked: key files and running issuer, issuer and edge.

mod clocks;
mod cors;
mod edge;
mod issuer;
mod key_files;
mod probe;
mod stores;
mod web;

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::base_url::BaseUrl;
use crate::clock::Clock;
use crate::keys::{IssuerKeys, KeyDirectory};
use crate::random::Random;

pub use web::{Web, WebError};

/// How well it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Was not looked at; the text says what would be needed.
    Skipped,
    /// As it should be.
    Ok,
    /// Works, and should be otherwise.
    Warning,
    /// Does not work.
    Problem,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What one check found: a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Name of the check, stable.
    pub check: &'static str,
    /// How well it is.
    pub level: Level,
    /// What was found.
    pub text: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, text: text.into(), advice: None }
    }

    fn skipped(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, level: Level::Skipped, text: text.into(), advice: None }
    }

    fn warning(check: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, level: Level::Warning, text: text.into(), advice: Some(advice.into()) }
    }

    fn problem(check: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, level: Level::Problem, text: text.into(), advice: Some(advice.into()) }
    }
}

/// Where the public keys of the edge can be read.
#[derive(Debug, Clone)]
pub enum EdgeKeys {
    /// The file that it is configured with: PEM, JWK or JWKS.
    File(PathBuf),
    /// The JWKS that it fetches.
    Url(String),
}

/// Who logs in to try a real token.
pub struct Login {
    /// Name of a user.
    pub username: String,
    /// The user's password.
    pub password: Zeroizing<String>,
}

/// What is examined.
pub struct Patient {
    /// The directory of the keys; `None` when they come from the environment.
    pub directory: Option<KeyDirectory>,
    /// Keys that came from the environment, or why they cannot be used.
    pub keys_from_environment: Option<Result<Arc<IssuerKeys>, String>>,
    /// URL of the database.
    pub database_url: String,
    /// URL of Redis.
    pub redis_url: Option<String>,
    /// The running issuer.
    pub issuer: BaseUrl,
    /// The running edge.
    pub edge: Option<BaseUrl>,
    /// A path of the edge that an access token opens.
    pub edge_path: String,
    /// Its keys.
    pub edge_keys: Option<EdgeKeys>,
    /// Origins of web pages.
    pub origins: Vec<String>,
    /// Who logs in.
    pub login: Option<Login>,
}

/// Runs every check, in an order in which the first problem is likely the cause of those after it.
pub async fn examine(
    patient: &Patient,
    web: &Web,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let keys = key_files::examine(patient, &mut findings);
    findings.push(stores::database(&patient.database_url, clock.now().timestamp()).await);
    findings.push(stores::redis(patient.redis_url.as_deref()).await);
    let issuer = issuer::examine(patient, web, keys.as_deref(), &mut findings);
    let probe = keys.as_deref().and_then(|keys| probe::sign(keys, clock, random).ok());
    issuer::try_token(patient, web, probe.as_deref(), &mut findings);
    let edge = edge::examine(patient, web, issuer.as_ref(), keys.as_deref(), &mut findings);
    let session =
        patient.login.as_ref().and_then(|login| probe::log_in(patient, web, login, &mut findings));
    edge::try_tokens(
        patient,
        web,
        probe.as_deref(),
        session.as_ref(),
        keys.as_deref(),
        clock,
        &mut findings,
    );
    if let Some(session) = session {
        session.end(patient, web);
    }
    clocks::compare(issuer.as_ref(), edge.as_ref(), &mut findings);
    cors::examine(patient, web, &mut findings);
    findings
}
