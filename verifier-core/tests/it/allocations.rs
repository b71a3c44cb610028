//! The signature path works on the stack: a verification allocates the decoded segments, and the
//! member names that it compares.

use test_support::encoding::unb64;
use test_support::vectors::{Row, Vectors, Verdict};
use verifier_core::{KeySet, Policy, UnixTime, Verifier};

/// Returns the keys and the first row of the shared table that the default policy accepts.
fn accepted() -> (KeySet, Row) {
    let mut table = Vectors::load();
    let is_accepted = |row: &Row| row.verdict == Verdict::Accept && row.policy.is_default();
    let index = table.rows.iter().position(is_accepted).expect("an accepted row");
    let row = table.rows.swap_remove(index);
    (KeySet::parse(table.keys(&row)).expect("keys"), row)
}

#[test]
fn checking_a_signature_allocates_nothing() {
    let (keys, row) = accepted();
    let (signing_input, signature) = row.token.rsplit_once('.').expect("segments");
    let signature = unb64(signature);
    let mut verdicts = Vec::with_capacity(keys.keys().len());
    let spent = allocation_counter::measure(|| {
        verdicts.extend(
            keys.keys().iter().map(|key| key.verifies(signing_input.as_bytes(), &signature)),
        );
    });
    assert!(verdicts.contains(&true));
    assert_eq!(spent.count_total, 0);
}

#[test]
fn a_token_allocates_for_its_segments_and_its_names_alone() {
    let (keys, row) = accepted();
    let (verifier, now) = (Verifier::new(keys, Policy::default()), UnixTime::from_secs(row.now));
    let spent = allocation_counter::measure(|| assert!(verifier.verify(&row.token, now).is_ok()));
    // The segments, one growing list of names for the header, and one for the payload.
    assert!(spent.count_total <= 9, "{spent:?}");
    assert_eq!(spent.bytes_current, 0);
}
