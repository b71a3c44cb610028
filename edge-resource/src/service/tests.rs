//! The wire contract's rows for the resource, on the handler logic alone.

mod redis;
mod revocation;
mod settings;

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
