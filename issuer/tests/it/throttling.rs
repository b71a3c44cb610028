//! Limits on password tries.

use issuer::http::LoginLimits;
use issuer::users::Profile;
use serde_json::json;

use crate::http::{Response, request};
use crate::support::{Options, PASSWORD, TestIssuer};

fn limited(per_address: u32, per_name: u32, proxies: &str) -> TestIssuer {
    limited_everywhere(per_address, per_name, 0, proxies)
}

fn limited_everywhere(
    per_address: u32,
    per_name: u32,
    per_name_everywhere: u32,
    proxies: &str,
) -> TestIssuer {
    let limits = LoginLimits { per_address, per_name, per_name_everywhere };
    TestIssuer::with(Options {
        limits,
        trusted_proxies: proxies.parse().expect("proxies"),
        ..Options::default()
    })
}

#[track_caller]
fn is_throttled(response: &Response, seconds: u32) {
    let plural = if seconds == 1 { "" } else { "s" };
    let detail = format!("Request was throttled. Expected available in {seconds} second{plural}.");
    assert_eq!(
        (response.status, response.json()),
        (429, json!({ "detail": detail, "code": "throttled" }))
    );
    assert_eq!(response.header("retry-after"), Some(seconds.to_string().as_str()));
}

#[test]
fn tries_for_one_name_are_limited_and_come_back_with_time() {
    let issuer = limited(0, 6, "");
    let token = issuer.login("testuser", PASSWORD).text("access");
    for _ in 0..6 {
        assert_eq!(issuer.login("testuser", "wrong").status, 401);
    }
    is_throttled(&issuer.login("testuser", PASSWORD), 10);
    is_throttled(&issuer.login(" testuser ", PASSWORD), 10);
    assert_eq!(issuer.login("other", PASSWORD).status, 401, "another name is not held up");
    let body = json!({ "old_password": "guess", "new_password": "long enough" });
    is_throttled(
        &issuer.send(&request("POST", "/api/users/me/password/").bearer(&token).json(body)),
        10,
    );
    issuer.clock.advance(9);
    is_throttled(&issuer.login("testuser", PASSWORD), 1);
    issuer.clock.advance(1);
    let refresh = issuer.login("testuser", PASSWORD).text("refresh");
    assert_eq!(issuer.login("testuser", "wrong").status, 401, "the right password did not count");
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
fn attempts_from_one_address_are_limited_for_all_users_together() {
    let issuer = limited(3, 0, "");
    for _ in 0..10 {
        assert_eq!(issuer.post("/api/token/", json!({})).status, 400);
    }
    assert_eq!(issuer.login("a", "x").status, 401);
    assert_eq!(issuer.login("testuser", PASSWORD).status, 200);
    // No trusted proxy sets this header.
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
        assert_eq!(
            login(&format!("203.0.113.77, {from}")).status,
            401,
            "what a client writes itself does not count"
        );
        is_throttled(&login(from), 30);
    }
    is_throttled(&login("2001:db8::2"), 30);
}

/// Logs in through a trusted proxy that sends the client's address.
fn login_from(issuer: &TestIssuer, address: &str, name: &str, password: &str) -> Response {
    let body = json!({ "username": name, "password": password });
    issuer.send(&request("POST", "/api/token/").header("X-Forwarded-For", address).json(body))
}

#[test]
fn wrong_passwords_from_one_network_do_not_lock_out_others() {
    let issuer = limited_everywhere(0, 6, 60, "127.0.0.0/8");
    for (attacker, neighbour, owner) in [
        ("192.0.2.1", "192.0.2.77", "198.51.100.1"),
        ("2001:db8::1", "2001:db8::ffff:7", "2001:db8:0:1::1"),
    ] {
        // One wrong try a second, and the owner tries to log in all the time.
        let mut refused = 0;
        for second in 0..30 {
            match login_from(&issuer, attacker, "testuser", "wrong").status {
                401 => {}
                429 => refused += 1,
                status => panic!("{status}"),
            }
            if second % 3 == 0 {
                assert_eq!(
                    login_from(&issuer, owner, "testuser", PASSWORD).status,
                    200,
                    "{owner} in {second}"
                );
            }
            issuer.clock.advance(1);
        }
        assert!(refused > 15, "{refused} of 30 tries of the attacker were refused");
        // The test clock does not advance: at most one attempt is left, and none is added.
        for _ in 0..2 {
            login_from(&issuer, attacker, "testuser", "wrong");
        }
        assert_eq!(
            login_from(&issuer, neighbour, "testuser", PASSWORD).status,
            429,
            "of the attacker's network"
        );
        issuer.clock.advance(60);
    }
}

#[test]
fn wrong_passwords_from_many_networks_together_have_a_limit_too() {
    let issuer = limited_everywhere(0, 6, 20, "127.0.0.0/8");
    for network in 0..4 {
        for _ in 0..5 {
            let address = format!("198.51.{network}.1");
            assert_eq!(login_from(&issuer, &address, "testuser", "wrong").status, 401);
        }
    }
    is_throttled(&login_from(&issuer, "203.0.113.1", "testuser", PASSWORD), 3);
    assert_eq!(
        login_from(&issuer, "203.0.113.1", "other", "wrong").status,
        401,
        "another name is not held up"
    );
    // Attempts refused by the wide limit did not count for this network.
    for _ in 0..10 {
        is_throttled(&login_from(&issuer, "203.0.113.1", "testuser", PASSWORD), 3);
    }
    issuer.clock.advance(18);
    for _ in 0..6 {
        assert_eq!(login_from(&issuer, "203.0.113.1", "testuser", "wrong").status, 401);
    }
}

#[test]
fn a_right_password_does_not_count() {
    let issuer = limited_everywhere(0, 3, 4, "");
    for _ in 0..20 {
        assert_eq!(issuer.login("testuser", PASSWORD).status, 200);
    }
    // The right password of an inactive user counts: the response is that to a wrong one.
    let inactive = issuer.create(Profile::new("inactive"), PASSWORD);
    issuer.set_active(&inactive, false);
    for _ in 0..3 {
        assert_eq!(issuer.login("inactive", PASSWORD).status, 401);
    }
    is_throttled(&issuer.login("inactive", PASSWORD), 20);
    // Each interval restores one attempt, up to the limit.
    for _ in 0..3 {
        assert_eq!(issuer.login("testuser", "wrong").status, 401);
    }
    is_throttled(&issuer.login("testuser", PASSWORD), 20);
}

#[test]
fn the_old_password_is_guessed_under_the_same_limits() {
    let issuer = limited_everywhere(0, 3, 5, "127.0.0.0/8");
    let token = login_from(&issuer, "198.51.100.1", "testuser", PASSWORD).text("access");
    let change = |from: &str, old: &str, new: &str| {
        let body = json!({ "old_password": old, "new_password": new });
        let request = request("POST", "/api/users/me/password/").header("X-Forwarded-For", from);
        issuer.send(&request.bearer(&token).json(body))
    };
    for _ in 0..3 {
        assert_eq!(change("192.0.2.1", "guess", "long enough").status, 400);
    }
    is_throttled(&change("192.0.2.200", "guess", "long enough"), 20);
    assert_eq!(
        login_from(&issuer, "198.51.100.1", "testuser", PASSWORD).status,
        200,
        "the owner is elsewhere"
    );
    for _ in 0..2 {
        assert_eq!(
            change("198.51.100.1", PASSWORD, PASSWORD).status,
            200,
            "a right password does not count"
        );
    }
    for _ in 0..2 {
        assert_eq!(change("198.51.100.1", "guess", "long enough").status, 400);
    }
    is_throttled(&change("203.0.113.1", PASSWORD, "long enough"), 12);
}
