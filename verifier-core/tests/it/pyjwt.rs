//! Compares verdicts with PyJWT's, with the options of the reference resource server. Every
//! difference must be a known one.
//!
//! Needs a Python with `PyJWT[crypto]`, named by the environment variable `PYTHON`.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use test_support::claims::NOW;
use test_support::keys::{OTHER_2048, RSA_2048};
use test_support::signer::Signer;
use test_support::vectors::Vectors;
use verifier_core::{Code, KeySet, PolicyOptions, Stage, UnixTime, Verifier};

use crate::policy;

/// A running PyJWT.
struct PyJwt {
    child: Child,
    questions: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
}

impl PyJwt {
    fn start() -> Option<Self> {
        let Some(python) = std::env::var_os("PYTHON") else {
            // Directly to the stream, because libtest hides the output of passed tests.
            let _ = writeln!(
                std::io::stderr(),
                "skipped: the comparison with PyJWT; PYTHON names no Python with PyJWT[crypto]"
            );
            return None;
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pyjwt/verdicts.py");
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("PYTHON names a Python");
        let replies = BufReader::new(child.stdout.take().expect("standard output is piped"));
        Some(Self { questions: child.stdin.take(), child, replies })
    }

    /// `Ok` when PyJWT accepts, else the name of its exception.
    fn verify(&mut self, question: &Value) -> Result<(), String> {
        let questions = self.questions.as_mut().expect("PyJWT still listens");
        writeln!(questions, "{question}").expect("PyJWT reads the question");
        let mut line = String::new();
        self.replies.read_line(&mut line).expect("PyJWT replies");
        let reply: Value =
            serde_json::from_str(&line).expect("PyJWT writes JSON; is PyJWT[crypto] installed?");
        if reply["accepted"] == true {
            Ok(())
        } else {
            Err(reply["error"].as_str().unwrap_or("?").to_owned())
        }
    }
}

impl Drop for PyJwt {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}

/// Rules of ours that PyJWT does not have, by the code with which they refuse.
const STRICTER: &[Code] = &[
    // Python's decoder skips what is outside the alphabet and ignores unused bits.
    Code::Base64Invalid,
    Code::TokenTooLarge,
    // Python's parser takes the last of two members, NaN, and a lone surrogate.
    Code::HeaderDuplicateMember,
    Code::PayloadDuplicateMember,
    Code::HeaderInvalid,
    Code::PayloadInvalid,
    Code::HeaderTooDeep,
    Code::PayloadTooDeep,
    // PyJWT ignores `typ`, and checks `crit` and `b64` only in part.
    Code::TypNotAllowed,
    Code::CritNotSupported,
    Code::B64NotSupported,
    // PyJWT accepts an absent `exp`, a numeric string or a boolean, and ignores `token_type` and
    // `user_id`.
    Code::ClaimMissing,
    Code::ClaimInvalid,
    Code::TokenTypeMismatch,
    // A falsy audience passes where none is configured; fractions of a second are cut from `exp`,
    // `nbf` and `iat`.
    Code::AudienceMismatch,
    Code::TokenNotYetValid,
];

#[test]
fn the_verdict_table_differs_from_pyjwt_only_in_rules_it_does_not_have() {
    let Some(mut pyjwt) = PyJwt::start() else { return };
    let table = Vectors::load();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut unexpected = Vec::new();
    // PyJWT needs one key in PEM and the policy of access tokens.
    let comparable = table.rows.iter().filter(|row| {
        ["main", "e3", "rsa3072", "rsa4096"].contains(&row.keys.as_str())
            && row.policy.token_type.is_none()
            && !row.policy.require_at_jwt
            && !row.policy.any_audience
            && row.policy.required_claims.is_empty()
            && !row.policy.has_leeway_out_of_range()
    });
    for row in comparable {
        let policy = &row.policy;
        let mut question = json!({
            "token": row.token, "pem": table.keys(row), "now": row.now,
            "leeway": policy.leeway, "futureLeeway": policy.future_leeway,
        });
        for (name, value) in [("issuer", &policy.issuer), ("audience", &policy.audience)] {
            if let Some(value) = value {
                question[name] = serde_json::to_value(value).expect("texts");
            }
        }
        let theirs = pyjwt.verify(&question);
        let code = Code::ALL.iter().find(|code| row.code.as_deref() == Some(code.as_str()));
        let kind = match (code, &theirs) {
            (None, Ok(())) => "both accept".to_owned(),
            (Some(_), Err(_)) => "both refuse".to_owned(),
            (Some(code), Ok(())) if STRICTER.contains(code) => {
                format!("we refuse, PyJWT accepts: {code}")
            }
            (None, Err(error)) if we_alone_accept(&row.id) => {
                format!("we accept, PyJWT refuses: {error}")
            }
            _ => {
                unexpected.push(format!("{}: {:?} by us, {theirs:?} by PyJWT", row.id, row.code));
                "unexpected".to_owned()
            }
        };
        *counts.entry(kind).or_default() += 1;
    }
    for (kind, count) in &counts {
        println!("pyjwt, verdict table: {count:>5} {kind}");
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}

/// Good tokens that PyJWT refuses, by the beginning of their ids: it cuts the fraction of `exp`,
/// and Python reads no number of more than 4,300 digits.
fn we_alone_accept(id: &str) -> bool {
    let known = [
        "json-number: exp 1730277600.5",
        "json-number: exp 1730277600.000000001",
        "json-number: exp 1730277600.00000000000000000000000000000",
        "json-bomb: payload: a number of 9,000 digits",
    ];
    known.contains(&id)
}

#[test]
fn random_mutations_differ_from_pyjwt_only_in_rules_it_does_not_have() {
    let Some(mut pyjwt) = PyJwt::start() else { return };
    let signer = Signer::from_pem(RSA_2048);
    let pem = signer.public_pem();
    // PyJWT has no separate leeway for the future.
    let policy = policy(PolicyOptions { future_leeway_seconds: 0, ..PolicyOptions::default() });
    let verifier = Verifier::new(KeySet::parse(&pem).expect("the key is good"), policy);
    let originals = [
        signer.token_with(json!({})),
        signer.token_with(json!({"exp": NOW})),
        signer.token_with(json!({"nbf": NOW + 1})),
        signer.token_with(json!({"iat": NOW + 1})),
        signer.token_with(json!({"aud": "x"})),
        Signer::from_pem(OTHER_2048).token_with(json!({})),
    ];
    let mut random = SplitMix(0x646f_6a61_6e67);
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for round in 0..3000 {
        let mut token = originals[round % originals.len()].clone().into_bytes();
        for _ in 0..random.below(3) {
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
            let (index, character) =
                (random.below(token.len()), alphabet[random.below(alphabet.len())]);
            match random.below(3) {
                0 => token[index] = character,
                1 => token.insert(index, character),
                _ => drop(token.remove(index)),
            }
        }
        let token = String::from_utf8(token).expect("mutations are ASCII");
        let ours =
            verifier.verify(&token, UnixTime::from_secs(NOW)).err().map(|refusal| refusal.code());
        let theirs = pyjwt.verify(&json!({"token": token, "pem": pem, "now": NOW}));
        let kind = match (ours, theirs) {
            (None, Ok(())) => "both accept".to_owned(),
            (Some(_), Err(_)) => "both refuse".to_owned(),
            (Some(code), Ok(())) if code.stage() < Stage::Signature && STRICTER.contains(&code) => {
                format!("we refuse, PyJWT accepts: {code}")
            }
            (ours, theirs) => panic!("{ours:?} by us, {theirs:?} by PyJWT: {token}"),
        };
        *counts.entry(kind).or_default() += 1;
    }
    for (kind, count) in &counts {
        println!("pyjwt, mutations: {count:>5} {kind}");
    }
}

/// Steele, Lea and Flood's SplitMix64: the same mutations on every run.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).expect("below a usize")
    }
}
