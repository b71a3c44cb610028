//! Tokens of other issuers, and the claims that a policy requires.

use super::Signers;
use crate::rows::{ACCEPT, Rows};
use serde_json::{Value, json};
use test_support::claims::{NOW, claims_with};

pub fn write(rows: &mut Rows, signers: &Signers) {
    without_token_type(rows, signers);
    required(rows, signers);
}

/// Tokens of issuers without `token_type`: `iss` and `aud` decide.
fn without_token_type(rows: &mut Rows, signers: &Signers) {
    rows.class("profile");
    let main = &signers.main;
    let (us, other) = ("https://issuer.example", "https://other.example");
    let strict = json!({"tokenType": null, "issuer": us, "audience": "edge"});
    let any = json!({"tokenType": null, "issuer": us, "anyAudience": true});
    let lists =
        json!({"tokenType": null, "issuer": [us, "issuer.example"], "audience": ["a", "edge"]});
    let plain = json!({"token_type": null, "iss": us, "aud": "edge"});
    let with = |changes: Value| {
        let mut claims = plain.clone();
        for (name, value) in changes.as_object().expect("claims are an object") {
            claims[name] = value.clone();
        }
        claims
    };
    let cases = [
        ("no token_type", plain.clone(), &strict, ACCEPT),
        ("token_type refresh", with(json!({"token_type": "refresh"})), &strict, ACCEPT),
        ("token_type a number", with(json!({"token_type": 1})), &strict, ACCEPT),
        ("another issuer", with(json!({"iss": other})), &strict, "issuer_mismatch"),
        ("no issuer", with(json!({"iss": null})), &strict, "issuer_mismatch"),
        ("another audience", with(json!({"aud": "other"})), &strict, "audience_mismatch"),
        ("no audience", with(json!({"aud": null})), &strict, "audience_mismatch"),
        ("any audience, one", plain.clone(), &any, ACCEPT),
        ("any audience, none", with(json!({"aud": null})), &any, ACCEPT),
        ("any audience, several", with(json!({"aud": ["x", "y"]})), &any, ACCEPT),
        ("any audience, empty", with(json!({"aud": ""})), &any, ACCEPT),
        ("any audience, a number", with(json!({"aud": 1})), &any, "claim_invalid"),
        ("any audience, another issuer", with(json!({"iss": other})), &any, "issuer_mismatch"),
        ("lists, the first issuer", plain.clone(), &lists, ACCEPT),
        ("lists, the second issuer", with(json!({"iss": "issuer.example"})), &lists, ACCEPT),
        ("lists, another issuer", with(json!({"iss": other})), &lists, "issuer_mismatch"),
        ("lists, a list of issuers", with(json!({"iss": [us]})), &lists, "issuer_mismatch"),
        ("lists, the first audience", with(json!({"aud": "a"})), &lists, ACCEPT),
        ("lists, both audiences", with(json!({"aud": ["edge", "a"]})), &lists, ACCEPT),
        ("lists, one of the audiences", with(json!({"aud": ["x", "edge"]})), &lists, ACCEPT),
        ("lists, other audiences", with(json!({"aud": ["x", "b"]})), &lists, "audience_mismatch"),
        (
            "lists, the audiences joined",
            with(json!({"aud": "a edge"})),
            &lists,
            "audience_mismatch",
        ),
    ];
    for (what, extra, policy, expected) in cases {
        rows.add_under(what, main.token_with(extra), "main", expected, policy.clone());
    }
    // `token_type` and the others together: each is required.
    let all = json!({"tokenType": "id", "issuer": [us], "audience": ["edge"]});
    let cases = [
        ("another type, right", with(json!({"token_type": "id"})), ACCEPT),
        ("another type, access", with(json!({"token_type": "access"})), "token_type_mismatch"),
        ("another type, none", plain.clone(), "token_type_mismatch"),
        (
            "another type, another issuer",
            with(json!({"token_type": "id", "iss": other})),
            "issuer_mismatch",
        ),
    ];
    for (what, extra, expected) in cases {
        rows.add_under(what, main.token_with(extra), "main", expected, all.clone());
    }
    let any = json!({"anyAudience": true});
    rows.add_under(
        "any audience of access tokens",
        main.token_with(json!({"aud": "x"})),
        "main",
        ACCEPT,
        any,
    );
}

/// Claims that the policy requires by their names.
fn required(rows: &mut Rows, signers: &Signers) {
    rows.class("required-claims");
    let main = &signers.main;
    let sub_and_scope = json!({"requiredClaims": ["sub", "scope"]});
    let cases = [
        ("both", json!({"sub": "1", "scope": "read"}), ACCEPT),
        ("values of any type", json!({"sub": false, "scope": []}), ACCEPT),
        ("the first missing", json!({"scope": "read"}), "claim_missing"),
        ("the second missing", json!({"sub": "1"}), "claim_missing"),
        ("in another case", json!({"Sub": "1", "scope": "read"}), "claim_missing"),
        ("nested", json!({"x": {"sub": "1", "scope": "read"}}), "claim_missing"),
    ];
    for (what, extra, expected) in cases {
        rows.add_under(what, main.token_with(extra), "main", expected, sub_and_scope.clone());
    }
    let exp = NOW + 60;
    for (what, rest, expected) in [
        ("null", r#""sub":null,"scope":"read""#, "claim_missing"),
        ("escaped names", r#""\u0073ub":"1","scop\u0065":"read""#, ACCEPT),
    ] {
        let payload = format!(r#"{{"token_type":"access","exp":{exp},{rest}}}"#);
        let token = main.token_of_bytes(br#"{"alg":"RS256"}"#, payload.as_bytes());
        rows.add_under(what, token, "main", expected, sub_and_scope.clone());
    }
    let names = json!({"requiredClaims": ["exp", "iat", "nbf", "jti", "user_id", "token_type"]});
    rows.add_under(
        "claims with rules",
        main.token_with(json!({"nbf": NOW})),
        "main",
        ACCEPT,
        names.clone(),
    );
    rows.add_under(
        "a claim with a rule missing",
        main.token_with(json!({})),
        "main",
        "claim_missing",
        names,
    );
    let odd = json!({"requiredClaims": ["https://issuer.example/roles", "a\"b", "클레임"]});
    let extra = json!({"https://issuer.example/roles": [], "a\"b": 0, "클레임": ""});
    rows.add_under("unusual names", main.token_with(extra), "main", ACCEPT, odd.clone());
    rows.add_under(
        "unusual names missing",
        main.token_with(json!({"클레임": ""})),
        "main",
        "claim_missing",
        odd,
    );
    rows.add_under(
        "after every other rule",
        main.token_with(json!({"user_id": true})),
        "main",
        "claim_invalid",
        sub_and_scope,
    );
    // RFC 9068 section 4, with the claims of its section 2.2.
    let rfc9068 = json!({
        "tokenType": null, "issuer": "https://issuer.example", "audience": "edge",
        "requireAtJwt": true, "requiredClaims": ["sub", "client_id", "iat", "jti"],
    });
    let claims = json!({
        "token_type": null, "iss": "https://issuer.example", "aud": "edge", "sub": "1",
        "client_id": "app",
    });
    let token = |header: &str, without: Option<&str>| {
        let mut claims = claims_with(claims.clone());
        let members = claims.as_object_mut().expect("claims are an object");
        without.map(|name| members.remove(name));
        main.token_with_header(&json!({"alg": "RS256", "typ": header}), &claims)
    };
    for typ in ["at+jwt", "application/at+jwt"] {
        rows.add_under(
            format!("RFC 9068, {typ}"),
            token(typ, None),
            "main",
            ACCEPT,
            rfc9068.clone(),
        );
    }
    for (without, expected) in [
        ("iss", "issuer_mismatch"),
        ("aud", "audience_mismatch"),
        ("exp", "claim_missing"),
        ("sub", "claim_missing"),
        ("client_id", "claim_missing"),
        ("iat", "claim_missing"),
        ("jti", "claim_missing"),
    ] {
        let token = token("at+jwt", Some(without));
        rows.add_under(
            format!("RFC 9068 without {without}"),
            token,
            "main",
            expected,
            rfc9068.clone(),
        );
    }
}
