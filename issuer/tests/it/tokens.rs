//! The claims of the tokens, and the libraries that accept them.

use std::collections::BTreeSet;

use issuer::model::TokenType;
use issuer::users::Profile;
use jwt_compact::alg::{Rsa, RsaPublicKey};
use jwt_compact::{AlgorithmExt as _, Header, UntrustedToken};
use rsa::pkcs8::DecodePublicKey as _;
use serde_json::{Map, Value, json};
use test_support::claims::with;
use test_support::signer::Signer;
use verifier_core::{KeySet, Policy, PolicyOptions, UnixTime, Verifier};

use crate::http::request;
use crate::support::{Options, PASSWORD, START, TestIssuer, private_pem, shared_keys};

/// Header and claims of a token, accepted by jwt-compact's own RS256: the `rsa` crate with the
/// published PEM.
pub(crate) fn read(
    issuer: &TestIssuer,
    token: &str,
) -> (Header<Map<String, Value>>, Map<String, Value>) {
    let pem = issuer.send(&request("GET", "/public.pem")).body;
    let key = RsaPublicKey::from_public_key_pem(&pem).expect("a public key");
    let token = UntrustedToken::<Map<String, Value>>::try_from(token).expect("a compact token");
    assert_eq!(token.algorithm(), "RS256");
    let rs256 = Rsa::rs256();
    let valid =
        rs256.validator::<Map<String, Value>>(&key).validate(&token).expect("a good signature");
    let (header, claims) = valid.into_parts();
    let mut all = claims.custom;
    all.insert("exp".into(), json!(claims.expiration.expect("exp").timestamp()));
    all.insert("iat".into(), json!(claims.issued_at.expect("iat").timestamp()));
    (header, all)
}

#[test]
fn both_tokens_carry_simplejwts_header_and_claims() {
    let issuer = TestIssuer::start();
    let tokens = issuer.login("testuser", PASSWORD);
    let (mut jtis, mut sids) = (BTreeSet::new(), BTreeSet::new());
    for (token_type, lifetime) in [("access", 7_200), ("refresh", 86_400)] {
        let (header, mut claims) = read(&issuer, &tokens.text(token_type));
        assert_eq!(header.token_type.as_deref(), Some("JWT"));
        assert_eq!(header.key_id.as_deref(), Some(issuer.keys.signing.kid()));
        assert!(header.other_fields.is_empty(), "{:?}", header.other_fields);
        let jti =
            claims.remove("jti").and_then(|jti| jti.as_str().map(str::to_owned)).expect("a jti");
        assert!(
            jti.len() == 32 && jti.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
            "{jti}"
        );
        jtis.insert(jti);
        sids.insert(
            claims
                .remove("sid")
                .and_then(|sid| sid.as_str().map(str::to_owned))
                .expect("a session"),
        );
        let expected = json!({
            "token_type": token_type, "iat": START, "exp": START + lifetime,
            "user_id": 1, "username": "testuser", "email": "test@example.com",
            "role": "instructor", "premium": true,
        });
        assert_eq!(Value::Object(claims), expected);
    }
    assert_eq!(jtis.len(), 2, "each token has its own id");
    assert_eq!(sids.len(), 1, "both are of one session");
}

#[test]
fn lifetimes_are_settings() {
    let mut options = Options::default();
    options.lifetimes.access_seconds = 60;
    options.lifetimes.refresh_seconds = 120;
    let issuer = TestIssuer::with(options);
    let tokens = issuer.login("testuser", PASSWORD);
    for (token, lifetime) in [("access", 60), ("refresh", 120)] {
        assert_eq!(read(&issuer, &tokens.text(token)).1["exp"], START + lifetime, "{token}");
    }
}

#[test]
fn the_verifier_accepts_the_tokens_by_the_published_keys_and_only_for_their_use() {
    let issuer = TestIssuer::start();
    let tokens = issuer.login("testuser", PASSWORD);
    let now = UnixTime::from_secs(START.cast_unsigned() + 1);
    for keys in ["/.well-known/jwks.json", "/public.pem"] {
        let keys = KeySet::parse(&issuer.send(&request("GET", keys)).body).expect("keys");
        for (token, token_type, good) in [
            ("access", TokenType::Access, true),
            ("refresh", TokenType::Refresh, true),
            ("access", TokenType::Refresh, false),
            ("refresh", TokenType::Access, false),
        ] {
            let options = PolicyOptions {
                token_type: Some(token_type.as_str().to_owned()),
                ..PolicyOptions::default()
            };
            let verifier = Verifier::new(keys.clone(), Policy::new(options).expect("a policy"));
            assert_eq!(
                verifier.verify(tokens.text(token), now).is_ok(),
                good,
                "{token} as {token_type:?}"
            );
        }
    }
}

#[test]
fn a_refreshed_token_carries_the_claims_of_now_and_not_of_the_login() {
    let issuer = TestIssuer::start();
    let refresh = issuer.login("testuser", PASSWORD).text("refresh");
    issuer.sql(
        "UPDATE users SET username = 'renamed', email = '', role = 'admin', premium = NOT premium",
    );
    issuer.clock.advance(100);
    let response = issuer.refresh(&refresh);
    assert_eq!(
        response.json().as_object().map(Map::len),
        Some(1),
        "access and nothing else: {}",
        response.body
    );
    let (_, mut claims) = read(&issuer, &response.text("access"));
    claims.remove("jti");
    claims.remove("sid");
    let expected = json!({
        "token_type": "access", "iat": START + 100, "exp": START + 7_300,
        "user_id": 1, "username": "renamed", "email": "", "role": "admin", "premium": false,
    });
    assert_eq!(Value::Object(claims), expected);
}

#[test]
fn role_and_premium_come_from_the_users_record() {
    let issuer = TestIssuer::start();
    let mut profile = Profile::new("홍길동");
    profile.role = "admin".into();
    profile.premium = false;
    issuer.create(profile, "비밀번호 길게");
    let response = issuer.login("홍길동", "비밀번호 길게");
    let (_, claims) = read(&issuer, &response.text("access"));
    assert_eq!(
        (&claims["username"], &claims["role"], &claims["premium"]),
        (&json!("홍길동"), &json!("admin"), &json!(false))
    );
    let decomposed = "\u{1112}\u{1169}\u{11bc}\u{1100}\u{1175}\u{11af}\u{1103}\u{1169}\u{11bc}";
    assert_eq!(
        issuer.login(decomposed, "비밀번호 길게").status,
        200,
        "the same name, typed as letters"
    );
}

/// A token as a Django project makes it with the same key: without `kid`, and from SimpleJWT 5.5
/// with a textual id.
pub(crate) fn foreign(custom: Value, now: i64) -> String {
    let claims = with(custom, &json!({"iat": now, "exp": now + 60}));
    Signer::from_pem(&private_pem(shared_keys())).token(&claims)
}

#[test]
fn tokens_of_a_django_project_with_the_same_key_go_on_working() {
    let issuer = TestIssuer::start();
    for id in [json!(1), json!("1")] {
        let token = |token_type| {
            foreign(
                json!({ "token_type": token_type, "jti": "ab".repeat(16), "user_id": id }),
                START,
            )
        };
        assert_eq!(issuer.me(&token("access")).json()["username"], "testuser");
        let (_, claims) = read(&issuer, &issuer.refresh(&token("refresh")).text("access"));
        assert_eq!((&claims["user_id"], &claims["role"]), (&json!(1), &json!("instructor")));
    }
}

#[test]
fn a_token_without_a_user_is_refused() {
    let issuer = TestIssuer::start();
    let unidentified = json!({
        "detail": "Token contained no recognizable user identification",
        "code": "token_not_valid",
    });
    let not_found = json!({ "detail": "User not found", "code": "user_not_found" });
    let invalid = |message: &str, reason: &str| {
        json!({
            "detail": "Given token not valid for any token type", "code": "token_not_valid",
            "reason": reason,
            "messages": [{ "token_class": "AccessToken", "token_type": "access", "message": message }],
        })
    };
    let rows = [
        (json!({ "jti": "a" }), &unidentified),
        (json!({ "jti": "a", "user_id": 2 }), &not_found),
        (json!({ "jti": "a", "user_id": "" }), &not_found),
        (json!({ "jti": "a", "user_id": "testuser" }), &not_found),
        (json!({ "jti": "a", "user_id": "+1" }), &not_found),
        (json!({ "jti": "a", "user_id": 1.5 }), &not_found),
        (json!({ "jti": "a", "user_id": u64::MAX }), &not_found),
        (json!({ "user_id": 1 }), &invalid("Token has no id", "claim_missing")),
        (json!({ "jti": "", "user_id": 1 }), &invalid("Token is invalid", "claim_invalid")),
    ];
    for (claims, expected) in rows {
        let token = |token_type: &str| {
            let mut claims = claims.clone();
            claims["token_type"] = token_type.into();
            foreign(claims, START)
        };
        let response = issuer.me(&token("access"));
        assert_eq!((response.status, &response.json()), (401, expected), "{claims}");
        assert_eq!(issuer.refresh(&token("refresh")).status, 401, "{claims}");
    }
    let untyped = foreign(json!({ "jti": "a", "user_id": 1 }), START);
    assert_eq!(issuer.me(&untyped).json(), invalid("Token has no type", "token_type_mismatch"));
}

#[test]
fn the_database_keeps_no_token() {
    let issuer = TestIssuer::start();
    let Some(file) = issuer.database().sqlite_file() else { return };
    let tokens = issuer.login("testuser", PASSWORD);
    issuer.refresh(&tokens.text("refresh"));
    issuer.close_storage();
    let bytes = std::fs::read(&file).expect("the closed database is one file");
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("testuser") && holds("$argon2id$"), "this is the file with the users");
    for token in ["access", "refresh"] {
        let token = tokens.text(token);
        for part in token.split('.') {
            assert!(!holds(part), "a part of the token is in the database");
        }
    }
    assert!(!holds(PASSWORD));
}
