//! The variables of the policy, the keys and the access rules.

use super::*;

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
