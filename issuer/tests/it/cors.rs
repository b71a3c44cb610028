//! CORS headers for requests from other origins.

use issuer::http::AllowedOrigins;

use crate::http::{Response, request};
use crate::support::{Options, TestIssuer};

fn preflight(issuer: &TestIssuer, path: &str, origin: &str) -> Response {
    let request = request("OPTIONS", path)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization,content-type");
    issuer.send(&request)
}

#[test]
fn a_listed_origin_may_call_and_another_may_not() {
    let issuer = TestIssuer::start();
    for (origin, allowed) in
        [("http://localhost:3000", true), ("http://localhost:3001", false), ("null", false)]
    {
        for path in ["/api/token/", "/api/token", "/api/users/me/"] {
            let response = preflight(&issuer, path, origin);
            assert_eq!(response.status, 200, "{origin} {path}");
            assert_eq!(
                response.header("access-control-allow-origin"),
                allowed.then_some(origin),
                "{origin} {path}"
            );
            assert_eq!(response.header("vary"), Some("origin"), "{origin} {path}");
            let headers =
                response.header("access-control-allow-headers").expect("the headers are listed");
            // Those that django-cors-headers allows, and a name for the request.
            for name in [
                "accept",
                "authorization",
                "content-type",
                "user-agent",
                "x-csrftoken",
                "x-requested-with",
                "x-request-id",
            ] {
                assert!(
                    headers.split(',').any(|header| header.trim() == name),
                    "{name}: {headers}"
                );
            }
            assert!(
                response.header("access-control-allow-methods").expect("listed").contains("POST")
            );
        }
        for (path, status) in [("/api/users/me/", 401), ("/nowhere", 404)] {
            let response = issuer.send(&request("GET", path).header("Origin", origin));
            assert_eq!(response.status, status);
            assert_eq!(
                response.header("access-control-allow-origin"),
                allowed.then_some(origin),
                "{origin} {path}"
            );
        }
    }
}

#[test]
fn all_origins_may_call_when_so_set() {
    let issuer = TestIssuer::with(Options { origins: AllowedOrigins::Any, ..Options::default() });
    assert_eq!(
        preflight(&issuer, "/api/token/", "http://a.example").header("access-control-allow-origin"),
        Some("*")
    );
}

#[test]
fn every_page_may_read_the_public_keys() {
    let issuer = TestIssuer::start();
    for path in ["/.well-known/jwks.json", "/public.pem"] {
        let response = issuer.send(&request("GET", path).header("Origin", "http://a.example"));
        assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{path}");
    }
}
