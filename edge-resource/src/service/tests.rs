//! The wire contract's rows for the resource, on the handler logic alone.

mod redis;
mod revocation;

use http::header::{
    ACCEPT_LANGUAGE, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, AUTHORIZATION,
    CONTENT_LENGTH, CONTENT_TYPE, HeaderName, ORIGIN, VARY, WWW_AUTHENTICATE,
};
use http::request::Parts;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use test_support::claims::{access_claims, status_list_claims, with};
use test_support::signer::{Signer, hs256_token};

use super::Service;
use crate::response::{Body, Response};
use crate::settings::Variables;
use crate::testing::{NOW, TestHost};

struct Edge {
    service: Service,
    host: TestHost,
    signer: Signer,
}

impl Edge {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Variables)) -> Self {
        let signer = Signer::generated("k1");
        let host = TestHost::default();
        let mut variables = Variables::default();
        variables.auth.public_key = signer.public_pem();
        change(&mut variables);
        Self { service: Service::new(&variables, &host), host, signer }
    }

    async fn send(&self, request: &Parts) -> Response {
        self.service.handle(request, futures_util::stream::empty(), &self.host).await
    }

    async fn get(&self, path: &str, headers: &[(HeaderName, &str)]) -> Response {
        self.send(&request(Method::GET, path, headers)).await
    }

    async fn with_token(&self, path: &str, token: &str) -> Response {
        self.get(path, &[(AUTHORIZATION, &format!("Bearer {token}"))]).await
    }
}

fn request(method: Method, path: &str, headers: &[(HeaderName, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.body(()).expect("a valid request").into_parts().0
}

fn text(response: &Response) -> &str {
    match response.body() {
        Body::Text(text) => text,
        Body::File(_) => panic!("a file"),
    }
}

fn body(response: &Response) -> Value {
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    assert_eq!(response.headers()[CONTENT_LENGTH], text(response).len().to_string().as_str());
    serde_json::from_str(text(response)).expect("the body is JSON")
}

#[tokio::test]
async fn protected_greets_the_bearer_of_an_access_token() {
    let edge = Edge::new();
    let response = edge.with_token("/protected", &edge.signer.token(&access_claims(NOW))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        body(&response),
        json!({"message": "인증 성공!", "user_id": 1, "username": "testuser"})
    );
}

#[tokio::test]
async fn user_id_is_passed_on_digit_for_digit() {
    let edge = Edge::new();
    for (sent, expected) in [
        (r#","user_id":12345678901234567890"#, "12345678901234567890"),
        (r#","user_id":"7b0c""#, r#""7b0c""#),
        (r#","user_id":0"#, "0"),
        ("", "null"),
    ] {
        let claims = format!(r#"{{"token_type":"access","exp":{},"jti":"j"{sent}}}"#, NOW + 60);
        let response = edge.with_token("/protected", &edge.signer.token_of_text(&claims)).await;
        let expected =
            format!(r#"{{"message":"인증 성공!","user_id":{expected},"username":null}}"#);
        assert_eq!(text(&response), expected, "{claims}");
    }
}

#[tokio::test]
async fn a_bad_token_gets_one_of_two_texts_and_its_own_code() {
    let edge = Edge::new();
    let good = access_claims(NOW);
    let stranger = Signer::generated("k1");
    let tampered = {
        let token = edge.signer.token(&good);
        let (head, signature) = token.rsplit_once('.').expect("three segments");
        let other = edge.signer.token(&with(good.clone(), &json!({"role": "admin"})));
        let (other_head, _) = other.rsplit_once('.').expect("three segments");
        assert_ne!(head, other_head);
        format!("{other_head}.{signature}")
    };
    let invalid = "유효하지 않은 토큰입니다";
    for (token, detail, code) in [
        (
            edge.signer.token(&with(good.clone(), &json!({"exp": NOW}))),
            "토큰이 만료되었습니다",
            "token_expired",
        ),
        (tampered, invalid, "signature_invalid"),
        (stranger.token(&good), invalid, "signature_invalid"),
        (hs256_token(edge.signer.public_pem().as_bytes(), &good), invalid, "alg_not_allowed"),
        (
            edge.signer.token(&with(good.clone(), &json!({"token_type": "refresh"}))),
            invalid,
            "token_type_mismatch",
        ),
        (
            stranger.token(&with(good.clone(), &json!({"exp": NOW - 1}))),
            invalid,
            "signature_invalid",
        ),
    ] {
        let response = edge.with_token("/protected", &token).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{code}");
        assert_eq!(body(&response), json!({"detail": detail, "code": code}));
        assert_eq!(response.headers()[WWW_AUTHENTICATE], r#"Bearer error="invalid_token""#);
    }
    for token in [
        edge.signer.token(&with(good.clone(), &json!({"exp": null}))),
        edge.signer.token(&with(good.clone(), &json!({"token_type": null}))),
        edge.signer.token(&with(good.clone(), &json!({"aud": "someone"}))),
        "a.b.c".to_owned(),
        "x".repeat(100_000),
    ] {
        let response = edge.with_token("/protected", &token).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(body(&response)["detail"], invalid);
    }
}

#[tokio::test]
async fn a_request_without_a_bearer_token_is_not_authenticated() {
    let edge = Edge::new();
    let bearer = format!("Bearer {}", edge.signer.token(&access_claims(NOW)));
    for (headers, code) in [
        (vec![], "not_authenticated"),
        (vec![(AUTHORIZATION, "Basic dTpw")], "not_authenticated"),
        (vec![(AUTHORIZATION, "Bearer")], "not_authenticated"),
        (
            vec![(AUTHORIZATION, bearer.as_str()), (AUTHORIZATION, bearer.as_str())],
            "bad_authorization_header",
        ),
    ] {
        let response = edge.get("/protected", &headers).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(body(&response), json!({"detail": "Not authenticated", "code": code}));
        assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer");
    }
    let lower_case = bearer.replacen("Bearer", "bEARER", 1);
    assert_eq!(
        edge.get("/protected", &[(AUTHORIZATION, &lower_case)]).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_dashboard_is_for_the_role_admin_alone() {
    let edge = Edge::new();
    let claims = |role: Value| with(access_claims(NOW), &json!({ "role": role }));
    let response =
        edge.with_token("/admin/dashboard", &edge.signer.token(&claims(json!("admin")))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(body(&response), json!({"message": "관리자 대시보드"}));
    for role in [
        json!("instructor"),
        json!("Admin"),
        json!("admin "),
        json!(["admin"]),
        json!(true),
        Value::Null,
    ] {
        let response =
            edge.with_token("/admin/dashboard", &edge.signer.token(&claims(role.clone()))).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{role}");
        assert_eq!(body(&response), json!({"detail": "권한이 없습니다", "code": "role_missing"}));
    }
    assert_eq!(edge.get("/admin/dashboard", &[]).await.status(), StatusCode::UNAUTHORIZED);
    let expired = with(claims(json!("admin")), &json!({"exp": NOW - 1}));
    let response = edge.with_token("/admin/dashboard", &edge.signer.token(&expired)).await;
    assert_eq!(body(&response)["code"], "token_expired");
}

#[tokio::test]
async fn errors_are_in_the_preferred_language_and_greetings_in_korean() {
    let edge = Edge::new();
    let good = edge.signer.token(&access_claims(NOW));
    let expired = edge.signer.token(&with(access_claims(NOW), &json!({"exp": 1})));
    for (path, token, detail) in [
        ("/protected", expired.as_str(), "The token has expired"),
        ("/protected", "a.b.c", "The token is not valid"),
        ("/admin/dashboard", good.as_str(), "Permission denied"),
    ] {
        let bearer = format!("Bearer {token}");
        let response =
            edge.get(path, &[(AUTHORIZATION, &bearer), (ACCEPT_LANGUAGE, "en-US,en;q=0.9")]).await;
        assert_eq!(body(&response)["detail"], detail);
        assert!(response.headers().get_all(VARY).iter().any(|value| value == "Accept-Language"));
    }
    let bearer = format!("Bearer {good}");
    let response =
        edge.get("/protected", &[(AUTHORIZATION, &bearer), (ACCEPT_LANGUAGE, "en")]).await;
    assert_eq!(body(&response)["message"], "인증 성공!");
}

/// Resolves a reference as a client does (RFC 3986, sections 5.2.3 and 5.2.4).
fn resolved(base: &str, reference: &str) -> String {
    let base = base.split('?').next().unwrap_or_default();
    let (path, query) =
        reference.split_once('?').map_or((reference, None), |(path, query)| (path, Some(query)));
    let merged = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{}{path}", &base[..=base.rfind('/').expect("a path")])
    };
    let mut segments = Vec::new();
    for segment in merged.split('/').skip(1) {
        match segment {
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    format!("/{}{query}", segments.join("/"))
}

#[tokio::test]
async fn unknown_paths_are_404_and_unknown_methods_405() {
    let edge = Edge::new();
    for path in ["/nothing", "/nothing/", "/protected/x", "//protected", "/PROTECTED", "/admin"] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let response = edge.send(&request(method, path, &[])).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(body(&response), json!({"detail": "Not Found", "code": "not_found"}));
        }
    }
    for (path, without) in [
        ("/protected/", "/protected"),
        ("/admin/dashboard//?a=b&c", "/admin/dashboard?a=b&c"),
        ("/uploads/x/", "/uploads/x"),
        (&format!("/protected{}", "/".repeat(16)), "/protected"),
    ] {
        let response = edge.get(path, &[]).await;
        assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT, "{path}");
        let location = response.headers().get("location").expect("a place").to_str().expect("text");
        assert_eq!(resolved(path, location), without);
        // A proxy has stripped the prefix; the client resolves the reference with it.
        assert_eq!(resolved(&format!("/api/v1{path}"), location), format!("/api/v1{without}"));
    }
    let response = edge.get(&format!("/protected{}", "/".repeat(17)), &[]).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND, "a redirect has a bounded length");
    for path in ["/", "/protected", "/admin/dashboard"] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
            let response = edge.send(&request(method, path, &[])).await;
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
            assert_eq!(
                body(&response),
                json!({"detail": "Method Not Allowed", "code": "method_not_allowed"})
            );
            assert_eq!(response.headers()[ALLOW], "GET, HEAD, OPTIONS");
        }
        let response = edge.send(&request(Method::OPTIONS, path, &[])).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[ALLOW], "GET, HEAD, OPTIONS");
        assert_eq!(response.headers()[CONTENT_LENGTH], "0");
    }
    let head = edge.send(&request(Method::HEAD, "/protected", &[])).await;
    assert_eq!(head.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn pages_of_allowed_origins_may_call() {
    let edge =
        Edge::with(|variables| variables.resource.cors_origins = "https://app.example".into());
    let preflight = [(ORIGIN, "https://app.example"), (ACCESS_CONTROL_REQUEST_METHOD, "GET")];
    let response = edge.send(&request(Method::OPTIONS, "/protected", &preflight)).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
    assert_eq!(
        response.headers()[ACCESS_CONTROL_ALLOW_METHODS],
        "GET, HEAD, POST, DELETE, OPTIONS"
    );
    let allowed = response.headers()[ACCESS_CONTROL_ALLOW_HEADERS].to_str().expect("text");
    assert!(allowed.split(", ").any(|name| name == "Authorization"), "{allowed}");

    for path in ["/protected", "/nothing", "/"] {
        let response = edge.get(path, &[(ORIGIN, "https://app.example")]).await;
        assert_eq!(
            response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN],
            "https://app.example",
            "{path}"
        );
        let response = edge.get(path, &[(ORIGIN, "https://evil.example")]).await;
        assert!(!response.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
        assert!(response.headers().get_all(VARY).iter().any(|value| value == "Origin"));
    }
    let everyone = Edge::with(|variables| variables.resource.cors_origins = "*".into());
    let response = everyone.get("/", &[(ORIGIN, "https://anywhere.example")]).await;
    assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
}

#[tokio::test]
async fn issuer_audience_and_leeway_are_enforced() {
    let edge = Edge::with(|variables| {
        variables.auth.issuer = "https://issuer.example".into();
        variables.auth.audience = "edge".into();
        variables.auth.leeway = "10".into();
    });
    let good = with(
        access_claims(NOW),
        &json!({"iss": "https://issuer.example", "aud": ["x", "edge"], "exp": NOW - 9}),
    );
    for (change, status) in [
        (json!({}), StatusCode::OK),
        (json!({"iss": "https://issuer.example/"}), StatusCode::UNAUTHORIZED),
        (json!({"iss": null}), StatusCode::UNAUTHORIZED),
        (json!({"aud": "other"}), StatusCode::UNAUTHORIZED),
        (json!({"aud": null}), StatusCode::UNAUTHORIZED),
        (json!({"exp": NOW - 10}), StatusCode::UNAUTHORIZED),
    ] {
        let response =
            edge.with_token("/protected", &edge.signer.token(&with(good.clone(), &change))).await;
        assert_eq!(response.status(), status, "{change}");
    }
}

#[tokio::test]
async fn the_future_leeway_is_for_iat_and_nbf_alone_and_five_seconds_when_not_set() {
    for (set, seconds) in [("", 5), ("0", 0), ("30", 30)] {
        let edge = Edge::with(|variables| variables.auth.future_leeway = set.into());
        for (change, code) in [
            (json!({"iat": NOW + seconds, "nbf": NOW + seconds}), None),
            (json!({"iat": NOW + seconds + 1}), Some("token_issued_in_future")),
            (json!({"nbf": NOW + seconds + 1}), Some("token_not_yet_valid")),
            (json!({"exp": NOW}), Some("token_expired")),
        ] {
            let token = edge.signer.token(&with(access_claims(NOW), &change));
            let response = edge.with_token("/protected", &token).await;
            assert_eq!(body(&response)["code"].as_str(), code, "{set:?}: {change}");
        }
    }
}

#[tokio::test]
async fn without_a_usable_key_the_response_names_the_variable_and_the_log_has_it_once() {
    let private = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    type Change = fn(&mut Variables);
    let cases: [(&str, &str, Change); 5] = [
        ("public_key", "keys_not_configured", |variables| variables.auth.public_key.clear()),
        ("public_key", "key_format_unknown", |variables| {
            variables.auth.public_key = "no key".into()
        }),
        ("jwks_url", "setting_invalid", |variables| {
            variables.auth.public_key.clear();
            variables.auth.jwks_url = "issuer".into();
        }),
        ("leeway", "setting_invalid", |variables| variables.auth.leeway = "much".into()),
        ("future_leeway", "setting_invalid", |variables| {
            variables.auth.future_leeway = "3601".into()
        }),
    ];
    for (variable, code, change) in cases {
        let edge = Edge::with(change);
        for path in ["/protected", "/admin/dashboard", "/protected"] {
            let response = edge.with_token(path, &edge.signer.token(&access_claims(NOW))).await;
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            let body = body(&response);
            assert_eq!(body["code"], code);
            assert!(
                body["detail"]
                    .as_str()
                    .is_some_and(|detail| detail.contains(&format!("`{variable}`"))),
                "{body}"
            );
        }
        let bearer = format!("Bearer {}", edge.signer.token(&access_claims(NOW)));
        for (language, korean) in [("ko", true), ("en", false)] {
            let response = edge
                .get("/protected", &[(AUTHORIZATION, &bearer), (ACCEPT_LANGUAGE, language)])
                .await;
            let detail = body(&response)["detail"].as_str().map(str::to_owned).expect("a text");
            assert_eq!(detail.chars().any(|c| matches!(c, '가'..='힣')), korean, "{detail}");
            assert!(
                response.headers().get_all(VARY).iter().any(|value| value == "Accept-Language")
            );
        }
        let health = body(&edge.get("/", &[]).await);
        assert_eq!(health["status"], "degraded");
        assert_eq!(health["keys"]["count"], 0);
        let errors = edge.host.log().iter().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(errors, 1, "{:?}", edge.host.log());
    }
    let edge = Edge::with(|variables| variables.auth.public_key = private.into());
    assert!(!text(&edge.get("/", &[]).await).contains("AAAA"));
    // Missing credentials are reported before the state of the keys.
    assert_eq!(edge.get("/protected", &[]).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn health_counts_the_keys() {
    let edge = Edge::new();
    let health = body(&edge.get("/", &[]).await);
    assert_eq!(health["status"], "ok");
    assert_eq!(health["keys"], json!({"source": "public_key", "count": 1}));

    let other = Signer::generated("k2");
    let set = json!({"keys": [Signer::generated("k1").jwk(), other.jwk()]}).to_string();
    let edge = Edge::with(|variables| variables.auth.public_key = set);
    assert_eq!(body(&edge.get("/", &[]).await)["keys"]["count"], 2);
    assert_eq!(
        edge.with_token("/protected", &other.token(&access_claims(NOW))).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn access_rules_apply_to_their_routes_alone() {
    let edge = Edge::with(|variables| {
        variables.auth.access_rules = json!([
            {"path": "/protected", "role": ["instructor", "admin"]},
            {"path": "/protected", "method": "GET", "claim": "premium", "value": true},
            {"path": "/uploads", "claim": "level", "value": 3},
        ])
        .to_string();
    });
    for (path, change, status, code) in [
        ("/protected", json!({}), 200, Value::Null),
        ("/protected", json!({"role": "admin"}), 200, Value::Null),
        ("/protected", json!({"role": "student"}), 403, json!("role_missing")),
        ("/protected", json!({"role": null}), 403, json!("role_missing")),
        ("/protected", json!({"premium": false}), 403, json!("claim_not_granted")),
        ("/protected", json!({"premium": "true"}), 403, json!("claim_not_granted")),
        ("/protected", json!({"premium": null}), 403, json!("claim_not_granted")),
        ("/uploads", json!({"level": 3, "role": "student"}), 200, Value::Null),
        ("/uploads", json!({"level": "3"}), 403, json!("claim_not_granted")),
        ("/admin/dashboard", json!({"premium": false}), 403, json!("role_missing")),
        ("/admin/dashboard", json!({"premium": false, "role": "admin"}), 200, Value::Null),
    ] {
        let response =
            edge.with_token(path, &edge.signer.token(&with(access_claims(NOW), &change))).await;
        assert_eq!(response.status().as_u16(), status, "{path} {change}");
        assert_eq!(body(&response)["code"], code);
        if status == 403 {
            assert_eq!(body(&response)["detail"], "권한이 없습니다");
        }
    }
    let head = request(
        Method::HEAD,
        "/protected",
        &[(AUTHORIZATION, &{
            let claims = with(access_claims(NOW), &json!({"premium": false}));
            format!("Bearer {}", edge.signer.token(&claims))
        })],
    );
    assert_eq!(edge.send(&head).await.status(), StatusCode::FORBIDDEN);

    let closed = Edge::with(|variables| {
        variables.auth.access_rules = r#"[{"path": "/", "role": "operator"}]"#.into()
    });
    assert_eq!(closed.get("/", &[]).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_refusal_is_logged_once_with_the_request_id_and_without_the_token() {
    let edge = Edge::new();
    let good = edge.signer.token(&access_claims(NOW));
    let expired = edge.signer.token(&with(access_claims(NOW), &json!({"exp": 1})));
    assert_eq!(edge.with_token("/protected", &good).await.status(), StatusCode::OK);
    assert!(edge.host.log().is_empty(), "what is served leaves no line here");

    let bearer = format!("Bearer {expired}");
    let name = HeaderName::from_static("x-request-id");
    let path = format!("/protected?access_token={good}");
    let response = edge.get(&path, &[(AUTHORIZATION, &bearer), (name.clone(), "report-7")]).await;
    assert_eq!(response.headers()[&name], "report-7");
    let log = edge.host.log();
    let line: Value = serde_json::from_str(&log[0]).expect("JSON");
    assert_eq!(
        line,
        json!({"event": "request_refused", "request_id": "report-7", "method": "GET", "path": "/protected", "status": 401, "code": "token_expired"})
    );
    assert_eq!(log.len(), 1);

    let (first, second) = (edge.get("/", &[]).await, edge.get("/nothing", &[]).await);
    assert_ne!(first.headers()[&name], second.headers()[&name]);

    // U+009B begins a terminal command; the parser of requests accepts it in a path.
    assert_eq!(edge.get("/uploads/\u{9b}31m", &[]).await.status(), StatusCode::UNAUTHORIZED);
    let line = edge.host.log().pop().expect("a line");
    assert!(line.is_ascii(), "{line:?}");
    assert_eq!(serde_json::from_str::<Value>(&line).expect("JSON")["path"], "/uploads/\u{9b}31m");
}

#[tokio::test]
async fn the_openapi_document_is_served() {
    let edge = Edge::new();
    let document = body(&edge.get("/openapi.json", &[]).await);
    assert_eq!(document["openapi"], "3.1.0");
    assert!(
        document["paths"]["/upload"]["post"]["requestBody"]["content"]["multipart/form-data"]
            .is_object()
    );
}
