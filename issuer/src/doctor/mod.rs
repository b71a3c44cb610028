//! `issuer doctor`: finds out from outside why tokens are rejected.
//!
//! Checks change nothing. Where two parties must agree, both are queried: key files and running
//! issuer, issuer and edge.

mod acceptance;
mod client;
mod clocks;
mod cors;
mod deployment;
mod edge;
mod finding;
mod gate;
mod issuer;
mod key_files;
mod metadata;
mod probe;
mod stores;
mod token_values;

pub use client::{ClientError, HttpClient};
pub use deployment::{Deployment, EdgeKeys, Login};
pub use finding::{Finding, Level};

use self::probe::ValidToken;
use crate::clock::Clock;
use crate::random::Random;

/// Runs every check, in an order in which the first problem is the likely cause of those after it.
pub async fn diagnose(
    deployment: &Deployment,
    client: &HttpClient,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let keys = key_files::check(deployment, &mut findings);
    findings.push(stores::database(&deployment.database_url, clock.now().timestamp()).await);
    findings.push(stores::redis(deployment.redis_url.as_deref()).await);
    let issuer = issuer::check(deployment, client, keys.as_deref(), &mut findings);
    let profile = match &issuer {
        Some(_) => metadata::check(deployment, client, &mut findings),
        None => deployment.profile.clone(),
    };
    let probe =
        keys.as_deref().and_then(|keys| probe::sign(keys, profile.as_ref(), clock, random).ok());
    issuer::try_token(deployment, client, probe.as_deref(), &mut findings);
    let edge = edge::check(deployment, client, issuer.as_ref(), keys.as_deref(), &mut findings);
    let session = deployment
        .login
        .as_ref()
        .and_then(|login| probe::log_in(deployment, client, login, &mut findings));
    let valid = ValidToken::choose(session.as_ref(), probe.as_deref());
    edge::try_tokens(
        deployment,
        client,
        session.as_ref(),
        valid,
        keys.as_deref(),
        clock,
        &mut findings,
    );
    gate::check(deployment, client, edge.as_ref(), valid, &mut findings);
    if let Some(session) = session {
        session.end(deployment, client);
    }
    clocks::compare(issuer.as_ref(), edge.as_ref(), &mut findings);
    cors::check(deployment, client, &mut findings);
    findings
}
