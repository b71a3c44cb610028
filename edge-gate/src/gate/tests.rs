use edge_auth::response::ErrorCode;
use http::header::{
    ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD,
    AUTHORIZATION, ORIGIN, WWW_AUTHENTICATE,
};
use http::{Method, Request};
use serde_json::json;
use test_support::claims::{access_claims, with};
use test_support::signer::Signer;

use super::*;
use crate::testing::{NOW, TestHost};

/// Paths of every kind: public by a rule, restricted, ordinary, and ambiguous.
const PATHS: [&str; 4] = ["/", "/admin", "/x", "/a/../admin"];

const RULES: &str = r#"[{"path":"/","public":true},{"path":"/admin","role":"admin"}]"#;

fn variables(signer: &Signer) -> Variables {
    let mut variables = Variables::default();
    variables.auth.public_key = signer.public_pem();
    variables.auth.access_rules = RULES.into();
    variables
}

fn request(method: Method, path: &str, headers: &[(http::HeaderName, String)]) -> Parts {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(()).expect("a request").into_parts().0
}

fn preflight(path: &str) -> Parts {
    let headers = [
        (ORIGIN, "https://app.example".to_owned()),
        (ACCESS_CONTROL_REQUEST_METHOD, "GET".to_owned()),
    ];
    request(Method::OPTIONS, path, &headers)
}

/// Summarizes a decision: the names of the added headers, or status and code.
fn summary(decision: &Decision) -> String {
    match decision {
        Decision::Forward { headers, .. } => {
            let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
            format!("forward {}", names.join(" ")).trim_end().to_owned()
        }
        Decision::Respond(response) => {
            let code = response.extensions().get::<ErrorCode>().map_or("", |code| code.0.as_str());
            format!("{} {code}", response.status().as_u16()).trim_end().to_owned()
        }
    }
}

#[tokio::test]
async fn a_request_passes_with_a_good_token_or_to_a_public_path() {
    let (signer, host) = (Signer::generated("k1"), TestHost::default());
    let gate = Gate::new(&variables(&signer), Platform::Spin, &host);
    let bearer = |changes| format!("Bearer {}", signer.token(&with(access_claims(NOW), &changes)));
    let user = bearer(json!({}));
    let admin = bearer(json!({"role": "admin"}));
    let expired = bearer(json!({"exp": NOW}));
    let identity = "forward x-auth-user-id x-auth-username x-auth-role x-auth-jti x-auth-claims";
    for (path, credentials, expected) in [
        ("/", None, "forward"),
        ("/", Some(&expired), "forward"),
        ("/x", None, "401 not_authenticated"),
        ("/x", Some(&user), identity),
        ("/x", Some(&expired), "401 token_expired"),
        ("/admin", Some(&user), "403 role_missing"),
        ("/Admin/", Some(&user), "403 role_missing"),
        ("/admin", Some(&admin), identity),
        ("/a/../admin", Some(&admin), "400 path_ambiguous"),
    ] {
        let headers: Vec<_> =
            credentials.map(|value| (AUTHORIZATION, value.clone())).into_iter().collect();
        let decision = gate.decide(&request(Method::GET, path, &headers), &host).await;
        assert_eq!(summary(&decision), expected, "{path} {credentials:?}");
    }
    let missing = gate.decide(&request(Method::GET, "/x", &[]), &host).await;
    let Decision::Respond(response) = missing else { panic!("it passed") };
    assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer");
    assert!(response.headers().contains_key(X_REQUEST_ID));
    assert_eq!(response.body(), r#"{"detail":"Not authenticated","code":"not_authenticated"}"#);
}

#[tokio::test]
async fn any_unusable_setting_closes_every_path() {
    type Change = fn(&mut Variables);
    let cases: [(&str, &str, Change); 31] = [
        ("keys_not_configured", "no verification key", |v| v.auth.public_key.clear()),
        ("keys_not_configured", "no verification key", |v| v.auth.public_key = " \n".into()),
        ("key_format_unknown", "`public_key`", |v| v.auth.public_key = "@keys/public.pem".into()),
        ("key_pem_invalid", "`public_key`", |v| {
            v.auth.public_key.truncate(100);
        }),
        ("setting_invalid", "`jwks_url`", |v| {
            v.auth.public_key.clear();
            v.auth.jwks_url = "issuer/jwks".into();
        }),
        ("setting_invalid", "`leeway`", |v| v.auth.leeway = "1 min".into()),
        ("setting_invalid", "`token_type`", |v| v.auth.token_type = "none".into()),
        ("setting_invalid", "`any_audience`", |v| {
            v.auth.audience = "a".into();
            v.auth.any_audience = "true".into();
        }),
        ("setting_invalid", "`revocation`", |v| v.auth.revocation = "yes".into()),
        ("setting_invalid", "`redis_url`", |v| v.auth.revocation = "redis".into()),
        ("setting_invalid", "`status_list_url`", |v| v.auth.revocation = "status_list".into()),
        ("setting_invalid", "`revocation_when_down`", |v| {
            v.auth.revocation_when_down = "ajar".into();
        }),
        ("setting_invalid", "`access_rules`", |v| v.auth.access_rules = "{}".into()),
        ("setting_invalid", "`access_rules`", |v| {
            v.auth.access_rules = r#"[{"path":"/","public":"true"}]"#.into();
        }),
        ("setting_invalid", "`access_rules`", |v| {
            v.auth.access_rules = r#"[{"path":"/admin","rolle":"admin"}]"#.into();
        }),
        ("setting_invalid", "another rule restricts", |v| {
            v.auth.access_rules =
                r#"[{"path":"/","public":true},{"path":"/","role":"admin"}]"#.into();
        }),
        ("setting_invalid", "is no path", |v| {
            v.auth.access_rules = r#"[{"path":"*","public":true}]"#.into();
        }),
        ("setting_invalid", "`authorization`", |v| v.gate.authorization = "no".into()),
        ("setting_invalid", "`preflight`", |v| v.gate.preflight = "open".into()),
        ("setting_invalid", "`cors_origins`", |v| v.gate.cors_origins = "app.example".into()),
        ("setting_invalid", "`role_claim`", |v| v.auth.role_claim = r#"["a",""]"#.into()),
        ("setting_invalid", "`issuer`", |v| v.auth.issuer = "[]".into()),
        ("setting_invalid", "`jwks_url`", |v| v.auth.jwks_url = "issuer/jwks".into()),
        ("setting_invalid", "`status_list_url` is set", |v| {
            v.auth.status_list_url = "http://issuer/status".into();
        }),
        ("setting_invalid", "`redis_url` is set", |v| {
            v.auth.redis_url = "redis://localhost:6379".into();
        }),
        ("setting_invalid", "`redis_url` is set", |v| {
            v.auth.revocation = "status_list".into();
            v.auth.status_list_url = "http://issuer/status".into();
            v.auth.redis_url = "redis://localhost:6379".into();
        }),
        ("setting_invalid", "no such method", |v| {
            v.auth.access_rules = r#"[{"path":"/a","method":"PSOT","role":"a"}]"#.into();
        }),
        ("setting_invalid", "`access_rules`", |v| {
            v.auth.access_rules = r#"[{"path":"/","public":true,"method":null}]"#.into();
        }),
        ("setting_invalid", "`user_id_claim`", |v| v.gate.user_id_claim = r#"["a",""]"#.into()),
        ("setting_invalid", "`cors_origins`", |v| v.gate.cors_origins = "*, nonsense".into()),
        ("setting_invalid", "`cors_origins`", |v| v.gate.cors_origins = ",,".into()),
    ];
    let signer = Signer::generated("k1");
    for (code, reason, change) in cases {
        let host = TestHost::default();
        let mut variables = variables(&signer);
        change(&mut variables);
        let gate = Gate::new(&variables, Platform::Spin, &host);
        let log = host.log().join("\n");
        assert!(log.contains(reason) && log.contains("jwt_gate_"), "{reason}: {log}");
        let bearer = format!("Bearer {}", signer.token(&access_claims(NOW)));
        for path in PATHS {
            let requests = [
                request(Method::GET, path, &[]),
                request(Method::POST, path, &[(AUTHORIZATION, bearer.clone())]),
                preflight(path),
            ];
            for request in requests {
                let decision = gate.decide(&request, &host).await;
                assert_eq!(summary(&decision), format!("503 {code}"), "{reason} {path}");
            }
        }
    }
}

#[tokio::test]
async fn unreadable_variables_and_heads_are_refused() {
    let (signer, host) = (Signer::generated("k1"), TestHost::default());
    let closed = Gate::without_variables("no response in time".to_owned(), &host);
    assert!(host.log().join("\n").contains("no response in time"));
    let open = Gate::new(&variables(&signer), Platform::Spin, &host);
    for path in PATHS {
        let request = request(Method::GET, path, &[]);
        let decision = closed.decide(&request, &host).await;
        assert_eq!(summary(&decision), "503 variables_unavailable");
        let decision = closed.refuse_unreadable_head(&request, &host);
        assert_eq!(summary(&decision), "503 variables_unavailable");
        let decision = open.refuse_unreadable_head(&request, &host);
        assert_eq!(summary(&decision), "400 path_ambiguous");
    }
}

#[tokio::test]
async fn redis_is_refused_where_there_is_none() {
    let (signer, host) = (Signer::generated("k1"), TestHost::default());
    let mut variables = variables(&signer);
    variables.auth.revocation = "redis".into();
    variables.auth.redis_url = "redis://localhost:6379".into();
    let gate = Gate::new(&variables, Platform::Wasi, &host);
    let decision = gate.decide(&request(Method::GET, "/", &[]), &host).await;
    assert_eq!(summary(&decision), "503 setting_invalid");
    let gate = Gate::new(&variables, Platform::Spin, &host);
    let decision = gate.decide(&request(Method::GET, "/", &[]), &host).await;
    assert_eq!(summary(&decision), "forward");
}

#[tokio::test]
async fn preflights_are_answered_or_passed() {
    let (signer, host) = (Signer::generated("k1"), TestHost::default());
    let mut variables = variables(&signer);
    variables.gate.cors_origins = "https://app.example".into();
    let gate = Gate::new(&variables, Platform::Spin, &host);
    let Decision::Respond(response) = gate.decide(&preflight("/admin"), &host).await else {
        panic!("it passed")
    };
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
    assert!(response.headers().contains_key(ACCESS_CONTROL_ALLOW_METHODS));

    variables.gate.preflight = "pass".into();
    let gate = Gate::new(&variables, Platform::Spin, &host);
    assert_eq!(summary(&gate.decide(&preflight("/admin"), &host).await), "forward");
    let ambiguous = gate.decide(&preflight("/a/../admin"), &host).await;
    assert_eq!(summary(&ambiguous), "400 path_ambiguous");
    // `OPTIONS` alone is no preflight.
    let options = request(Method::OPTIONS, "/admin", &[]);
    assert_eq!(summary(&gate.decide(&options, &host).await), "401 not_authenticated");
}

#[tokio::test]
async fn pages_of_allowed_origins_can_read_refusals() {
    let (signer, host) = (Signer::generated("k1"), TestHost::default());
    let mut variables = variables(&signer);
    variables.gate.cors_origins = "https://app.example".into();
    variables.auth.leeway = "long".into();
    let gate = Gate::new(&variables, Platform::Spin, &host);
    for (origin, is_allowed) in [("https://app.example", true), ("https://other.example", false)] {
        let request = request(Method::GET, "/x", &[(ORIGIN, origin.to_owned())]);
        let Decision::Respond(response) = gate.decide(&request, &host).await else {
            panic!("it passed")
        };
        let allowed = response.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!((response.status().as_u16(), allowed), (503, is_allowed), "{origin}");
    }
}

#[tokio::test]
async fn the_authorization_header_is_kept_or_removed() {
    let (signer, host) = (Signer::generated("k1"), TestHost::default());
    for (value, expected) in [("", false), ("forward", false), ("remove", true)] {
        let mut variables = variables(&signer);
        variables.gate.authorization = value.into();
        let gate = Gate::new(&variables, Platform::Spin, &host);
        for (path, credentials) in [("/", None), ("/x", Some(signer.token(&access_claims(NOW))))] {
            let headers: Vec<_> = credentials
                .map(|token| (AUTHORIZATION, format!("Bearer {token}")))
                .into_iter()
                .collect();
            let decision = gate.decide(&request(Method::GET, path, &headers), &host).await;
            let Decision::Forward { removes_authorization, .. } = decision else {
                panic!("it was refused")
            };
            assert_eq!(removes_authorization, expected, "{value:?} {path}");
        }
    }
}
