//! Compares the standard claims that the running issuer writes with the settings of the doctor.

use serde_json::Value;

use super::client::HttpClient;
use super::deployment::Deployment;
use super::finding::Finding;
use super::token_values::TokenValues;
use crate::model::{TokenProfile, TokenType};

const CHECK: &str = "issuer_metadata";
const SAME_SETTINGS: &str = "pass the --public-url, --audience, --at-jwt and --client-id of the \
                             running issuer here, or restart it with these";

/// Compares the metadata of the running issuer with the settings. Returns the profile of its
/// tokens, as far as it is known.
pub(super) fn check(
    deployment: &Deployment,
    client: &HttpClient,
    findings: &mut Vec<Finding>,
) -> Option<TokenProfile> {
    let expected = deployment.profile.as_ref();
    // A missing response was reported before.
    let response =
        client.get(&deployment.issuer.at("/.well-known/oauth-authorization-server"), &[]);
    let served: Option<String> = match response {
        // Text from a service must not fill the screen.
        Ok(response) if response.status == 200 => {
            response.text("issuer").map(|url| url.chars().take(200).collect())
        }
        Ok(response) if response.status == 404 => None,
        Ok(response) => {
            let text = format!(
                "the issuer responds with status {} to /.well-known/oauth-authorization-server",
                response.status
            );
            let advice = "look into the log of the issuer, and of the proxy in front of it";
            findings.push(Finding::problem(CHECK, text, advice));
            return deployment.profile.clone();
        }
        Err(_) => return deployment.profile.clone(),
    };
    findings.push(match (&served, expected) {
        (None, None) => Finding::skipped(
            CHECK,
            "the issuer has no public URL, so that its tokens have no `iss`",
        ),
        (None, Some(expected)) => {
            let text = format!(
                "the running issuer has no public URL; the settings here say {}",
                expected.issuer
            );
            Finding::problem(CHECK, text, SAME_SETTINGS)
        }
        (Some(served), Some(expected)) if *served != expected.issuer => {
            let text = format!(
                "the running issuer is {served}; the settings here say {}",
                expected.issuer
            );
            Finding::problem(CHECK, text, SAME_SETTINGS)
        }
        (Some(served), Some(_)) => {
            Finding::ok(CHECK, format!("the `iss` of the running issuer's tokens is {served}"))
        }
        (Some(served), None) => {
            let text = format!(
                "the `iss` of the running issuer's tokens is {served}; if it has an --audience or \
                 --at-jwt, pass them here"
            );
            Finding::ok(CHECK, text)
        }
    });
    let minimal =
        |issuer| TokenProfile { issuer, audiences: Vec::new(), is_at_jwt: false, client_id: None };
    deployment.profile.clone().or_else(|| served.map(minimal))
}

/// Compares the token of a login with the settings. Returns a finding if they differ.
pub(super) fn compare(access: &str, expected: &TokenProfile) -> Option<Finding> {
    let values = TokenValues::read(access)?;
    let audience = expected.audience_claim(TokenType::Access);
    let audience = audience.and_then(|audience| serde_json::to_value(audience).ok());
    let issuer = Value::from(expected.issuer.as_str());
    let typ = expected.typ(TokenType::Access);
    let differences: Vec<String> = [
        (values.claim("iss") != Some(&issuer)).then(|| (values.show("iss"), issuer.to_string())),
        (values.claim("aud") != audience.as_ref()).then(|| {
            let expected = audience.as_ref().map_or("none".to_owned(), ToString::to_string);
            (values.show("aud"), expected)
        }),
        (values.claim("client_id").and_then(Value::as_str) != expected.client_id.as_deref()).then(
            || {
                let client = expected.client_id.as_ref();
                (values.show("client_id"), client.map_or("none".to_owned(), |id| format!("{id:?}")))
            },
        ),
        (values.typ() != Some(typ)).then(|| (values.show_typ(), format!("{typ:?}"))),
    ]
    .into_iter()
    .flatten()
    .map(|(actual, expected)| format!("it has {actual}, and the settings here say {expected}"))
    .collect();
    (!differences.is_empty()).then(|| {
        let text =
            format!("the token of the login differs from the settings: {}", differences.join("; "));
        Finding::problem("login_token", text, SAME_SETTINGS)
    })
}
