//! Every row of `vectors/verdicts.json`, natively. The same file is run in wasm in Node, in
//! Chromium and at the edge.

use std::collections::BTreeMap;
use test_support::vectors::{OneOrMore, Row, RowPolicy, Vectors};
use verifier_core::{
    Audience, Check, Code, KeySet, Outcome, Policy, PolicyError, PolicyOptions, Refusal, Stage,
    UnixTime, Verifier,
};

fn policy(row: &RowPolicy) -> Result<Policy, PolicyError> {
    let RowPolicy {
        any_audience,
        audience,
        future_leeway,
        issuer,
        leeway,
        require_at_jwt,
        required_claims,
        token_type,
    } = row;
    let audience = audience.as_ref().map(OneOrMore::values);
    Policy::new(PolicyOptions {
        leeway_seconds: *leeway,
        future_leeway_seconds: *future_leeway,
        token_type: token_type.clone().unwrap_or_else(|| Some("access".to_owned())),
        issuer: issuer.as_ref().map(OneOrMore::values),
        audience: match (any_audience, audience) {
            (true, _) => Audience::Any,
            (false, None) => Audience::Absent,
            (false, Some(audiences)) => Audience::OneOf(audiences),
        },
        require_at_jwt: *require_at_jwt,
        required_claims: required_claims.clone(),
    })
}

fn verdict(keys: &str, row: &Row) -> Option<&'static str> {
    match KeySet::parse(keys) {
        Err(error) => Some(error.code().as_str()),
        Ok(keys) => {
            let policy = policy(&row.policy).expect("the options make a policy");
            let verified =
                Verifier::new(keys, policy).verify(&row.token, UnixTime::from_secs(row.now));
            verified.err().map(|refusal| refusal.code().as_str())
        }
    }
}

#[test]
fn every_row_of_the_verdict_table_gets_its_verdict_and_code() {
    let table = Vectors::load();
    assert!(table.rows.len() >= 400, "{} rows", table.rows.len());
    let mut classes: BTreeMap<&str, [u32; 2]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in &table.rows {
        if row.policy.has_leeway_out_of_range() {
            assert_eq!(policy(&row.policy), Err(PolicyError::LeewayTooLong), "{}", row.id);
            continue;
        }
        let actual = verdict(table.keys(row), row);
        if actual != row.code.as_deref() {
            wrong.push(format!(
                "{}: {} instead of {}",
                row.id,
                actual.unwrap_or("accepted"),
                row.code.as_deref().unwrap_or("accepted")
            ));
        }
        classes.entry(&row.class).or_default()[usize::from(row.code.is_some())] += 1;
    }
    println!("native: {:<24} {:>8} {:>8}", "class", "accepted", "refused");
    for (class, [accepted, refused]) in &classes {
        println!("native: {class:<24} {accepted:>8} {refused:>8}");
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// The verdicts of the table before other issuers' tokens could be verified: a code or `accept`, a
/// tab, the id of the row.
const FIRST_POLICY: &str = include_str!("../../vectors/first-policy.tsv");

/// What has changed since then. Strictness on tokens never loosens beyond this.
const CHANGED: [(&str, &str, &str); 5] = [
    // RFC 7515 section 4.1.9 and RFC 9068 section 4 allow the prefix.
    ("typ: application/jwt", "typ_not_allowed", "accept"),
    ("typ: application/at+jwt", "typ_not_allowed", "accept"),
    // Key texts come from the operator.
    ("key-pem: a certificate", "key_pem_invalid", "key_certificate"),
    ("key-set: two suitable keys with one kid", "key_duplicate_kid", "kid_ambiguous"),
    ("key-set: the same key twice", "key_duplicate_kid", "accept"),
];

#[test]
fn only_what_is_named_has_another_verdict_than_under_the_first_policy() {
    let table = Vectors::load();
    let mut now: BTreeMap<&str, &Row> =
        table.rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let mut changed = Vec::new();
    for line in FIRST_POLICY.lines() {
        let (before, id) = line.split_once('\t').expect("a verdict and an id");
        let row = now.remove(id).unwrap_or_else(|| panic!("the table has lost the row {id:?}"));
        if row.policy.has_leeway_out_of_range() {
            continue;
        }
        let verdict = verdict(table.keys(row), row).unwrap_or("accept");
        if verdict != before {
            changed.push((id, before, verdict));
        }
    }
    assert_eq!(FIRST_POLICY.lines().count(), 1081);
    changed.sort_unstable();
    let mut expected = CHANGED;
    expected.sort_unstable();
    assert_eq!(changed, expected);
}

#[test]
fn every_code_of_keys_and_tokens_has_a_row() {
    let table = Vectors::load();
    let has_row =
        |code: &Code| table.rows.iter().any(|row| row.code.as_deref() == Some(code.as_str()));
    // The first needs a key text of 128 KiB. The verifier never returns the others.
    let is_exempt =
        |code: &Code| *code == Code::KeySetTooLarge || code.stage() == Stage::Revocation;
    let missing: Vec<_> =
        Code::ALL.iter().filter(|code| !has_row(code) && !is_exempt(code)).collect();
    assert!(missing.is_empty(), "verifier-core/examples/make_vectors has no row for {missing:?}");
}

/// The check that must fail for a code.
fn check_of(refusal: Refusal) -> Check {
    match (refusal.code(), refusal) {
        (_, Refusal::RequiredClaim { .. }) => Check::RequiredClaims,
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
    let table = Vectors::load();
    for row in &table.rows {
        let Ok(keys) = KeySet::parse(table.keys(row)) else { continue };
        let Ok(policy) = policy(&row.policy) else { continue };
        let verifier = Verifier::new(keys, policy);
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
