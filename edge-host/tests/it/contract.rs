//! The wire contract of the edge resource, over HTTP against the built component in the real
//! program.

use std::time::{Duration, Instant};

use crate::support::{Edge, component, now};
use serde_json::{Value, json};
use test_support::claims::{access_claims, with};
use test_support::signer::{Signer, hs256_token};

/// Starts an edge and returns it with the key it trusts, or `None` without a component.
fn edge(arguments: &[&str]) -> Option<(Edge, Signer)> {
    let component = component()?;
    let signer = Signer::generated("k1");
    let key = format!("public_key={}", signer.public_pem());
    let mut all = vec!["--variable", key.as_str()];
    all.extend(arguments);
    Some((Edge::start(&component, &all), signer))
}

#[test]
fn a_token_opens_protected_and_nothing_else_does() {
    let Some((edge, signer)) = edge(&[]) else { return };
    let good = access_claims(now());

    let response = edge.with_token("/protected", &signer.token(&good));
    assert_eq!(response.status, 200);
    assert_eq!(
        response.json(),
        json!({"message": "인증 성공!", "user_id": 1, "username": "testuser"})
    );

    let forged_role = {
        let (signed, other) =
            (signer.token(&good), signer.token(&with(good.clone(), &json!({"role": "admin"}))));
        let signature = signed.rsplit('.').next().expect("a signature").to_owned();
        let (head, _) = other.rsplit_once('.').expect("three segments");
        format!("{head}.{signature}")
    };
    let expired = "토큰이 만료되었습니다";
    let invalid = "유효하지 않은 토큰입니다";
    let stranger = Signer::generated("k1");
    for (name, token, detail, code) in [
        (
            "expired",
            signer.token(&with(good.clone(), &json!({"exp": now() - 1}))),
            expired,
            "token_expired",
        ),
        ("tampered", forged_role, invalid, "signature_invalid"),
        ("wrong key", stranger.token(&good), invalid, "signature_invalid"),
        ("HS256", hs256_token(signer.public_pem().as_bytes(), &good), invalid, "alg_not_allowed"),
        (
            "refresh",
            signer.token(&with(good.clone(), &json!({"token_type": "refresh"}))),
            invalid,
            "token_type_mismatch",
        ),
        (
            "no exp",
            signer.token(&with(good.clone(), &json!({"exp": null}))),
            invalid,
            "claim_missing",
        ),
        (
            "no token_type",
            signer.token(&with(good.clone(), &json!({"token_type": null}))),
            invalid,
            "token_type_mismatch",
        ),
        (
            "with aud",
            signer.token(&with(good.clone(), &json!({"aud": "other"}))),
            invalid,
            "audience_mismatch",
        ),
        (
            "from the future",
            signer.token(&with(good.clone(), &json!({"iat": now() + 100}))),
            invalid,
            "token_issued_in_future",
        ),
        ("no token at all", "not-a-token".to_owned(), invalid, "token_malformed"),
    ] {
        let response = edge.with_token("/protected", &token);
        assert_eq!(response.status, 401, "{name}");
        assert_eq!(response.json(), json!({"detail": detail, "code": code}), "{name}");
        assert_eq!(
            response.header("www-authenticate"),
            Some(r#"Bearer error="invalid_token""#),
            "{name}"
        );
    }
}

#[test]
fn credentials_without_a_bearer_token_are_not_authenticated() {
    let Some((edge, signer)) = edge(&[]) else { return };
    let bearer = format!("Bearer {}", signer.token(&access_claims(now())));
    for headers in [
        vec![],
        vec![("Authorization", "Basic dTpw")],
        vec![("Authorization", "Bearer")],
        vec![("Authorization", bearer.as_str()), ("Authorization", bearer.as_str())],
        vec![("Authorization", bearer.as_str()), ("authorization", "Basic dTpw")],
    ] {
        let response = edge.get("/protected", &headers);
        assert_eq!(response.status, 401);
        assert_eq!(response.json()["detail"], "Not authenticated");
        assert_eq!(response.header("www-authenticate"), Some("Bearer"));
    }
    let shouted = bearer.replacen("Bearer", "BEARER", 1);
    assert_eq!(edge.get("/protected", &[("Authorization", &shouted)]).status, 200);
}

#[test]
fn the_dashboard_requires_the_role() {
    let Some((edge, signer)) = edge(&[]) else { return };
    let admin = signer.token(&with(access_claims(now()), &json!({"role": "admin"})));
    let response = edge.with_token("/admin/dashboard", &admin);
    assert_eq!((response.status, response.json()), (200, json!({"message": "관리자 대시보드"})));
    let response = edge.with_token("/admin/dashboard", &signer.token(&access_claims(now())));
    assert_eq!((response.status, &response.json()["detail"]), (403, &json!("권한이 없습니다")));
    assert_eq!(edge.get("/admin/dashboard", &[]).status, 401);
}

#[test]
fn paths_methods_head_options_and_cors_follow_the_contract() {
    let Some((edge, _)) = edge(&[]) else { return };
    let mut connection = edge.connect();
    let health = connection.send("GET", "/", &[], b"");
    assert_eq!(health.status, 200);
    assert_eq!(health.json()["keys"], json!({"source": "public_key", "count": 1}));

    let head = connection.send("HEAD", "/", &[], b"");
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, health.header("content-length"))
    );

    for (method, path, status, detail) in [
        ("GET", "/nothing", 404, "Not Found"),
        ("POST", "/nothing", 404, "Not Found"),
        ("POST", "/protected", 405, "Method Not Allowed"),
        ("DELETE", "/", 405, "Method Not Allowed"),
        ("BREW", "/admin/dashboard", 405, "Method Not Allowed"),
    ] {
        let response = connection.send(method, path, &[], b"");
        assert_eq!(
            (response.status, &response.json()["detail"]),
            (status, &json!(detail)),
            "{method} {path}"
        );
        assert_eq!(response.header("allow").is_some(), status == 405);
    }
    let response = connection.send("OPTIONS", "/protected", &[], b"");
    assert_eq!((response.status, response.header("allow")), (200, Some("GET, HEAD, OPTIONS")));

    let preflight = [
        ("Origin", "http://localhost:5173"),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "authorization"),
    ];
    let response = connection.send("OPTIONS", "/protected", &preflight, b"");
    assert_eq!(response.status, 200);
    assert_eq!(response.header("access-control-allow-origin"), Some("http://localhost:5173"));
    let headers =
        response.header("access-control-allow-headers").unwrap_or_default().to_ascii_lowercase();
    for name in [
        "authorization",
        "content-type",
        "user-agent",
        "x-csrftoken",
        "x-requested-with",
        "x-request-id",
    ] {
        assert!(headers.split(", ").any(|header| header == name), "{name}: {headers}");
    }
    let response =
        connection.send("GET", "/protected", &[("Origin", "http://localhost:5173")], b"");
    assert_eq!(
        (response.status, response.header("access-control-allow-origin")),
        (401, Some("http://localhost:5173"))
    );
    let response = connection.send("GET", "/protected", &[("Origin", "http://evil.example")], b"");
    assert_eq!(response.header("access-control-allow-origin"), None);
}

#[test]
fn english_texts_are_sent_to_clients_that_prefer_them() {
    let Some((edge, _)) = edge(&[]) else { return };
    let response = edge.get(
        "/protected",
        &[("Authorization", "Bearer a.b.c"), ("Accept-Language", "en-US,en;q=0.9")],
    );
    assert_eq!(response.json()["detail"], "The token is not valid");
}

#[test]
fn user_id_keeps_its_digits() {
    let Some((edge, signer)) = edge(&[]) else { return };
    let claims = format!(
        r#"{{"token_type":"access","exp":{},"jti":"j","user_id":9007199254740993}}"#,
        now() + 60
    );
    let response = edge.with_token("/protected", &signer.token_of_text(&claims));
    assert_eq!(
        response.text(),
        r#"{"message":"인증 성공!","user_id":9007199254740993,"username":null}"#
    );
}

#[test]
fn without_a_key_the_edge_runs_and_names_the_missing_variable() {
    let Some(component) = component() else { return };
    let edge = Edge::start(&component, &[]);
    assert_eq!(edge.get("/", &[]).json()["status"], "degraded");
    for _ in 0..3 {
        let response = edge.with_token("/protected", "a.b.c");
        assert_eq!(response.status, 503);
        assert_eq!(response.json()["code"], "keys_not_configured");
        assert!(response.text().contains("`public_key`"));
    }
    assert_eq!(edge.log().matches("no verification key").count(), 1, "{}", edge.log());
}

#[test]
fn a_persistent_connection_responds_without_delay() {
    let Some((edge, signer)) = edge(&[]) else { return };
    let bearer = format!("Bearer {}", signer.token(&access_claims(now())));
    let mut connection = edge.connect();
    let mut times = Vec::new();
    // More requests than one instance serves.
    for _ in 0..300 {
        let started = Instant::now();
        let response = connection.send("GET", "/protected", &[("Authorization", &bearer)], b"");
        assert_eq!(response.status, 200);
        times.push(started.elapsed());
    }
    times.sort();
    let quartile = times[times.len() / 4];
    // With Nagle's algorithm, a delayed acknowledgement would cost 40 ms after the first requests.
    assert!(
        quartile < Duration::from_millis(20),
        "three quarters of the responses took {quartile:?} or more"
    );
}

#[test]
fn concurrent_requests_get_their_own_responses() {
    let Some((edge, signer)) = edge(&[]) else { return };
    std::thread::scope(|scope| {
        for client in 0..16 {
            let (edge, signer) = (&edge, &signer);
            scope.spawn(move || {
                let mut connection = edge.connect();
                let claims = with(
                    access_claims(now()),
                    &json!({"user_id": client, "username": format!("user{client}")}),
                );
                let bearer = format!("Bearer {}", signer.token(&claims));
                for index in 0..40 {
                    if index % 4 == 3 {
                        assert_eq!(connection.send("GET", "/protected", &[], b"").status, 401);
                        continue;
                    }
                    let response =
                        connection.send("GET", "/protected", &[("Authorization", &bearer)], b"");
                    assert_eq!(response.status, 200);
                    let body: Value = response.json();
                    assert_eq!(
                        (&body["user_id"], &body["username"]),
                        (&json!(client), &json!(format!("user{client}")))
                    );
                }
            });
        }
    });
}
