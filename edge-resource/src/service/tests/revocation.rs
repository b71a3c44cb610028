//! Revoked tokens, by Redis and by status lists.

use std::time::Duration;

use super::*;

/// Key that the issuer sets once Redis holds every revocation.
const COMPLETE: &str = "dojang:revocations-complete";

/// Lists that an instance keeps.
const MAX_LISTS: usize = 8;

#[tokio::test]
async fn a_revoked_token_or_session_opens_nothing() {
    let edge = Edge::with(|variables| {
        variables.auth.revocation = "redis".into();
        variables.auth.redis_url = "redis://localhost:6379".into();
    });
    edge.host.redis.replace(Some(vec![
        COMPLETE.into(),
        "dojang:revoked:j1".into(),
        "dojang:revoked:s1".into(),
    ]));
    for (change, status, code) in [
        (json!({}), 200, Value::Null),
        (json!({"jti": "j1"}), 401, json!("token_revoked")),
        (json!({"jti": "j2", "sid": "s1"}), 401, json!("token_revoked")),
        (json!({"jti": "j2", "sid": "s2"}), 200, Value::Null),
        (json!({"jti": null}), 401, json!("claim_missing")),
        (json!({"jti": "j1", "exp": 1}), 401, json!("token_expired")),
    ] {
        let token = edge.signer.token(&with(access_claims(NOW), &change));
        let response = edge.with_token("/protected", &token).await;
        assert_eq!(
            (response.status().as_u16(), &body(&response)["code"]),
            (status, &code),
            "{change}"
        );
    }
}

#[tokio::test]
async fn while_redis_is_down_the_setting_decides_except_for_roles() {
    for (when_down, protected) in [("", 503), ("closed", 503), ("open", 200)] {
        let edge = Edge::with(|variables| {
            variables.auth.revocation = "redis".into();
            variables.auth.redis_url = "redis://localhost:6379".into();
            variables.auth.revocation_when_down = when_down.into();
            variables.auth.access_rules = r#"[{"path": "/uploads", "role": "admin"}]"#.into();
        });
        let token = edge.signer.token(&with(access_claims(NOW), &json!({"role": "admin"})));
        for (path, status) in
            [("/protected", protected), ("/admin/dashboard", 503), ("/uploads", 503), ("/", 200)]
        {
            let response = edge.with_token(path, &token).await;
            assert_eq!(response.status().as_u16(), status, "{when_down} {path}");
            if status == 503 {
                assert_eq!(body(&response)["code"], "revocation_unknown");
            }
        }
        assert_eq!(edge.host.log().iter().filter(|line| line.starts_with("error: ")).count(), 1);
    }
}

#[tokio::test]
async fn while_redis_is_down_administrators_cannot_read_the_files_of_others() {
    let edge = Edge::with(|variables| {
        variables.auth.revocation = "redis".into();
        variables.auth.redis_url = "redis://localhost:6379".into();
        variables.auth.revocation_when_down = "open".into();
    });
    let file = format!("/uploads/{}", "0".repeat(48));
    for (role, path, status) in
        [("admin", file.as_str(), 503), ("instructor", &file, 404), ("admin", "/uploads", 200)]
    {
        let bearer = format!(
            "Bearer {}",
            edge.signer.token(&with(access_claims(NOW), &json!({"role": role})))
        );
        let methods = if path == file {
            vec![Method::GET, Method::HEAD, Method::DELETE]
        } else {
            vec![Method::GET]
        };
        for method in methods {
            let response =
                edge.send(&request(method.clone(), path, &[(AUTHORIZATION, &bearer)])).await;
            assert_eq!(response.status().as_u16(), status, "{method} {path} as {role}");
        }
    }
}

const LIST: &str = "http://issuer.example/status/1";

/// Starts an edge with status lists below the issuer's `/status`.
fn edge_with_lists(when_down: &str) -> Edge {
    Edge::with(|variables| {
        variables.auth.revocation = "status_list".into();
        variables.auth.status_list_url = "http://issuer.example/status".into();
        variables.auth.revocation_when_down = when_down.into();
    })
}

/// Signs a list that revokes the second of eight tokens.
fn list(edge: &Edge) -> String {
    let compressed = miniz_oxide::deflate::compress_to_vec_zlib(&[0b10], 6);
    edge.signer.status_list(&status_list_claims(LIST, NOW, 1, &compressed))
}

#[tokio::test]
async fn a_token_that_the_status_list_revokes_opens_nothing() {
    let edge = edge_with_lists("");
    edge.host.will_respond(list(&edge), None);
    let status =
        |index: Value, uri: &str| json!({"status": {"status_list": {"idx": index, "uri": uri}}});
    for (change, code, expected) in [
        (status(json!(0), LIST), Value::Null, 200),
        (status(json!(1), LIST), json!("token_revoked"), 401),
        (status(json!(8), LIST), json!("claim_invalid"), 401),
        (status(json!(-1), LIST), json!("claim_invalid"), 401),
        (status(json!("0"), LIST), json!("claim_invalid"), 401),
        (status(json!(0), "http://elsewhere.example/status/1"), json!("claim_invalid"), 401),
        (status(json!(0), "http://issuer.example/status/../admin"), json!("claim_invalid"), 401),
        (json!({"status": "fine"}), json!("claim_invalid"), 401),
        (status(json!(1.0), LIST), json!("token_revoked"), 401),
        (status(json!(0.5), LIST), json!("claim_invalid"), 401),
        (status(json!(1e300), LIST), json!("claim_invalid"), 401),
        (json!({"status": {}}), json!("claim_missing"), 401),
        (json!({"status": {"status_list": null}}), json!("claim_invalid"), 401),
        (json!({"status": {"status_list": [0, LIST]}}), json!("claim_invalid"), 401),
        (json!({"status": [{"idx": 0, "uri": LIST}]}), json!("claim_invalid"), 401),
        (json!({}), json!("claim_missing"), 401),
        (
            json!({"jti": null, "status": {"status_list": {"idx": 0, "uri": LIST}}}),
            json!("claim_missing"),
            401,
        ),
    ] {
        let response = edge
            .with_token("/protected", &edge.signer.token(&with(access_claims(NOW), &change)))
            .await;
        assert_eq!(
            (response.status().as_u16(), &body(&response)["code"]),
            (expected, &code),
            "{change}"
        );
    }
    assert_eq!(edge.host.fetches(), 1);
    let health = body(&edge.get("/", &[]).await);
    assert_eq!(
        health["revocation"],
        json!({"source": "status_list", "lists": {"count": 1, "age_seconds": 0, "stale": false}})
    );
    // A list is signed with the same key but is not a token.
    let response = edge.with_token("/protected", &list(&edge)).await;
    assert_eq!(body(&response)["code"], "typ_not_allowed");
}

#[tokio::test]
async fn a_token_that_names_no_list_passes_only_with_that_setting() {
    let edge = Edge::with(|variables| {
        variables.auth.revocation = "status_list_if_named".into();
        variables.auth.status_list_url = "http://issuer.example/status".into();
    });
    edge.host.will_respond(list(&edge), None);
    let status =
        |index: u64, uri: &str| json!({"status": {"status_list": {"idx": index, "uri": uri}}});
    for (change, expected) in [
        (json!({}), Value::Null),
        (status(0, LIST), Value::Null),
        (status(1, LIST), json!("token_revoked")),
        (status(0, "http://elsewhere.example/status/1"), json!("claim_invalid")),
        (json!({"status": "fine"}), json!("claim_invalid")),
        (json!({"status": {}}), json!("claim_missing")),
        (json!({"jti": null}), json!("claim_missing")),
    ] {
        let response = edge
            .with_token("/protected", &edge.signer.token(&with(access_claims(NOW), &change)))
            .await;
        assert_eq!(body(&response)["code"], expected, "{change}");
    }
    let null = format!(r#"{{"token_type":"access","jti":"1","exp":{},"status":null}}"#, NOW + 60);
    let response = edge.with_token("/protected", &edge.signer.token_of_text(&null)).await;
    assert_eq!(
        body(&response)["code"],
        "claim_invalid",
        "null is a name that makes no sense, and not no name"
    );
}

#[tokio::test]
async fn without_a_status_list_the_setting_decides_except_for_roles() {
    for (when_down, protected) in [("", 503), ("closed", 503), ("open", 200)] {
        let edge = edge_with_lists(when_down);
        let token = |index: u64| {
            let status =
                json!({"role": "admin", "status": {"status_list": {"idx": index, "uri": LIST}}});
            edge.signer.token(&with(access_claims(NOW), &status))
        };
        for (path, status) in [("/protected", protected), ("/admin/dashboard", 503), ("/", 200)] {
            assert_eq!(
                edge.with_token(path, &token(0)).await.status().as_u16(),
                status,
                "{when_down} {path}"
            );
        }
        assert_eq!(edge.host.fetches(), 1, "one attempt, then a pause");
        assert_eq!(body(&edge.get("/", &[]).await)["status"], "degraded");

        // What a list has revoked stays revoked.
        edge.host.pass(5);
        edge.host.will_respond(list(&edge), None);
        assert_eq!(edge.with_token("/admin/dashboard", &token(0)).await.status(), StatusCode::OK);
        edge.host.pass(60);
        for (path, status) in [("/protected", protected), ("/admin/dashboard", 503)] {
            assert_eq!(
                edge.with_token(path, &token(0)).await.status().as_u16(),
                status,
                "{when_down} {path}"
            );
            assert_eq!(
                edge.with_token(path, &token(1)).await.status(),
                StatusCode::UNAUTHORIZED,
                "{when_down} {path}"
            );
        }
    }
}

#[tokio::test]
async fn the_upkeep_refreshes_keys_and_lists_before_they_expire() {
    let edge = Edge::with(|variables| {
        variables.auth.public_key = String::new();
        variables.auth.jwks_url = "http://issuer.example/jwks".into();
        variables.auth.revocation = "status_list".into();
        variables.auth.status_list_url = "http://issuer.example/status".into();
    });
    let jwks = json!({"keys": [edge.signer.jwk()]}).to_string();
    let status = json!({"status": {"status_list": {"idx": 0, "uri": LIST}}});
    let token = edge.signer.token(&with(access_claims(NOW), &status));
    edge.host.will_respond(jwks.as_str(), Some(60));
    edge.host.will_respond(list(&edge), None);
    assert_eq!(edge.with_token("/protected", &token).await.status(), StatusCode::OK);
    assert!(!edge.service.has_upkeep(&edge.host));
    edge.host.pass(45);
    assert_eq!(edge.with_token("/protected", &token).await.status(), StatusCode::OK);
    assert_eq!(edge.host.fetches(), 2);
    assert!(edge.service.has_upkeep(&edge.host));
    edge.host.will_respond(jwks.as_str(), Some(60));
    edge.host.will_respond(list(&edge), None);
    edge.service.upkeep(&edge.host).await;
    assert_eq!(edge.host.fetches(), 4);
    assert!(!edge.service.has_upkeep(&edge.host));
    edge.host.pass(44);
    assert_eq!(edge.with_token("/protected", &token).await.status(), StatusCode::OK);
    assert_eq!(edge.host.fetches(), 4);
}

/// Replaces the service by another instance on the same host.
fn another_instance(edge: &mut Edge, when_down: &str) {
    let mut variables = Variables::default();
    variables.auth.public_key = edge.signer.public_pem();
    variables.auth.revocation = "status_list".into();
    variables.auth.status_list_url = "http://issuer.example/status".into();
    variables.auth.revocation_when_down = when_down.into();
    edge.service = Service::new(&variables, &edge.host);
}

#[tokio::test]
async fn a_new_instance_refuses_by_the_shared_list_while_the_issuer_is_down() {
    for when_down in ["closed", "open"] {
        let mut edge = edge_with_lists(when_down);
        let token = |edge: &Edge, index: u64| {
            let status = json!({
                "exp": NOW + 1_000_000,
                "status": {"status_list": {"idx": index, "uri": LIST}},
            });
            edge.signer.token(&with(access_claims(NOW), &status))
        };
        edge.host.will_respond(list(&edge), None);
        assert_eq!(
            edge.with_token("/protected", &token(&edge, 1)).await.status(),
            StatusCode::UNAUTHORIZED
        );
        // Within the lifetime of the list, after it, and long after its `exp`.
        for (seconds, good) in
            [(1, 200), (60, if when_down == "open" { 200 } else { 503 }), (500_000, 0)]
        {
            edge.host.pass(seconds);
            another_instance(&mut edge, when_down);
            let response = edge.with_token("/protected", &token(&edge, 1)).await;
            assert_eq!(
                body(&response)["code"],
                "token_revoked",
                "{when_down}, after {seconds} s more"
            );
            if good != 0 {
                let response = edge.with_token("/protected", &token(&edge, 0)).await;
                assert_eq!(response.status().as_u16(), good, "{when_down}, after {seconds} s more");
            }
        }
    }
}

#[tokio::test]
async fn evicted_lists_still_refuse_while_the_issuer_is_down() {
    let edge = edge_with_lists("open");
    let compressed = miniz_oxide::deflate::compress_to_vec_zlib(&[0b10], 6);
    let uri = |number: usize| format!("http://issuer.example/status/{number}");
    let token = |number: usize, index: u64| {
        let status = json!({"status": {"status_list": {"idx": index, "uri": uri(number)}}});
        edge.signer.token(&with(access_claims(NOW), &status))
    };
    let all = 0..MAX_LISTS + 3;
    for number in all.clone() {
        let claims = status_list_claims(&uri(number), NOW, 1, &compressed);
        edge.host.will_respond(edge.signer.status_list(&claims), None);
        let response = edge.with_token("/protected", &token(number, 1)).await;
        assert_eq!(body(&response)["code"], "token_revoked", "list {number}");
    }
    let health = body(&edge.get("/", &[]).await);
    assert_eq!(health["revocation"]["lists"]["count"], MAX_LISTS, "three lists are evicted");
    edge.host.pass(120);
    for round in 0..2 {
        for number in all.clone() {
            let response = edge.with_token("/protected", &token(number, 1)).await;
            assert_eq!(body(&response)["code"], "token_revoked", "list {number}, round {round}");
            let response = edge.with_token("/protected", &token(number, 0)).await;
            assert_eq!(response.status(), StatusCode::OK, "list {number}, round {round}");
        }
    }
}

#[tokio::test]
async fn after_the_clock_was_set_back_a_list_refuses_and_confirms_nothing() {
    let mut edge = edge_with_lists("open");
    edge.host.will_respond(list(&edge), None);
    let token = |index: u64| {
        let status =
            json!({"role": "admin", "status": {"status_list": {"idx": index, "uri": LIST}}});
        edge.signer.token(&with(access_claims(NOW), &status))
    };
    let (good, revoked) = (token(0), token(1));
    assert_eq!(edge.with_token("/protected", &revoked).await.status(), StatusCode::UNAUTHORIZED);
    for value in edge.host.store.borrow_mut().values_mut() {
        // The fetch seems to be 30 s in the future.
        let text = String::from_utf8_lossy(value)
            .replace(&format!("\"fetched_at\":{NOW}"), &format!("\"fetched_at\":{}", NOW + 30));
        *value = text.into_bytes();
    }
    another_instance(&mut edge, "open");
    assert_eq!(edge.with_token("/protected", &revoked).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        edge.with_token("/admin/dashboard", &good).await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn a_new_instance_reports_the_shared_lists_or_that_there_are_none() {
    let mut edge = edge_with_lists("");
    let health = body(&edge.get("/", &[]).await);
    assert_eq!(
        (&health["status"], &health["revocation"]["lists"]["count"]),
        (&json!("unknown"), &json!(0))
    );
    edge.host.will_respond(list(&edge), None);
    let status = json!({"status": {"status_list": {"idx": 0, "uri": LIST}}});
    let token = edge.signer.token(&with(access_claims(NOW), &status));
    assert_eq!(edge.with_token("/protected", &token).await.status(), StatusCode::OK);
    edge.host.pass(30);
    another_instance(&mut edge, "");
    let health = body(&edge.get("/", &[]).await);
    assert_eq!(health["status"], "ok");
    assert_eq!(
        health["revocation"]["lists"],
        json!({"count": 1, "age_seconds": 30, "stale": false})
    );
    edge.host.pass(31);
    another_instance(&mut edge, "");
    assert_eq!(
        body(&edge.get("/", &[]).await)["status"],
        "unknown",
        "no request has used it lately"
    );
    edge.host.latency.set(Duration::from_secs(60));
    assert_eq!(
        edge.with_token("/protected", &token).await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    another_instance(&mut edge, "");
    let health = body(&edge.get("/", &[]).await);
    assert_eq!(health["status"], "degraded");
    assert!(
        health["revocation"]["problem"].as_str().is_some_and(|problem| problem.contains(LIST)),
        "{health}"
    );
}
