//! The standard claims of tokens (RFC 7519, RFC 9068), and what stays good when they change.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use issuer::keys::OtherClaims;
use issuer::model::TokenProfile;
use serde_json::{Value, json};
use test_support::signer::Signer;
use verifier_core::{Audience, KeySet, Policy, PolicyOptions, UnixTime, Verifier};

use crate::http::request;
use crate::support::{Options, PASSWORD, START, TestIssuer, private_pem, profile_of, shared_keys};
use crate::tokens::read;

const PUBLIC_URL: &str = "https://login.example/auth";

fn profile(audiences: &[&str]) -> TokenProfile {
    TokenProfile {
        audiences: audiences.iter().map(|one| (*one).to_owned()).collect(),
        ..profile_of(PUBLIC_URL)
    }
}

fn options(profile: TokenProfile) -> Options {
    Options { public_url: Some(PUBLIC_URL), profile: Some(profile), ..Options::default() }
}

/// Header and claims of both tokens of a login.
fn login(issuer: &TestIssuer) -> [(Option<String>, serde_json::Map<String, Value>); 2] {
    let tokens = issuer.login("testuser", PASSWORD);
    ["access", "refresh"].map(|token_type| {
        let (header, claims) = read(issuer, &tokens.text(token_type));
        (header.token_type, claims)
    })
}

#[test]
fn without_a_public_url_tokens_are_exactly_those_of_simplejwt() {
    let issuer = TestIssuer::start();
    let access = issuer.login("testuser", PASSWORD).text("access");
    let [header, payload] = [0, 1].map(|index| {
        let part = access.split('.').nth(index).expect("a part");
        String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("text")
    });
    let kid = issuer.keys.signing.kid();
    assert_eq!(header, format!(r#"{{"alg":"RS256","kid":"{kid}","typ":"JWT"}}"#));
    let (_, claims) = read(&issuer, &access);
    let expected = format!(
        r#"{{"exp":{},"iat":{START},"token_type":"access","jti":{},"sid":{},"user_id":1,"#,
        START + 7_200,
        claims["jti"],
        claims["sid"]
    );
    let user = r#""username":"testuser","email":"test@example.com","#;
    assert_eq!(payload, format!(r#"{expected}{user}"role":"instructor","premium":true}}"#));
}

#[test]
fn with_a_public_url_tokens_name_their_issuer_and_their_subject() {
    let issuer = TestIssuer::with(options(profile(&[])));
    for (typ, mut claims) in login(&issuer) {
        assert_eq!(typ.as_deref(), Some("JWT"));
        for unrelated in ["jti", "sid", "status", "exp"] {
            assert!(claims.remove(unrelated).is_some(), "{unrelated}");
        }
        let token_type = claims.remove("token_type");
        assert!([Some(json!("access")), Some(json!("refresh"))].contains(&token_type));
        let expected = json!({
            "iss": PUBLIC_URL, "sub": "1", "iat": START,
            "user_id": 1, "username": "testuser", "email": "test@example.com",
            "role": "instructor", "premium": true,
        });
        assert_eq!(Value::Object(claims), expected);
    }
}

#[test]
fn an_audience_is_a_string_or_an_array_and_a_refresh_token_is_for_the_issuer() {
    for (audiences, expected) in
        [(vec!["shop"], json!("shop")), (vec!["shop", "mail"], json!(["shop", "mail"]))]
    {
        let issuer = TestIssuer::with(options(profile(&audiences)));
        let [(_, access), (_, refresh)] = login(&issuer);
        assert_eq!((&access["aud"], &refresh["aud"]), (&expected, &json!(PUBLIC_URL)));
        assert!(!access.contains_key("client_id"));
    }
}

#[test]
fn at_jwt_and_client_id_are_of_access_tokens_alone() {
    let issuer = TestIssuer::with(options(TokenProfile {
        is_at_jwt: true,
        client_id: Some("shop-web".to_owned()),
        ..profile(&["shop"])
    }));
    let [(access_typ, access), (refresh_typ, refresh)] = login(&issuer);
    assert_eq!((access_typ.as_deref(), refresh_typ.as_deref()), (Some("at+jwt"), Some("JWT")));
    assert_eq!(access["client_id"], "shop-web");
    assert!(!refresh.contains_key("client_id"));
    // The claims that SimpleJWT's clients read.
    for name in ["user_id", "token_type", "jti", "exp", "iat", "username"] {
        assert!(access.contains_key(name), "{name}");
    }
}

/// A service that follows RFC 9068 section 4, without `token_type`.
#[test]
fn a_verifier_of_rfc_9068_accepts_access_tokens_and_no_refresh_tokens() {
    let issuer = TestIssuer::with(options(TokenProfile {
        is_at_jwt: true,
        client_id: Some("shop-web".to_owned()),
        ..profile(&["shop"])
    }));
    let tokens = issuer.login("testuser", PASSWORD);
    let keys = KeySet::parse(&issuer.send(&request("GET", "/.well-known/jwks.json")).body);
    let keys = keys.expect("keys");
    let code = |require_at_jwt, audience: &str, token: &str| {
        let required = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"];
        let options = PolicyOptions {
            token_type: None,
            issuer: Some(vec![PUBLIC_URL.to_owned()]),
            audience: Audience::OneOf(vec![audience.to_owned()]),
            require_at_jwt,
            required_claims: required.map(str::to_owned).to_vec(),
            ..PolicyOptions::default()
        };
        let verifier = Verifier::new(keys.clone(), Policy::new(options).expect("a policy"));
        let verdict = verifier.verify(token, UnixTime::from_secs(START.cast_unsigned()));
        verdict.err().map(|rejected| rejected.code().to_string())
    };
    let (access, refresh) = (tokens.text("access"), tokens.text("refresh"));
    assert_eq!(code(true, "shop", &access), None);
    assert_eq!(code(true, "mail", &access).as_deref(), Some("audience_mismatch"));
    assert_eq!(code(true, "shop", &refresh).as_deref(), Some("typ_not_allowed"));
    assert_eq!(code(false, "shop", &refresh).as_deref(), Some("audience_mismatch"));
}

/// Every operation that takes a token accepts these.
#[track_caller]
fn are_good(issuer: &TestIssuer, access: &str, refresh: &str, name: &str) {
    for response in
        [issuer.me(access), issuer.verify(access), issuer.verify(refresh), issuer.refresh(refresh)]
    {
        assert_eq!(response.status, 200, "{name}: {}", response.body);
    }
}

/// Makes the settings of an earlier start.
type Earlier = fn() -> Options;

#[test]
fn sessions_go_on_when_the_settings_change() {
    let full = || {
        options(TokenProfile {
            is_at_jwt: true,
            client_id: Some("shop-web".to_owned()),
            ..profile(&["shop"])
        })
    };
    let rotating = |options| Options { rotation: true, ..options };
    let settings: [(&str, Earlier); 4] = [
        ("none", Options::default),
        ("a public URL", || options(profile(&[]))),
        ("an audience", || options(profile(&["shop"]))),
        ("several audiences", || options(profile(&["mail", "shop"]))),
    ];
    for (name, earlier) in settings {
        let before = TestIssuer::with(earlier());
        let tokens = before.login("testuser", PASSWORD);
        let (access, refresh) = (tokens.text("access"), tokens.text("refresh"));
        are_good(&before, &access, &refresh, name);
        let after = before.another(rotating(full()));
        are_good(&after, &access, &refresh, name);
        // The next tokens have the new claims.
        let next = after.refresh(&refresh);
        let (header, claims) = read(&after, &next.text("access"));
        assert_eq!(header.token_type.as_deref(), Some("at+jwt"), "{name}");
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(PUBLIC_URL), &json!("shop")));
        are_good(&after, &next.text("access"), &next.text("refresh"), name);
        assert_eq!(after.log_out(&next.text("refresh")).status, 200, "{name}");
        assert_eq!(after.me(&access).status, 401, "{name}: the session has ended");
    }
}

#[test]
fn a_session_outlives_a_removed_or_replaced_audience() {
    let before = TestIssuer::with(options(profile(&["shop"])));
    let tokens = before.login("testuser", PASSWORD);
    for audiences in [&[][..], &["mail"]] {
        let after = before.another(options(profile(audiences)));
        let refused = after.me(&tokens.text("access"));
        assert_eq!((refused.status, refused.text("reason").as_str()), (401, "audience_mismatch"));
        let next = after.refresh(&tokens.text("refresh"));
        assert_eq!(after.me(&next.text("access")).status, 200);
    }
    let accepted = OtherClaims { audiences: vec!["shop".to_owned()], ..OtherClaims::default() };
    let after = before.another(Options { accepted, ..options(profile(&["mail"])) });
    assert_eq!(after.me(&tokens.text("access")).status, 200, "the former audience is accepted");
}

#[test]
fn a_session_outlives_another_public_url_that_is_accepted() {
    let before = TestIssuer::with(options(profile(&["shop"])));
    let tokens = before.login("testuser", PASSWORD);
    let moved = || Options {
        public_url: Some("https://login.example"),
        profile: Some(TokenProfile {
            issuer: "https://login.example".to_owned(),
            ..profile(&["shop"])
        }),
        ..Options::default()
    };
    let after = before.another(moved());
    let refused = after.me(&tokens.text("access"));
    assert_eq!((refused.status, refused.text("reason").as_str()), (401, "issuer_mismatch"));
    drop(after);
    let accepted = OtherClaims {
        issuers: vec![PUBLIC_URL.to_owned()],
        audiences: vec![PUBLIC_URL.to_owned()],
    };
    let after = before.another(Options { accepted, ..moved() });
    are_good(&after, &tokens.text("access"), &tokens.text("refresh"), "moved");
}

#[test]
fn tokens_of_another_issuer_or_for_others_are_refused() {
    let issuer = TestIssuer::with(options(profile(&["shop"])));
    let token = |token_type: &str, changes: Value| {
        let mut claims = json!({
            "token_type": token_type, "jti": "a", "user_id": 1, "iat": START, "exp": START + 60,
        });
        claims
            .as_object_mut()
            .expect("an object")
            .extend(changes.as_object().expect("an object").clone());
        Signer::from_pem(&private_pem(shared_keys())).token(&claims)
    };
    let (own, other) = (PUBLIC_URL, "https://other.example");
    for (token_type, changes, expected) in [
        ("access", json!({"iss": own, "aud": "shop"}), None),
        ("access", json!({"iss": own, "aud": ["mail", "shop"]}), None),
        ("access", json!({"iss": own}), None),
        ("access", json!({}), None),
        ("access", json!({"iss": other, "aud": "shop"}), Some("issuer_mismatch")),
        ("access", json!({"iss": other}), Some("issuer_mismatch")),
        ("access", json!({"iss": format!("{own}/")}), Some("issuer_mismatch")),
        ("access", json!({"iss": [own]}), Some("issuer_mismatch")),
        ("access", json!({"iss": own, "aud": "mail"}), Some("audience_mismatch")),
        ("access", json!({"iss": own, "aud": own}), Some("audience_mismatch")),
        ("access", json!({"iss": own, "aud": []}), Some("audience_mismatch")),
        ("refresh", json!({"iss": own, "aud": own}), None),
        ("refresh", json!({"iss": own, "aud": "mail"}), Some("audience_mismatch")),
        ("refresh", json!({"iss": other, "aud": own}), Some("issuer_mismatch")),
    ] {
        let response = issuer.verify(&token(token_type, changes.clone()));
        match expected {
            None => assert_eq!(response.status, 200, "{token_type} {changes}: {}", response.body),
            Some(reason) => assert_eq!(
                (response.status, response.text("reason").as_str()),
                (401, reason),
                "{token_type} {changes}"
            ),
        }
    }
}
