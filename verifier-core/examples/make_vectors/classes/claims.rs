//! Claims, their order and their limits.

use super::{Signers, profile};
use crate::rows::{ACCEPT, Rows};
use serde_json::json;
use test_support::claims::NOW;

pub fn write(rows: &mut Rows, signers: &Signers) {
    token_type(rows, signers);
    profile::write(rows, signers);
    times(rows, signers);
    names(rows, signers);
    identifiers(rows, signers);
    order(rows, signers);
}

fn token_type(rows: &mut Rows, signers: &Signers) {
    rows.class("token-type");
    let main = &signers.main;
    let values = [
        ("refresh as access", json!({"token_type": "refresh"})),
        ("missing", json!({"token_type": null})),
        ("sliding", json!({"token_type": "sliding"})),
        ("upper case", json!({"token_type": "ACCESS"})),
        ("a space behind", json!({"token_type": "access "})),
        ("empty", json!({"token_type": ""})),
        ("a number", json!({"token_type": 1})),
        ("true", json!({"token_type": true})),
        ("a list", json!({"token_type": ["access"]})),
        ("an object", json!({"token_type": {"access": true}})),
        (
            "under another name",
            json!({"token_type": null, "tokenType": "access", "type": "access"}),
        ),
    ];
    for (what, extra) in values {
        rows.add(what, main.token_with(extra), "main", "token_type_mismatch");
    }
    let null = br#"{"exp":9999999999,"token_type":null}"#;
    rows.add(
        "null",
        main.token_of_bytes(br#"{"alg":"RS256"}"#, null),
        "main",
        "token_type_mismatch",
    );
    let refresh = json!({"tokenType": "refresh"});
    rows.add_under(
        "access as refresh",
        main.token_with(json!({})),
        "main",
        "token_type_mismatch",
        refresh.clone(),
    );
    let token = main.token_with(json!({"token_type": "refresh"}));
    rows.add_under("refresh where it is asked for", token, "main", ACCEPT, refresh);
}

fn times(rows: &mut Rows, signers: &Signers) {
    rows.class("times");
    future(rows, signers);
    let main = &signers.main;
    let cases = [
        ("exp == now", json!({"exp": NOW}), json!({}), "token_expired"),
        ("exp == now + 1", json!({"exp": NOW + 1}), json!({}), ACCEPT),
        ("exp long past", json!({"exp": 1}), json!({}), "token_expired"),
        ("exp missing", json!({"exp": null}), json!({}), "claim_missing"),
        ("exp a string", json!({"exp": "9999999999"}), json!({}), "claim_invalid"),
        ("exp an empty string", json!({"exp": ""}), json!({}), "claim_invalid"),
        ("exp true", json!({"exp": true}), json!({}), "claim_invalid"),
        ("exp false", json!({"exp": false}), json!({}), "claim_invalid"),
        ("exp a list", json!({"exp": [9_999_999_999_u64]}), json!({}), "claim_invalid"),
        ("exp an object", json!({"exp": {}}), json!({}), "claim_invalid"),
        ("exp in milliseconds", json!({"exp": (NOW + 60) * 1000}), json!({}), ACCEPT),
        ("nbf == now", json!({"nbf": NOW}), json!({"futureLeeway": 0}), ACCEPT),
        (
            "nbf == now + 1",
            json!({"nbf": NOW + 1}),
            json!({"futureLeeway": 0}),
            "token_not_yet_valid",
        ),
        ("nbf a string", json!({"nbf": "0"}), json!({}), "claim_invalid"),
        ("nbf true", json!({"nbf": true}), json!({}), "claim_invalid"),
        ("nbf a list", json!({"nbf": []}), json!({}), "claim_invalid"),
        ("iat == now", json!({"iat": NOW}), json!({"futureLeeway": 0}), ACCEPT),
        (
            "iat == now + 1",
            json!({"iat": NOW + 1}),
            json!({"futureLeeway": 0}),
            "token_issued_in_future",
        ),
        ("iat a string", json!({"iat": "0"}), json!({}), "claim_invalid"),
        ("iat false", json!({"iat": false}), json!({}), "claim_invalid"),
        ("iat missing", json!({"iat": null}), json!({}), ACCEPT),
        ("iat after exp", json!({"iat": NOW, "exp": NOW + 1}), json!({}), ACCEPT),
        ("leeway 10, exp 9 s ago", json!({"exp": NOW - 9}), json!({"leeway": 10}), ACCEPT),
        (
            "leeway 10, exp 10 s ago",
            json!({"exp": NOW - 10}),
            json!({"leeway": 10}),
            "token_expired",
        ),
        (
            "leeway 10, nbf in 10 s",
            json!({"nbf": NOW + 10}),
            json!({"leeway": 10, "futureLeeway": 0}),
            ACCEPT,
        ),
        (
            "leeway 10, nbf in 11 s",
            json!({"nbf": NOW + 11}),
            json!({"leeway": 10, "futureLeeway": 0}),
            "token_not_yet_valid",
        ),
        (
            "leeway 10, iat in 10 s",
            json!({"iat": NOW + 10}),
            json!({"leeway": 10, "futureLeeway": 0}),
            ACCEPT,
        ),
        (
            "leeway 10, iat in 11 s",
            json!({"iat": NOW + 11}),
            json!({"leeway": 10, "futureLeeway": 0}),
            "token_issued_in_future",
        ),
        ("leeway larger than now", json!({"exp": 0}), json!({"leeway": NOW + 1}), ACCEPT),
        ("leeway equal to now", json!({"exp": 0}), json!({"leeway": NOW}), "token_expired"),
        ("in 1970", json!({"exp": 1, "iat": 0}), json!({"now": 0}), ACCEPT),
        (
            "in the year 2106",
            json!({"exp": 4_294_967_296_u64}),
            json!({"now": 4_294_967_295_u64}),
            ACCEPT,
        ),
        (
            "in the year 2106, a second later",
            json!({"exp": 4_294_967_296_u64}),
            json!({"now": 4_294_967_296_u64}),
            "token_expired",
        ),
        (
            "in the year 2038",
            json!({"exp": 2_147_483_648_u64}),
            json!({"now": 2_147_483_647_u64}),
            ACCEPT,
        ),
    ];
    for (what, extra, policy, expected) in cases {
        rows.add_under(what, main.token_with(extra), "main", expected, policy);
    }
    for claim in ["exp", "nbf", "iat"] {
        let payload = if claim == "exp" {
            r#"{"token_type":"access","exp":null}"#.to_owned()
        } else {
            format!(r#"{{"token_type":"access","exp":{},"{claim}":null}}"#, NOW + 60)
        };
        let token = main.token_of_bytes(br#"{"alg":"RS256"}"#, payload.as_bytes());
        rows.add(format!("{claim} null"), token, "main", "claim_invalid");
    }
}

/// The future leeway: for `nbf` and `iat` alone, and only where it is the larger one.
fn future(rows: &mut Rows, signers: &Signers) {
    let main = &signers.main;
    let early = "token_not_yet_valid";
    let ahead = "token_issued_in_future";
    let cases = [
        ("nbf in 5 s", json!({"nbf": NOW + 5}), json!({}), ACCEPT),
        ("nbf in 6 s", json!({"nbf": NOW + 6}), json!({}), early),
        ("iat in 5 s", json!({"iat": NOW + 5}), json!({}), ACCEPT),
        ("iat in 6 s", json!({"iat": NOW + 6}), json!({}), ahead),
        ("nbf and iat in 5 s", json!({"nbf": NOW + 5, "iat": NOW + 5}), json!({}), ACCEPT),
        ("exp ahead of an iat in 5 s", json!({"iat": NOW + 5, "exp": NOW + 1}), json!({}), ACCEPT),
        (
            "future leeway 30, exp == now",
            json!({"exp": NOW}),
            json!({"futureLeeway": 30}),
            "token_expired",
        ),
        (
            "future leeway 30, nbf in 30 s",
            json!({"nbf": NOW + 30}),
            json!({"futureLeeway": 30}),
            ACCEPT,
        ),
        (
            "future leeway 30, nbf in 31 s",
            json!({"nbf": NOW + 31}),
            json!({"futureLeeway": 30}),
            early,
        ),
        (
            "future leeway 30, iat in 30 s",
            json!({"iat": NOW + 30}),
            json!({"futureLeeway": 30}),
            ACCEPT,
        ),
        (
            "future leeway 30, iat in 31 s",
            json!({"iat": NOW + 31}),
            json!({"futureLeeway": 30}),
            ahead,
        ),
    ];
    for (what, extra, policy, expected) in cases {
        rows.add_under(what, main.token_with(extra), "main", expected, policy);
    }
    // The larger of the two counts, never their sum, and `exp` has the leeway alone.
    for (leeway, future_leeway) in [(10, 30), (30, 10), (3600, 3600)] {
        let policy = json!({"leeway": leeway, "futureLeeway": future_leeway});
        let larger = leeway.max(future_leeway);
        let cases = [
            ("exp a second short of the leeway ago", json!({"exp": NOW - leeway + 1}), ACCEPT),
            ("exp the leeway ago", json!({"exp": NOW - leeway}), "token_expired"),
            ("nbf the larger ahead", json!({"nbf": NOW + larger}), ACCEPT),
            ("nbf a second more ahead", json!({"nbf": NOW + larger + 1}), early),
            ("iat the larger ahead", json!({"iat": NOW + larger}), ACCEPT),
            ("iat a second more ahead", json!({"iat": NOW + larger + 1}), ahead),
        ];
        for (what, extra, expected) in cases {
            let id = format!("leeway {leeway}, future leeway {future_leeway}: {what}");
            rows.add_under(id, main.token_with(extra), "main", expected, policy.clone());
        }
    }
    for (nbf, expected) in
        [(format!("{}.000000000", NOW + 5), ACCEPT), (format!("{}.000000001", NOW + 5), early)]
    {
        let payload = format!(r#"{{"token_type":"access","exp":{},"nbf":{nbf}}}"#, NOW + 60);
        let token = main.token_of_bytes(br#"{"alg":"RS256"}"#, payload.as_bytes());
        rows.add(format!("nbf {nbf}"), token, "main", expected);
    }
}

fn names(rows: &mut Rows, signers: &Signers) {
    rows.class("issuer-audience");
    let main = &signers.main;
    let issuer = "https://issuer.example";
    let both = json!({"issuer": issuer, "audience": "edge"});
    let cases = [
        ("both right", json!({"iss": issuer, "aud": "edge"}), &both, ACCEPT),
        ("audience in a list", json!({"iss": issuer, "aud": ["a", "edge"]}), &both, ACCEPT),
        ("issuer missing", json!({"aud": "edge"}), &both, "issuer_mismatch"),
        (
            "issuer with a slash",
            json!({"iss": "https://issuer.example/", "aud": "edge"}),
            &both,
            "issuer_mismatch",
        ),
        (
            "issuer in upper case",
            json!({"iss": "HTTPS://ISSUER.EXAMPLE", "aud": "edge"}),
            &both,
            "issuer_mismatch",
        ),
        (
            "issuer a prefix",
            json!({"iss": "https://issuer.exampl", "aud": "edge"}),
            &both,
            "issuer_mismatch",
        ),
        (
            "issuer longer",
            json!({"iss": "https://issuer.example.attacker.example", "aud": "edge"}),
            &both,
            "issuer_mismatch",
        ),
        (
            "issuer with a NUL",
            json!({"iss": "https://issuer.example\0", "aud": "edge"}),
            &both,
            "issuer_mismatch",
        ),
        ("issuer a list", json!({"iss": [issuer], "aud": "edge"}), &both, "issuer_mismatch"),
        ("issuer a number", json!({"iss": 1, "aud": "edge"}), &both, "issuer_mismatch"),
        ("audience missing", json!({"iss": issuer}), &both, "audience_mismatch"),
        ("audience another", json!({"iss": issuer, "aud": "other"}), &both, "audience_mismatch"),
        (
            "audience in upper case",
            json!({"iss": issuer, "aud": "Edge"}),
            &both,
            "audience_mismatch",
        ),
        ("audience longer", json!({"iss": issuer, "aud": "edge2"}), &both, "audience_mismatch"),
        ("audience empty", json!({"iss": issuer, "aud": ""}), &both, "audience_mismatch"),
        ("audience an empty list", json!({"iss": issuer, "aud": []}), &both, "audience_mismatch"),
        (
            "audience in a nested list",
            json!({"iss": issuer, "aud": [["edge"]]}),
            &both,
            "claim_invalid",
        ),
        (
            "audience with a number beside",
            json!({"iss": issuer, "aud": ["edge", 1]}),
            &both,
            "claim_invalid",
        ),
        (
            "audience an object",
            json!({"iss": issuer, "aud": {"edge": true}}),
            &both,
            "claim_invalid",
        ),
        ("audience true", json!({"iss": issuer, "aud": true}), &both, "claim_invalid"),
    ];
    for (what, extra, policy, expected) in cases {
        rows.add_under(what, main.token_with(extra), "main", expected, policy.clone());
    }
    rows.add(
        "audience where none is configured",
        main.token_with(json!({"aud": "edge"})),
        "main",
        "audience_mismatch",
    );
    rows.add(
        "audience list where none is configured",
        main.token_with(json!({"aud": ["edge"]})),
        "main",
        "audience_mismatch",
    );
    rows.add(
        "empty audience where none is configured",
        main.token_with(json!({"aud": ""})),
        "main",
        "audience_mismatch",
    );
    rows.add(
        "issuer where none is configured",
        main.token_with(json!({"iss": "x"})),
        "main",
        ACCEPT,
    );
    rows.add(
        "issuer a number where none is configured",
        main.token_with(json!({"iss": 1})),
        "main",
        ACCEPT,
    );
    let escaped = format!(
        r#"{{"token_type":"access","exp":{},"iss":"https:\/\/issuer.exampl\u0065","aud":["\u0065dge"]}}"#,
        NOW + 60
    );
    let token = main.token_of_bytes(br#"{"alg":"RS256"}"#, escaped.as_bytes());
    rows.add_under("both right, written with escapes", token, "main", ACCEPT, both);
}

fn identifiers(rows: &mut Rows, signers: &Signers) {
    rows.class("identifiers");
    let main = &signers.main;
    let cases = [
        ("jti missing", json!({"jti": null}), ACCEPT),
        ("jti empty", json!({"jti": ""}), "claim_invalid"),
        ("jti a number", json!({"jti": 1}), "claim_invalid"),
        ("jti false", json!({"jti": false}), "claim_invalid"),
        ("jti a list", json!({"jti": ["x"]}), "claim_invalid"),
        ("user_id a string", json!({"user_id": "1"}), ACCEPT),
        ("user_id an empty string", json!({"user_id": ""}), ACCEPT),
        ("user_id a large number", json!({"user_id": u64::MAX}), ACCEPT),
        ("user_id missing", json!({"user_id": null}), ACCEPT),
        ("user_id true", json!({"user_id": true}), "claim_invalid"),
        ("user_id a list", json!({"user_id": [1]}), "claim_invalid"),
        ("user_id an object", json!({"user_id": {"$ne": null}}), "claim_invalid"),
        ("role an object", json!({"role": {"$ne": null}}), ACCEPT),
        ("role a list", json!({"role": ["admin"]}), ACCEPT),
    ];
    for (what, extra, expected) in cases {
        rows.add(what, main.token_with(extra), "main", expected);
    }
    for claim in ["jti", "user_id"] {
        let payload = format!(r#"{{"token_type":"access","exp":{},"{claim}":null}}"#, NOW + 60);
        let token = main.token_of_bytes(br#"{"alg":"RS256"}"#, payload.as_bytes());
        rows.add(format!("{claim} null"), token, "main", "claim_invalid");
    }
}

/// Two rules broken at once: the first in the order of the policy is named.
fn order(rows: &mut Rows, signers: &Signers) {
    rows.class("order");
    let (main, other) = (&signers.main, &signers.other);
    let expired = json!({"exp": 1});
    let mut none = main.token_with_header(&json!({"alg": "none"}), &json!({"exp": 1}));
    none.push('=');
    rows.add("encoding before header", none, "main", "base64_invalid");
    let unknown_alg =
        main.token_with_header(&json!({"alg": "none", "kid": "third"}), &json!({"exp": 1}));
    rows.add("header before key", unknown_alg, "set", "alg_not_allowed");
    let all = main.token_with_header(
        &json!({"crit": [], "alg": "none", "typ": "x", "kid": 1, "b64": false}),
        &json!({}),
    );
    rows.add("alg before typ, crit, b64 and kid", all, "main", "alg_not_allowed");
    let rest = main.token_with_header(
        &json!({"crit": [], "alg": "RS256", "typ": "x", "kid": 1, "b64": false}),
        &json!({}),
    );
    rows.add("typ before crit, b64 and kid", rest, "main", "typ_not_allowed");
    let rest = main.token_with_header(
        &json!({"crit": [], "alg": "RS256", "kid": 1, "b64": false}),
        &json!({}),
    );
    rows.add("crit before b64 and kid", rest, "main", "crit_not_supported");
    let rest = main.token_with_header(&json!({"alg": "RS256", "kid": 1, "b64": false}), &json!({}));
    rows.add("b64 before kid", rest, "main", "b64_not_supported");
    let unknown_kid =
        other.token_with_header(&json!({"alg": "RS256", "kid": "third"}), &json!({"exp": 1}));
    rows.add("key before signature", unknown_kid, "set", "key_not_found");
    rows.add(
        "signature before expiry",
        other.token_with(expired.clone()),
        "main",
        "signature_invalid",
    );
    let not_json = other.token_of_bytes(br#"{"alg":"RS256"}"#, b"not JSON");
    rows.add("signature before the payload's JSON", not_json, "main", "signature_invalid");
    let expired_refresh = main.token_with(json!({"exp": 1, "token_type": "refresh"}));
    rows.add("expiry before token_type", expired_refresh, "main", "token_expired");
    rows.add(
        "expiry before audience",
        main.token_with(json!({"exp": 1, "aud": "x"})),
        "main",
        "token_expired",
    );
    rows.add(
        "expiry before nbf and iat",
        main.token_with(json!({"exp": 1, "nbf": NOW + 9, "iat": NOW + 9})),
        "main",
        "token_expired",
    );
    rows.add(
        "nbf before iat",
        main.token_with(json!({"nbf": NOW + 9, "iat": NOW + 9})),
        "main",
        "token_not_yet_valid",
    );
    rows.add(
        "iat before token_type",
        main.token_with(json!({"iat": NOW + 9, "token_type": "x"})),
        "main",
        "token_issued_in_future",
    );
    rows.add(
        "token_type before audience",
        main.token_with(json!({"token_type": "x", "aud": "x"})),
        "main",
        "token_type_mismatch",
    );
    rows.add(
        "audience before jti",
        main.token_with(json!({"aud": "x", "jti": ""})),
        "main",
        "audience_mismatch",
    );
    rows.add(
        "jti before user_id",
        main.token_with(json!({"jti": "", "user_id": true})),
        "main",
        "claim_invalid",
    );
    rows.add("keys before everything", "x", "exponent-0", "key_exponent_invalid");
}
