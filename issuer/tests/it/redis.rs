//! Revocations in a real Redis server, reached over a Unix socket.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::request;
use crate::support::{Options, PASSWORD, TestIssuer, skipped};

struct Redis {
    child: Child,
    url: String,
}

impl Redis {
    /// Starts the server. Returns `None`, and reports the skipped test, if Redis is not installed.
    fn start(directory: &Path) -> Option<Self> {
        let socket = directory.join("socket");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(directory)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            skipped("publication in Redis: redis-server is not installed");
            return None;
        };
        let this = Self { child, url: url(directory) };
        wait_for("redis-server responds", || this.connection().is_some());
        Some(this)
    }

    fn connection(&self) -> Option<::redis::Connection> {
        ::redis::Client::open(self.url.as_str()).expect("a URL").get_connection().ok()
    }

    /// Seconds that the key lives; negative when there is none.
    fn life(&self, id: &str) -> i64 {
        let mut connection = self.connection().expect("it runs");
        ::redis::cmd("TTL")
            .arg(format!("dojang:revoked:{id}"))
            .query(&mut connection)
            .expect("a response")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn url(directory: &Path) -> String {
    format!("redis+unix://{}", directory.join("socket").display())
}

#[track_caller]
fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn sid(token: &str) -> String {
    use base64::Engine as _;
    let claims = token.split('.').nth(1).expect("three parts");
    let claims = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    claims["sid"].as_str().expect("text").to_owned()
}

fn issuer(directory: &Path) -> TestIssuer {
    TestIssuer::with(Options {
        redis_url: Some(url(directory)),
        rotation: true,
        ..Options::default()
    })
}

#[test]
fn a_revocation_is_in_redis_before_the_response_and_until_its_tokens_expire() {
    let directory = TempDir::new().expect("a directory");
    let Some(redis) = Redis::start(directory.path()) else { return };
    let issuer = issuer(directory.path());
    let logins: Vec<_> = (0..4).map(|_| issuer.login("testuser", PASSWORD)).collect();
    let ids: Vec<String> = logins.iter().map(|login| sid(&login.text("access"))).collect();
    assert_eq!(issuer.log_out(&logins[0].text("refresh")).status, 200);
    let last = 86_400 + 7_200;
    assert!((last..=last + 60).contains(&redis.life(&ids[0])), "{}", redis.life(&ids[0]));
    assert!(ids[1..].iter().all(|id| redis.life(id) < 0), "the others go on");

    let first = logins[1].text("refresh");
    issuer.refresh(&issuer.refresh(&first).text("refresh"));
    assert_eq!(issuer.refresh(&first).status, 401);
    assert!(redis.life(&ids[1]) > 0, "reuse");
    let change = request("POST", "/api/users/me/password/")
        .bearer(&logins[2].text("access"))
        .json(json!({ "old_password": PASSWORD, "new_password": "new password" }));
    assert_eq!(issuer.send(&change).status, 200);
    assert!(
        redis.life(&ids[2]) < 0 && redis.life(&ids[3]) > 0,
        "a password change ends the others"
    );
    issuer.delete(&issuer.user("testuser"));
    wait_for("what another process ended is published too", || redis.life(&ids[2]) > 0);
    let ready = issuer.send(&request("GET", "/readyz"));
    assert_eq!((ready.status, ready.text("redis")), (200, "ok".to_owned()));
}

#[test]
fn a_logout_succeeds_without_redis_and_is_published_when_it_is_back() {
    let directory = TempDir::new().expect("a directory");
    let issuer = issuer(directory.path());
    let login = issuer.login("testuser", PASSWORD);
    let id = sid(&login.text("access"));
    assert_eq!(issuer.log_out(&login.text("refresh")).status, 200);
    assert_eq!(issuer.me(&login.text("access")).status, 401, "the issuer knows");
    let ready = issuer.send(&request("GET", "/readyz"));
    assert_eq!(
        (ready.status, ready.text("redis"), ready.text("database")),
        (503, "failed".into(), "ok".into())
    );
    let Some(redis) = Redis::start(directory.path()) else { return };
    wait_for("the logout is published", || redis.life(&id) > 0);
    drop(redis);
    let Some(redis) = Redis::start(directory.path()) else { return };
    wait_for("a Redis that lost its data is filled again", || redis.life(&id) > 0);
}
