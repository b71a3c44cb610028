//! Revocation by Redis: hits, misses, outages and malformed claims.

use super::*;
use edge_auth::FetchError;

/// Key that the issuer sets once Redis holds every revocation.
const COMPLETE: &str = "dojang:revocations-complete";

#[tokio::test]
async fn a_redis_that_lost_its_data_counts_as_down_and_still_revokes_its_keys() {
    for (when_down, protected) in [("", 503), ("closed", 503), ("open", 200)] {
        let edge = Edge::with(|variables| {
            variables.auth.revocation = "redis".into();
            variables.auth.redis_url = "redis://localhost:6379".into();
            variables.auth.revocation_when_down = when_down.into();
        });
        let token = edge
            .signer
            .token(&with(access_claims(NOW), &json!({"jti": "j1", "sid": "s1", "role": "admin"})));
        let revoked = || "dojang:revoked:s1".to_owned();
        for (keys, protected, dashboard) in [
            (vec![], protected, 503),
            (vec![revoked()], 401, 401),
            (vec![COMPLETE.to_owned()], 200, 200),
            (vec![COMPLETE.to_owned(), revoked()], 401, 401),
            (vec![COMPLETE.to_owned(), revoked(), "dojang:revoked:j1".to_owned()], 401, 401),
        ] {
            edge.host.redis.replace(Some(keys.clone()));
            for (path, expected) in [("/protected", protected), ("/admin/dashboard", dashboard)] {
                let status = edge.with_token(path, &token).await.status().as_u16();
                assert_eq!(status, expected, "{when_down} {path} {keys:?}");
            }
        }
        // The reason is in the log and in the health.
        edge.host.redis.replace(Some(vec![]));
        edge.with_token("/admin/dashboard", &token).await;
        let health = body(&edge.get("/", &[]).await);
        assert_eq!(health["status"], "degraded");
        let problem = health["revocation"]["problem"].as_str().expect("a problem");
        assert!(problem.contains(COMPLETE), "{problem}");
        assert!(
            edge.host
                .log()
                .iter()
                .any(|line| line.starts_with("error: ") && line.contains(COMPLETE))
        );
    }
}

#[tokio::test]
async fn a_malformed_claim_that_a_check_needs_is_refused() {
    let edge = Edge::with(|variables| {
        variables.auth.revocation = "redis".into();
        variables.auth.redis_url = "redis://localhost:6379".into();
        variables.auth.access_rules =
            r#"[{"path": "/uploads", "claim": "premium", "value": true}]"#.into();
    });
    edge.host.redis.replace(Some(vec![COMPLETE.into(), "dojang:revoked:42".into()]));
    for value in ["42", "42.5", "true", "null", "[]", r#"["s2"]"#, r#"{"id":"s2"}"#] {
        for (name, path, status, code) in [
            ("sid", "/protected", 401, "claim_invalid"),
            ("jti", "/protected", 401, "claim_invalid"),
            ("role", "/admin/dashboard", 403, "role_missing"),
            ("premium", "/uploads", if value == "true" { 200 } else { 403 }, "claim_not_granted"),
        ] {
            let jti = if name == "jti" { "" } else { r#""jti":"j2","# };
            let claims = format!(
                r#"{{"token_type":"access","exp":{},"user_id":1,{jti}"{name}":{value}}}"#,
                NOW + 60
            );
            let response = edge.with_token(path, &edge.signer.token_of_text(&claims)).await;
            assert_eq!(response.status().as_u16(), status, "{claims}");
            if status != 200 {
                assert_eq!(body(&response)["code"], code, "{claims}");
            }
        }
        // A claim that no check needs is ignored.
        let claims =
            format!(r#"{{"token_type":"access","exp":{},"jti":"j2","status":{value}}}"#, NOW + 60);
        let response = edge.with_token("/protected", &edge.signer.token_of_text(&claims)).await;
        assert_eq!(response.status(), StatusCode::OK, "{claims}");
    }
}

#[tokio::test]
async fn a_denied_address_is_not_blamed_on_redis_or_the_issuer() {
    let edge = Edge::with(|variables| {
        variables.auth.public_key = String::new();
        variables.auth.jwks_url = "http://issuer.example/jwks".into();
        variables.auth.revocation = "redis".into();
        variables.auth.redis_url = "redis://localhost:6379".into();
    });
    edge.host.denies_redis.set(true);
    edge.host.will_fail(FetchError::Denied);
    let response = edge.with_token("/protected", &edge.signer.token(&access_claims(NOW))).await;
    assert_eq!(
        (response.status(), &body(&response)["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("keys_unavailable"))
    );
    let health = body(&edge.get("/", &[]).await);
    for (part, variable, blamed) in
        [("keys", "`issuer_url`", "is the issuer"), ("revocation", "`redis_host`", "respond")]
    {
        let problem = health[part]["problem"].as_str().expect("a problem");
        assert!(problem.contains(variable) && !problem.contains(blamed), "{problem}");
        assert!(
            edge.host.log().iter().any(|line| line.contains(variable)),
            "{:?}",
            edge.host.log()
        );
    }
}

#[tokio::test]
async fn health_asks_redis_at_most_every_ten_seconds() {
    let edge = Edge::with(|variables| {
        variables.auth.revocation = "redis".into();
        variables.auth.redis_url = "redis://localhost:6379".into();
    });
    for _ in 0..5 {
        let health = body(&edge.get("/", &[]).await);
        assert_eq!(health["status"], "degraded", "a fresh instance knows");
    }
    assert_eq!(edge.host.redis_commands.get(), 1);
    edge.host.redis.replace(Some(vec![COMPLETE.into()]));
    edge.host.pass(10);
    assert_eq!(body(&edge.get("/", &[]).await)["status"], "ok");
    assert_eq!(edge.host.redis_commands.get(), 2);
}
