//! The public keys and the health check.

use serde_json::json;
use verifier_core::KeySet;

use crate::http::request;
use crate::support::TestIssuer;

#[test]
fn the_jwks_holds_the_signing_key_as_rfc_7517_wants_it() {
    let issuer = TestIssuer::start();
    let response = issuer.send(&request("GET", "/.well-known/jwks.json"));
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("cache-control"), Some("public, max-age=300"));
    let key = response.json()["keys"][0].clone();
    let members = json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "e": "AQAB",
        "kid": issuer.keys.signing.kid(), "n": key["n"],
    });
    assert_eq!(response.json(), json!({ "keys": [members] }));
    let keys = KeySet::from_jwks(&response.body).expect("the verifier reads it");
    assert_eq!(keys.keys()[0].thumbprint(), issuer.keys.signing.kid());
    let pem = issuer.send(&request("GET", "/public.pem"));
    assert_eq!((pem.status, pem.header("cache-control")), (200, Some("public, max-age=300")));
    assert_eq!(
        KeySet::from_pem(&pem.body).expect("a PEM key").keys()[0].modulus(),
        keys.keys()[0].modulus()
    );
}

#[test]
fn a_reader_that_knows_the_jwks_is_not_sent_it_again() {
    let issuer = TestIssuer::start();
    let get = || request("GET", "/.well-known/jwks.json");
    let etag = issuer.send(&get()).header("etag").expect("an entity tag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    let known = [etag.clone(), format!("W/{etag}"), format!("\"a\", {etag}"), "*".to_owned()];
    for tag in known {
        let response = issuer.send(&get().header("If-None-Match", &tag));
        assert_eq!((response.status, response.body.as_str()), (304, ""), "{tag}");
        assert_eq!(response.header("etag"), Some(etag.as_str()));
        assert_eq!(response.header("cache-control"), Some("public, max-age=300"));
    }
    for tag in ["\"a\"", ""] {
        assert_eq!(issuer.send(&get().header("If-None-Match", tag)).status, 200, "{tag}");
    }
}

#[test]
fn every_response_has_a_request_id_and_the_security_headers() {
    let issuer = TestIssuer::start();
    for path in ["/healthz", "/api/users/me/", "/api/users/me", "/nowhere", "/api/token/"] {
        let response = issuer.send(&request("GET", path));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(response.header(name), Some(value), "{path}");
        }
        let id = response.header("x-request-id").expect("an id");
        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{path}: {id}");
    }
    let request_id_of = |sent: &str| {
        let response = issuer.send(&request("GET", "/healthz").header("X-Request-Id", sent));
        response.header("x-request-id").expect("an id").to_owned()
    };
    for sane in ["a", "0f8c-7.b_c:1", &"x".repeat(128)] {
        assert_eq!(request_id_of(sane), sane);
    }
    for other in ["", "a b", "a\tb", "<b>", "id=\"1\"", &"x".repeat(129)] {
        assert_ne!(request_id_of(other), other);
    }
    let twice = request("GET", "/healthz").header("X-Request-Id", "a").header("X-Request-Id", "b");
    assert!(!["a", "b"].contains(&issuer.send(&twice).header("x-request-id").expect("an id")));
}

#[test]
fn healthz_is_200_while_the_database_responds_and_503_after() {
    let issuer = TestIssuer::start();
    let response = issuer.send(&request("GET", "/healthz"));
    assert_eq!((response.status, response.json()), (200, json!({ "status": "ok" })));
    let ready = issuer.send(&request("GET", "/readyz"));
    let all = json!({
        "status": "ready", "keys": "ok", "database": "ok", "migrations": "ok",
        "redis": "not configured",
    });
    assert_eq!((ready.status, ready.json()), (200, all));
    let responses: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| issuer.send(&request("GET", "/readyz")).status))
            .collect();
        all.into_iter().map(|one| one.join().expect("a response")).collect()
    });
    assert_eq!(responses, [200; 16], "every concurrent request gets the result");
    issuer.close_storage();
    let unavailable = json!({
        "detail": "Service temporarily unavailable, try again later.",
        "code": "service_unavailable",
    });
    let ready = issuer.send(&request("GET", "/readyz"));
    let (database, keys) = (ready.text("database"), ready.text("keys"));
    assert_eq!((ready.status, database.as_str(), keys.as_str()), (503, "failed", "ok"));
    for response in [issuer.send(&request("GET", "/healthz")), issuer.login("testuser", "x")] {
        assert_eq!(
            (response.status, response.json(), response.header("retry-after")),
            (503, unavailable.clone(), Some("1"))
        );
    }
}
