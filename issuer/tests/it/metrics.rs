//! The metrics for Prometheus.

use issuer::http::LoginLimits;
use issuer::users::Profile;
use serde_json::json;

use crate::cli::{Server, WorkingDirectory};
use crate::http::request;
use crate::support::{Options, PASSWORD, TestIssuer};

/// The value of a sample, by its name with all labels.
#[track_caller]
fn sample(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in\n{text}"))
        .parse()
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn requests_are_counted_by_route_and_never_by_path() {
    let issuer = TestIssuer::start();
    let boss = issuer.administrator();
    for id in 1..20 {
        issuer.send(&request("GET", &format!("/api/users/{id}/")).bearer(&boss));
        issuer.send(&request("GET", &format!("/nowhere/{id}")));
        issuer.send(&request(&format!("BREW{id}"), "/api/token/"));
    }
    issuer.send(&request("GET", "/api/users/me"));
    issuer.send(
        &request("OPTIONS", "/api/token/")
            .header("Origin", "http://localhost:3000")
            .header("Access-Control-Request-Method", "POST"),
    );
    let response = issuer.metrics();
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = &response.body;
    let requests = |route: &str, method: &str, status: u16| {
        sample(
            text,
            &format!(
                "issuer_http_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}}"
            ),
        )
    };
    assert_eq!(requests("/api/users/{id}/", "GET", 200), 2.0);
    assert_eq!(requests("/api/users/{id}/", "GET", 404), 17.0);
    assert_eq!(requests("/api/token/", "POST", 200), 1.0);
    assert_eq!(requests("/api/token/", "other", 405), 19.0);
    assert_eq!(requests("/api/token/", "OPTIONS", 200), 1.0);
    assert_eq!(requests("other", "GET", 404), 19.0);
    assert_eq!(requests("other", "GET", 301), 1.0);
    let count = "issuer_http_request_duration_seconds_count{route=\"/api/users/{id}/\"}";
    assert_eq!(sample(text, count), 19.0);
    let bucket =
        "issuer_http_request_duration_seconds_bucket{route=\"/api/users/{id}/\",le=\"+Inf\"}";
    assert_eq!(sample(text, bucket), 19.0);
    assert_eq!(sample(text, "issuer_http_requests_in_progress"), 0.0);
    let chosen = text.lines().find(|line| line.contains("nowhere") || line.contains("BREW"));
    assert_eq!(chosen, None, "a label that clients choose");
    let elsewhere = request("GET", "/metrics").send(issuer.address);
    assert_eq!(elsewhere.status, 404, "clients of the issuer do not see it");
}

#[test]
fn logins_are_counted_by_how_they_ended() {
    let limits = LoginLimits { per_address: 0, per_name: 3, per_name_everywhere: 0 };
    let issuer = TestIssuer::with(Options { limits, ..Options::default() });
    let inactive = issuer.create(Profile::new("inactive"), PASSWORD);
    issuer.set_active(&inactive, false);
    assert_eq!(issuer.login("testuser", PASSWORD).status, 200);
    for (name, password) in [("testuser", "wrong"), ("nobody", "x"), ("inactive", PASSWORD)] {
        assert_eq!(issuer.login(name, password).status, 401);
    }
    assert_eq!(issuer.post("/api/token/", json!({})).status, 400);
    assert_eq!(issuer.login("testuser", PASSWORD).status, 200);
    for _ in 0..2 {
        assert_eq!(issuer.login("testuser", "wrong").status, 401);
    }
    assert_eq!(issuer.login("testuser", PASSWORD).status, 429);
    let text = issuer.metrics().body;
    for (outcome, count) in
        [("success", 2.0), ("refused", 5.0), ("malformed", 1.0), ("throttled", 1.0)]
    {
        assert_eq!(
            sample(&text, &format!("issuer_logins_total{{outcome=\"{outcome}\"}}")),
            count,
            "{outcome}"
        );
    }
    assert_eq!(sample(&text, "issuer_throttled_total{limit=\"name\"}"), 1.0);
    assert_eq!(sample(&text, "issuer_throttled_total{limit=\"address\"}"), 0.0);
    issuer.close_storage();
    assert_eq!(issuer.login("nobody2", PASSWORD).status, 503);
    assert_eq!(sample(&issuer.metrics().body, "issuer_logins_total{outcome=\"failed\"}"), 1.0);
}

#[test]
fn refreshes_are_counted_and_a_copied_token_stands_out() {
    let issuer = TestIssuer::with(Options { rotation: true, ..Options::default() });
    let first = issuer.login("testuser", PASSWORD).text("refresh");
    let second = issuer.refresh(&first).text("refresh");
    let third = issuer.refresh(&second).text("refresh");
    assert_eq!(issuer.refresh(&first).status, 401, "a copy");
    assert_eq!(issuer.refresh(&third).status, 401, "the session has ended");
    assert_eq!(issuer.refresh("abc").status, 401);
    assert_eq!(issuer.post("/api/token/refresh/", json!({ "refresh": "" })).status, 400);
    let other = issuer.login("testuser", PASSWORD).text("refresh");
    issuer.set_active(&issuer.user("testuser"), false);
    assert_eq!(issuer.refresh(&other).status, 401);
    let text = issuer.metrics().body;
    for (outcome, count) in [
        ("success", 2.0),
        ("reused", 1.0),
        ("ended", 1.0),
        ("refused", 1.0),
        ("malformed", 1.0),
        ("no_active_user", 1.0),
    ] {
        assert_eq!(
            sample(&text, &format!("issuer_refreshes_total{{outcome=\"{outcome}\"}}")),
            count,
            "{outcome}"
        );
    }
}

#[test]
fn keys_hashing_and_database_are_measured() {
    let issuer = TestIssuer::start();
    issuer.me(&issuer.login("testuser", PASSWORD).text("access"));
    let text = issuer.metrics().body;
    for name in ["running", "waiting"] {
        assert_eq!(sample(&text, &format!("issuer_password_hashes{{state=\"{name}\"}}")), 0.0);
    }
    assert_eq!(sample(&text, "issuer_password_hashes_running_max"), 2.0);
    assert_eq!(sample(&text, "issuer_password_hashes_waiting_max"), 64.0);
    // A connection returns to the pool shortly after its response.
    let connections = ["busy", "idle"]
        .map(|state| sample(&text, &format!("issuer_database_connections{{state=\"{state}\"}}")));
    assert!(connections.iter().sum::<f64>() >= 1.0, "{connections:?}");
    assert!(sample(&text, "issuer_database_connections_max") >= 8.0);
    assert_eq!(sample(&text, "issuer_keys"), 1.0);
    // The shared key began to sign in 1970.
    let age = format!("issuer_active_key_age_seconds{{kid=\"{}\"}}", issuer.keys.signing.kid());
    assert_eq!(sample(&text, &age), 1_767_225_600.0);
    for line in text.lines() {
        assert!(line.starts_with('#') || line.starts_with("issuer_"), "{line}");
    }
}

#[test]
fn the_program_serves_metrics_on_a_separate_address() {
    let dir = WorkingDirectory::with_keys();
    let server = Server::start(&dir, &["--metrics-listen", "127.0.0.1:0"]);
    let metrics = server.metrics_address.expect("it is in the log");
    assert_eq!(request("GET", "/healthz").send(server.address).status, 200);
    let text = request("GET", "/metrics").send(metrics).body;
    assert_eq!(
        sample(
            &text,
            "issuer_http_requests_total{route=\"/healthz\",method=\"GET\",status=\"200\"}"
        ),
        1.0
    );
    assert_eq!(request("GET", "/").send(metrics).status, 404);
    assert_eq!(request("POST", "/metrics").send(metrics).status, 405);
    server.signal("TERM");
    assert_eq!(server.wait().0, Some(0));
    let server = Server::start(&dir, &[]);
    assert_eq!(server.metrics_address, None);
    let line = crate::cli::fails(&dir.run(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--metrics-listen",
        &server.address.to_string(),
    ]));
    assert!(
        line.ends_with(
            "the port is in use; stop the program that uses it, or choose another port with \
             --metrics-listen"
        ),
        "{line}"
    );
    server.signal("TERM");
    server.wait();
}
