//! Limits on password tries.

use issuer::http::LoginLimits;
use serde_json::json;

use crate::http::{Answer, request};
use crate::support::{Options, PASSWORD, TestIssuer};

fn limited(per_address: u32, per_name: u32, proxies: &str) -> TestIssuer {
    let limits = LoginLimits { per_address, per_name };
    TestIssuer::with(Options { limits, trusted_proxies: proxies.parse().expect("proxies"), ..Options::default() })
}

#[track_caller]
fn is_throttled(answer: &Answer, seconds: u32) {
    let plural = if seconds == 1 { "" } else { "s" };
    let detail = format!("Request was throttled. Expected available in {seconds} second{plural}.");
    assert_eq!((answer.status, answer.json()), (429, json!({ "detail": detail, "code": "throttled" })));
    assert_eq!(answer.header("retry-after"), Some(seconds.to_string().as_str()));
}

#[test]
fn tries_for_one_name_are_limited_and_come_back_with_time() {
    let issuer = limited(0, 6, "");
    let token = issuer.login("testuser", PASSWORD).text("access");
    for _ in 0..5 {
        assert_eq!(issuer.login("testuser", "wrong").status, 401);
    }
    is_throttled(&issuer.login("testuser", PASSWORD), 10);
    is_throttled(&issuer.login(" testuser ", PASSWORD), 10);
    assert_eq!(issuer.login("other", PASSWORD).status, 401, "another name is not held up");
    let body = json!({ "old_password": "guess", "new_password": "long enough" });
    is_throttled(&issuer.send(&request("POST", "/api/users/me/password/").bearer(&token).json(body)), 10);
    issuer.clock.advance(9);
    is_throttled(&issuer.login("testuser", PASSWORD), 1);
    issuer.clock.advance(1);
    let refresh = issuer.login("testuser", PASSWORD).text("refresh");
    is_throttled(&issuer.login("testuser", PASSWORD), 10);
    for _ in 0..20 {
        assert_eq!(issuer.refresh(&refresh).status, 200, "no password, no limit");
        assert_eq!(issuer.me(&token).status, 200);
    }
}

#[test]
fn an_unknown_name_is_limited_like_a_known_one() {
    let issuer = limited(0, 2, "");
    for name in ["testuser", "nobody"] {
        for _ in 0..2 {
            assert_eq!(issuer.login(name, "wrong").status, 401);
        }
        is_throttled(&issuer.login(name, "wrong"), 30);
    }
}

#[test]
fn tries_from_one_address_are_limited_whoever_they_are_for_and_what_tries_no_password_is_none() {
    let issuer = limited(3, 0, "");
    for _ in 0..10 {
        assert_eq!(issuer.post("/api/token/", json!({})).status, 400);
    }
    assert_eq!(issuer.login("a", "x").status, 401);
    assert_eq!(issuer.login("testuser", PASSWORD).status, 200);
    // Nobody vouches for this header.
    let forged = |from: &str| {
        let body = json!({ "username": "b", "password": "x" });
        issuer.send(&request("POST", "/api/token/").header("X-Forwarded-For", from).json(body))
    };
    assert_eq!(forged("192.0.2.1").status, 401);
    is_throttled(&forged("192.0.2.2"), 20);
    is_throttled(&issuer.login("testuser", PASSWORD), 20);
    assert_eq!(issuer.post("/api/token/", json!({})).status, 400);
}

#[test]
fn behind_a_trusted_proxy_each_client_counts_for_itself() {
    let issuer = limited(2, 0, "127.0.0.0/8");
    let login = |from: &str| {
        let body = json!({ "username": "a", "password": "x" });
        issuer.send(&request("POST", "/api/token/").header("X-Forwarded-For", from).json(body))
    };
    for from in ["192.0.2.1", "192.0.2.2", "2001:db8::1"] {
        assert_eq!(login(from).status, 401, "{from}");
        assert_eq!(login(&format!("203.0.113.77, {from}")).status, 401, "what a client writes itself does not count");
        is_throttled(&login(from), 30);
    }
    is_throttled(&login("2001:db8::2"), 30);
}
