//! Every row of `vectors/verdicts.json`, natively. The same file is run in wasm in Node, in
//! Chromium and at the edge.

use serde::Deserialize;
use std::collections::BTreeMap;
use verifier_core::{
    Check, Code, KeySet, Outcome, Policy, Refusal, Stage, TokenType, UnixTime, Verifier,
};

#[derive(Deserialize)]
struct File {
    keys: BTreeMap<String, String>,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    class: String,
    token: String,
    keys: String,
    now: u64,
    policy: RowPolicy,
    verdict: String,
    code: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RowPolicy {
    leeway: u64,
    future_leeway: u64,
    issuer: Option<String>,
    audience: Option<String>,
    token_type: Option<String>,
    #[serde(default)]
    require_at_jwt: bool,
}

impl From<RowPolicy> for Policy {
    fn from(row: RowPolicy) -> Self {
        Self {
            leeway_seconds: row.leeway,
            future_leeway_seconds: row.future_leeway,
            issuer: row.issuer,
            audience: row.audience,
            token_type: if row.token_type.as_deref() == Some("refresh") {
                TokenType::Refresh
            } else {
                TokenType::Access
            },
            require_at_jwt: row.require_at_jwt,
        }
    }
}

fn verdict(keys: &str, row: &Row, policy: Policy) -> Option<&'static str> {
    match KeySet::parse(keys) {
        Err(error) => Some(error.code().as_str()),
        Ok(keys) => {
            let verified =
                Verifier::new(keys, policy).verify(&row.token, UnixTime::from_secs(row.now));
            verified.err().map(|refusal| refusal.code().as_str())
        }
    }
}

#[test]
fn every_row_of_the_verdict_table_gets_its_verdict_and_code() {
    let file: File = serde_json::from_str(include_str!("../../vectors/verdicts.json"))
        .expect("the file is of this form");
    assert!(file.rows.len() >= 400, "{} rows", file.rows.len());
    let mut classes: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for mut row in file.rows {
        let policy = std::mem::take(&mut row.policy).into();
        let actual = verdict(&file.keys[&row.keys], &row, policy);
        assert_eq!(row.verdict == "accept", row.code.is_none(), "{}: a refusal has a code", row.id);
        if actual != row.code.as_deref() {
            wrong.push(format!(
                "{}: {} instead of {}",
                row.id,
                actual.unwrap_or("accepted"),
                row.code.as_deref().unwrap_or("accepted")
            ));
        }
        classes.entry(row.class).or_default()[usize::from(row.code.is_some())] += 1;
    }
    println!("native: {:<24} {:>8} {:>8}", "class", "accepted", "refused");
    for (class, [accepted, refused]) in &classes {
        println!("native: {class:<24} {accepted:>8} {refused:>8}");
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// The check that must fail for a code.
fn check_of(refusal: Refusal) -> Check {
    match (refusal.code(), refusal) {
        (Code::ClaimMissing, _) | (Code::TokenExpired, _) => Check::ExpiresAt,
        (Code::ClaimInvalid, Refusal::ClaimInvalid(claim)) => Check::ALL
            .into_iter()
            .find(|check| check.as_str() == claim.as_str())
            .expect("the claim has a check"),
        (Code::TokenNotYetValid, _) => Check::NotBefore,
        (Code::TokenIssuedInFuture, _) => Check::IssuedAt,
        (Code::TokenTypeMismatch, _) => Check::TokenType,
        (Code::IssuerMismatch, _) => Check::Issuer,
        (Code::AudienceMismatch, _) => Check::Audience,
        (code, _) => match code.stage() {
            Stage::Shape => Check::Shape,
            Stage::Header => Check::Header,
            Stage::Key => Check::Key,
            Stage::Signature => Check::Signature,
            _ => Check::Payload,
        },
    }
}

#[test]
fn every_row_is_explained_by_the_check_that_stopped_it() {
    let file: File = serde_json::from_str(include_str!("../../vectors/verdicts.json"))
        .expect("the file is of this form");
    for mut row in file.rows {
        let Ok(keys) = KeySet::parse(&file.keys[&row.keys]) else { continue };
        let verifier = Verifier::new(keys, std::mem::take(&mut row.policy).into());
        let now = UnixTime::from_secs(row.now);
        let explanation = verifier.explain(&row.token, now);
        assert_eq!(explanation.verdict, verifier.verify(&row.token, now), "{}", row.id);
        let expected =
            explanation.verdict.as_ref().err().map(|rejected| check_of(rejected.refusal()));
        for step in explanation.steps {
            match expected {
                Some(failing) if step.check == failing => {
                    assert!(matches!(step.outcome, Outcome::Failed(_)), "{}", row.id)
                }
                Some(failing) if step.check > failing => {
                    assert_eq!(step.outcome, Outcome::NotReached, "{}", row.id)
                }
                _ => assert_eq!(step.outcome, Outcome::Passed, "{}: {:?}", row.id, step.check),
            }
        }
    }
}
