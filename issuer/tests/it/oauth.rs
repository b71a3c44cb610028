//! Revocation (RFC 7009) and introspection (RFC 7662).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use issuer::model::TokenProfile;
use serde_json::{Value, json};

use crate::http::{Request, Response, request};
use crate::support::{Options, PASSWORD, START, TestIssuer, profile_of};
use crate::tokens::foreign;

const FORM: &str = "application/x-www-form-urlencoded";
const PUBLIC_URL: &str = "https://login.example";

/// A service that may introspect tokens.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) entry: &'static str,
}

pub(crate) const CLIENT: Client = Client {
    name: "shop-api",
    secret: "0123456789abcdef0123456789abcdef",
    entry: "shop-api:3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9",
};

fn form(path: &str, body: &str) -> Request {
    request("POST", path).body(FORM, body)
}

fn revoke(issuer: &TestIssuer, body: &str) -> Response {
    issuer.send(&form("/oauth/revoke", body))
}

fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{secret}")))
}

fn introspect(issuer: &TestIssuer, token: &str) -> Value {
    let request = form("/oauth/introspect", &format!("token={token}&token_type_hint=access_token"))
        .header("Authorization", &basic(CLIENT.name, CLIENT.secret));
    let response = issuer.send(&request);
    assert_eq!((response.status, response.header("cache-control")), (200, Some("no-store")));
    response.json()
}

fn introspecting() -> Options {
    Options { introspection_clients: CLIENT.entry, ..Options::default() }
}

#[test]
fn revoking_either_token_ends_its_session_and_no_other() {
    let issuer = TestIssuer::start();
    for (revoked, hint) in
        [("refresh", "refresh_token"), ("access", "access_token"), ("access", "other")]
    {
        let (tokens, others) =
            (issuer.login("testuser", PASSWORD), issuer.login("testuser", PASSWORD));
        let body = format!("token={}&token_type_hint={hint}&client_id=a", tokens.text(revoked));
        for _ in 0..2 {
            let response = revoke(&issuer, &body);
            assert_eq!((response.status, response.json()), (200, json!({})), "{revoked}");
            assert_eq!(response.header("cache-control"), Some("no-store"));
        }
        assert_eq!(issuer.me(&tokens.text("access")).status, 401, "{revoked}");
        assert_eq!(issuer.refresh(&tokens.text("refresh")).status, 401, "{revoked}");
        assert_eq!(issuer.me(&others.text("access")).status, 200, "{revoked}");
        assert_eq!(issuer.refresh(&others.text("refresh")).status, 200, "{revoked}");
    }
}

#[test]
fn an_invalid_token_is_revoked_already() {
    let issuer = TestIssuer::start();
    let tokens = issuer.login("testuser", PASSWORD);
    issuer.clock.advance(7_200);
    let (expired, refresh) = (tokens.text("access"), tokens.text("refresh"));
    for token in ["a", "a.b.c", &expired, &format!("{refresh}A")] {
        let response = revoke(&issuer, &format!("token={token}"));
        assert_eq!((response.status, response.json()), (200, json!({})), "{token}");
    }
    assert_eq!(issuer.refresh(&refresh).status, 200, "the session goes on");
    let user = issuer.user("testuser");
    issuer.set_active(&user, false);
    assert_eq!(revoke(&issuer, &format!("token={refresh}")).status, 200);
}

#[test]
fn a_token_of_simplejwt_is_revoked_if_it_can_be() {
    let issuer = TestIssuer::start();
    let token = |token_type: &str, jti: &str| {
        foreign(json!({ "token_type": token_type, "jti": jti, "user_id": 1 }), START)
    };
    let refresh = token("refresh", "a");
    assert_eq!(revoke(&issuer, &format!("token={refresh}")).status, 200);
    assert_eq!(issuer.refresh(&refresh).status, 401);
    let access = token("access", "b");
    let response = revoke(&issuer, &format!("token={access}"));
    assert_eq!((response.status, response.text("error").as_str()), (400, "unsupported_token_type"));
    assert_eq!(issuer.me(&access).status, 200);
}

#[test]
fn malformed_requests_are_refused_in_the_words_of_oauth() {
    let issuer = TestIssuer::with(introspecting());
    let refresh = issuer.login("testuser", PASSWORD).text("refresh");
    let authorized =
        |request: Request| request.header("Authorization", &basic(CLIENT.name, CLIENT.secret));
    for path in ["/oauth/revoke", "/oauth/introspect"] {
        let json = json!({ "token": refresh });
        for request in [
            request("POST", path),
            form(path, "token="),
            form(path, "refresh=a"),
            form(path, &format!("token={refresh}&token=a")),
            form(path, &format!("token={refresh}&token_type_hint=a&token_type_hint=a")),
            request("POST", path).json(&json),
            request("POST", path).body("text/plain", format!("token={refresh}")),
        ] {
            let response = issuer.send(&authorized(request));
            let found = (response.status, response.text("error"));
            assert_eq!(found, (400, "invalid_request".to_owned()), "{path}");
            assert!(!response.text("error_description").is_empty());
        }
        let large = form(path, &format!("token={}", "a".repeat(256 * 1024)));
        assert_eq!(issuer.send(&authorized(large)).status, 413);
        assert_eq!(issuer.send(&request("GET", path)).status, 405);
    }
    assert_eq!(issuer.refresh(&refresh).status, 200, "nothing was revoked");
}

#[test]
fn an_active_token_is_described_by_its_claims_and_its_user() {
    let profile = TokenProfile {
        audiences: vec!["shop".to_owned(), "mail".to_owned()],
        client_id: Some("shop-web".to_owned()),
        is_at_jwt: true,
        ..profile_of(PUBLIC_URL)
    };
    let issuer = TestIssuer::with(Options {
        public_url: Some(PUBLIC_URL),
        profile: Some(profile),
        ..introspecting()
    });
    let access = issuer.login("testuser", PASSWORD).text("access");
    issuer.sql("UPDATE users SET username = 'renamed'");
    let mut found = introspect(&issuer, &access);
    let jti = found.as_object_mut().and_then(|members| members.remove("jti"));
    assert!(jti.is_some_and(|jti| jti.as_str().is_some_and(|jti| jti.len() == 32)));
    let expected = json!({
        "active": true, "token_type": "Bearer", "iss": PUBLIC_URL, "sub": "1",
        "aud": ["shop", "mail"], "username": "renamed", "client_id": "shop-web",
        "exp": START + 7_200, "iat": START,
    });
    assert_eq!(found, expected);
}

#[test]
fn a_token_without_a_profile_has_no_more_than_it_says() {
    let issuer = TestIssuer::with(introspecting());
    let token = json!({ "token_type": "access", "jti": "a", "user_id": "1", "nbf": START - 1 });
    let expected = json!({
        "active": true, "token_type": "Bearer", "sub": "1", "username": "testuser", "jti": "a",
        "exp": START + 60, "iat": START, "nbf": START - 1,
    });
    assert_eq!(introspect(&issuer, &foreign(token, START)), expected);
}

#[test]
fn any_other_token_is_inactive_and_nothing_is_said_about_it() {
    let issuer = TestIssuer::with(introspecting());
    let inactive = json!({ "active": false });
    let tokens = issuer.login("testuser", PASSWORD);
    let access = tokens.text("access");
    assert_eq!(introspect(&issuer, &access)["active"], true);
    let unidentified = foreign(json!({ "token_type": "access", "jti": "a" }), START);
    for token in [&tokens.text("refresh"), "a", &format!("{access}A"), &unidentified] {
        assert_eq!(introspect(&issuer, token), inactive, "{token}");
    }
    let user = issuer.user("testuser");
    issuer.set_active(&user, false);
    assert_eq!(introspect(&issuer, &access), inactive, "the user is inactive");
    issuer.set_active(&user, true);
    let tokens = issuer.login("testuser", PASSWORD);
    issuer.log_out(&tokens.text("refresh"));
    assert_eq!(introspect(&issuer, &tokens.text("access")), inactive, "the session has ended");
    let access = issuer.login("testuser", PASSWORD).text("access");
    issuer.clock.advance(7_200);
    assert_eq!(introspect(&issuer, &access), inactive, "it has expired");
    let access = issuer.login("testuser", PASSWORD).text("access");
    issuer.delete(&user);
    assert_eq!(introspect(&issuer, &access), inactive, "the user is deleted");
}

#[test]
fn only_configured_services_introspect() {
    let off = TestIssuer::start();
    let issuer = TestIssuer::with(introspecting());
    let access = issuer.login("testuser", PASSWORD).text("access");
    let body = format!("token={access}");
    let wrong = [
        None,
        Some(format!("Bearer {access}")),
        Some(basic(CLIENT.name, "0123456789abcdef0123456789abcdee")),
        Some(basic(CLIENT.name, "")),
        Some(basic("other", CLIENT.secret)),
        Some(basic(CLIENT.name, CLIENT.entry)),
    ];
    for authorization in wrong {
        let mut request = form("/oauth/introspect", &body);
        if let Some(value) = &authorization {
            request = request.header("Authorization", value);
        }
        let response = issuer.send(&request);
        let found = (response.status, response.text("error"));
        assert_eq!(found, (401, "invalid_client".to_owned()), "{authorization:?}");
        assert_eq!(response.header("www-authenticate"), Some("Basic realm=\"oauth\""));
        assert_eq!(off.send(&request).status, 404, "no service is configured");
    }
    // A body secret is no credential here (RFC 6749 section 2.3.1 leaves it to the server).
    let body = format!("{body}&client_id={}&client_secret={}", CLIENT.name, CLIENT.secret);
    assert_eq!(issuer.send(&form("/oauth/introspect", &body)).status, 401);
}
