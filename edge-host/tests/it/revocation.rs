//! Revoked tokens, with a real Redis server.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Edge, Response, TIMEOUT, component, now};
use serde_json::json;
use test_support::claims::{access_claims, with};
use test_support::signer::Signer;

const COMPLETE: &str = "dojang:revocations-complete";

/// A Redis server on a free port, without persistence. Stops when it is dropped.
struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    fn free_port() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    }

    /// Starts a server with the marker that an issuer without revocations writes, or reports that
    /// Redis is not installed.
    fn start(port: u16) -> Option<Self> {
        let redis = Self::start_empty(port)?;
        redis.complete();
        Some(redis)
    }

    fn start_empty(port: u16) -> Option<Self> {
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        let Ok(child) =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
        else {
            crate::support::skipped("revocation by Redis: redis-server is not installed");
            return None;
        };
        let redis = Self { child, port };
        let started = Instant::now();
        while started.elapsed() < TIMEOUT {
            if redis.connect().is_ok() {
                return Some(redis);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("redis-server does not listen on port {port}");
    }

    fn connect(&self) -> redis::RedisResult<redis::Connection> {
        redis::Client::open(format!("redis://127.0.0.1:{}", self.port))?.get_connection()
    }

    /// Closes all connections, as after a timeout or a fail-over.
    fn close_connections(&self) {
        let mut connection = self.connect().expect("it listens");
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL")
            .arg("TYPE")
            .arg("normal")
            .arg("SKIPME")
            .arg("yes")
            .exec(&mut connection)
            .expect("it closes them");
    }

    /// Writes the marker that all revocations are stored.
    fn complete(&self) {
        let mut connection = self.connect().expect("it listens");
        redis::cmd("SET").arg(COMPLETE).arg("1").exec(&mut connection).expect("it is set");
    }

    /// Removes everything, as a restart without persistence does.
    fn empty(&self) {
        redis::cmd("FLUSHALL").exec(&mut self.connect().expect("it listens")).expect("it is empty");
    }

    fn revoke(&self, id: &str) {
        let mut connection = self.connect().expect("it listens");
        let mut set = redis::cmd("SET");
        set.arg(format!("dojang:revoked:{id}"))
            .arg("")
            .arg("EX")
            .arg(600)
            .exec(&mut connection)
            .expect("it is set");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A proxy of the server whose connections can go silent: they stay open and transfer nothing.
struct Wire {
    port: u16,
    /// Connections that were opened before this number of silences are silent.
    silences: Arc<AtomicUsize>,
}

impl Wire {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let wire = Self {
            port: listener.local_addr().expect("an address").port(),
            silences: Arc::default(),
        };
        let silences = Arc::clone(&wire.silences);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let far = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
                let made = silences.load(Ordering::SeqCst);
                for (mut from, mut to) in [(clone(&near), clone(&far)), (far, near)] {
                    let silences = Arc::clone(&silences);
                    std::thread::spawn(move || {
                        let mut bytes = [0; 4096];
                        while let Ok(read @ 1..) = from.read(&mut bytes) {
                            let passes = silences.load(Ordering::SeqCst) == made;
                            if passes && to.write_all(&bytes[..read]).is_err() {
                                break;
                            }
                        }
                    });
                }
            }
        });
        wire
    }

    fn silence(&self) {
        self.silences.fetch_add(1, Ordering::SeqCst);
    }
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a second handle")
}

fn edge(signer: &Signer, port: u16, more: &[&str]) -> Option<Edge> {
    let (key, address) =
        (format!("public_key={}", signer.public_pem()), format!("redis://127.0.0.1:{port}"));
    let url = format!("redis_url={address}");
    let mut arguments =
        vec!["--variable", &key, "--variable", "revocation=redis", "--variable", &url];
    arguments.extend(more);
    if !more.contains(&"--allow-outbound") {
        arguments.extend(["--allow-outbound", &address]);
    }
    Some(Edge::start(&component()?, &arguments))
}

fn ask(edge: &Edge, signer: &Signer, path: &str, jti: &str) -> Response {
    let claims =
        with(access_claims(now()), &json!({"jti": jti, "sid": "session", "role": "admin"}));
    edge.with_token(path, &signer.token(&claims))
}

fn verdict(response: &Response) -> (u16, Option<String>) {
    (response.status, response.json()["code"].as_str().map(str::to_owned))
}

#[test]
fn a_gate_looks_every_token_up() {
    let Some(redis) = Redis::start(Redis::free_port()) else { return };
    let signer = Signer::generated("k1");
    let (key, address) = (signer.public_pem(), format!("redis://127.0.0.1:{}", redis.port));
    let variables =
        [("public_key", key.as_str()), ("revocation", "redis"), ("redis_url", &address)];
    let Some(edge) = Edge::start_gated(&variables, &["--allow-outbound", &address]) else {
        return;
    };
    let token = |jti: &str| signer.token(&with(access_claims(now()), &json!({"jti": jti})));
    redis.revoke("gone");
    assert_eq!(edge.with_token("/x", &token("kept")).status, 200);
    assert_eq!(edge.with_token("/x", &token("gone")).json()["code"], "token_revoked");
    redis.empty();
    assert_eq!(edge.with_token("/x", &token("kept")).json()["code"], "revocation_unknown");
    redis.complete();
    assert_eq!(edge.with_token("/x", &token("kept")).status, 200);
    drop(redis);
    assert_eq!(edge.with_token("/x", &token("kept")).status, 503);
}

#[test]
fn a_token_is_rejected_as_soon_as_it_is_revoked() {
    let Some(redis) = Redis::start(Redis::free_port()) else { return };
    let signer = Signer::generated("k1");
    let Some(edge) = edge(&signer, redis.port, &[]) else { return };
    assert_eq!(verdict(&ask(&edge, &signer, "/protected", "a")), (200, None));
    redis.revoke("a");
    let response = ask(&edge, &signer, "/protected", "a");
    assert_eq!(
        response.json(),
        json!({"detail": "유효하지 않은 토큰입니다", "code": "token_revoked"})
    );
    assert_eq!(response.status, 401);
    assert_eq!(verdict(&ask(&edge, &signer, "/protected", "b")), (200, None));
    redis.revoke("session");
    assert_eq!(
        verdict(&ask(&edge, &signer, "/protected", "b")),
        (401, Some("token_revoked".to_owned()))
    );
}

#[test]
fn an_outage_closes_protected_routes_and_recovery_is_automatic() {
    let port = Redis::free_port();
    let Some(redis) = Redis::start(port) else { return };
    let signer = Signer::generated("k1");
    let unknown = || (503, Some("revocation_unknown".to_owned()));
    let (Some(closed), Some(open)) = (
        edge(&signer, port, &[]),
        edge(&signer, port, &["--variable", "revocation_when_down=open"]),
    ) else {
        return;
    };
    for edge in [&closed, &open] {
        assert_eq!(verdict(&ask(edge, &signer, "/protected", "a")), (200, None));
    }
    drop(redis);
    assert_eq!(verdict(&ask(&closed, &signer, "/protected", "a")), unknown());
    assert_eq!(verdict(&ask(&open, &signer, "/protected", "a")), (200, None));
    for edge in [&closed, &open] {
        assert_eq!(verdict(&ask(edge, &signer, "/admin/dashboard", "a")), unknown());
        assert_eq!(edge.get("/", &[]).status, 200);
    }
    let Some(redis) = Redis::start(port) else { return };
    redis.revoke("a");
    for edge in [&closed, &open] {
        assert_eq!(
            verdict(&ask(edge, &signer, "/protected", "a")),
            (401, Some("token_revoked".to_owned()))
        );
        assert_eq!(verdict(&ask(edge, &signer, "/protected", "b")), (200, None));
    }
}

#[test]
fn an_emptied_redis_rejects_tokens_until_it_is_filled_again() {
    let Some(redis) = Redis::start(Redis::free_port()) else { return };
    let signer = Signer::generated("k1");
    let (Some(closed), Some(open)) = (
        edge(&signer, redis.port, &[]),
        edge(&signer, redis.port, &["--variable", "revocation_when_down=open"]),
    ) else {
        return;
    };
    let revoked = || (401, Some("token_revoked".to_owned()));
    let unknown = || (503, Some("revocation_unknown".to_owned()));
    redis.revoke("a");
    for edge in [&closed, &open] {
        assert_eq!(verdict(&ask(edge, &signer, "/protected", "a")), revoked());
    }
    redis.empty();
    assert_eq!(verdict(&ask(&closed, &signer, "/protected", "a")), unknown());
    assert_eq!(verdict(&ask(&open, &signer, "/admin/dashboard", "a")), unknown());
    assert_eq!(
        verdict(&ask(&open, &signer, "/protected", "b")),
        (200, None),
        "as the operator said"
    );
    assert!(closed.logs("dojang:revocations-complete"), "{}", closed.log());
    // The issuer writes the marker last.
    redis.revoke("a");
    for edge in [&closed, &open] {
        assert_eq!(verdict(&ask(edge, &signer, "/protected", "a")), revoked());
    }
    assert_eq!(verdict(&ask(&closed, &signer, "/protected", "b")), unknown());
    redis.complete();
    assert_eq!(verdict(&ask(&closed, &signer, "/protected", "a")), revoked());
    assert_eq!(verdict(&ask(&closed, &signer, "/protected", "b")), (200, None));
}

#[test]
fn a_new_instance_reports_the_state_of_redis() {
    let Some(redis) = Redis::start_empty(Redis::free_port()) else { return };
    let signer = Signer::generated("k1");
    let Some(edge) = edge(&signer, redis.port, &[]) else { return };
    let health = edge.get("/", &[]).json();
    assert_eq!(health["status"], "degraded", "{health}");
    assert!(
        health["revocation"]["problem"].as_str().is_some_and(|problem| problem.contains(COMPLETE)),
        "{health}"
    );
}

#[test]
fn a_connection_that_the_server_has_closed_is_replaced_without_a_failed_command() {
    // More requests than an instance serves: later instances open the program's closed connection.
    const QUESTIONS: usize = 140;
    let Some(redis) = Redis::start(Redis::free_port()) else { return };
    let signer = Signer::generated("k1");
    let (Some(closed), Some(open)) = (
        edge(&signer, redis.port, &[]),
        edge(&signer, redis.port, &["--variable", "revocation_when_down=open"]),
    ) else {
        return;
    };
    redis.revoke("a");
    let revoked = (401, Some("token_revoked".to_owned()));
    for question in 0..QUESTIONS {
        for edge in [&closed, &open] {
            redis.close_connections();
            let (jti, expected) =
                if question % 2 == 0 { ("a", &revoked) } else { ("b", &(200, None)) };
            assert_eq!(
                &verdict(&ask(edge, &signer, "/protected", jti)),
                expected,
                "{question}: {}",
                edge.log()
            );
        }
    }
    assert!(!closed.log().contains("Redis does not respond"), "{}", closed.log());
}

#[test]
fn password_and_database_of_the_address_are_used() {
    let Some(redis) = Redis::start(Redis::free_port()) else { return };
    let signer = Signer::generated("k1");
    redis.revoke("elsewhere");
    let mut connection = redis.connect().expect("it listens");
    redis::cmd("SELECT").arg(3).exec(&mut connection).expect("it has databases");
    for key in ["dojang:revoked:a", COMPLETE] {
        redis::cmd("SET").arg(key).arg("").exec(&mut connection).expect("it is set");
    }
    redis::cmd("CONFIG")
        .arg("SET")
        .arg("requirepass")
        .arg("secret")
        .exec(&mut connection)
        .expect("it is set");
    let host = format!("127.0.0.1:{}", redis.port);
    let url = format!("redis_url=redis://:secret@{host}/3");
    let Some(edge) = edge(&signer, redis.port, &["--variable", &url]) else { return };
    assert_eq!(
        verdict(&ask(&edge, &signer, "/protected", "a")),
        (401, Some("token_revoked".to_owned()))
    );
    assert_eq!(verdict(&ask(&edge, &signer, "/protected", "elsewhere")), (200, None));
    assert!(!edge.log().contains("secret"), "{}", edge.log());
}

#[test]
fn a_silent_connection_fails_one_command_and_is_replaced() {
    let Some(redis) = Redis::start(Redis::free_port()) else { return };
    let wire = Wire::to(redis.port);
    let signer = Signer::generated("k1");
    let Some(edge) = edge(&signer, wire.port, &[]) else { return };
    redis.revoke("a");
    for _ in 0..3 {
        assert_eq!(
            verdict(&ask(&edge, &signer, "/protected", "a")),
            (401, Some("token_revoked".to_owned()))
        );
        assert_eq!(verdict(&ask(&edge, &signer, "/protected", "b")), (200, None));
        wire.silence();
        let started = Instant::now();
        assert_eq!(
            verdict(&ask(&edge, &signer, "/protected", "b")),
            (503, Some("revocation_unknown".to_owned()))
        );
        assert!(started.elapsed() < TIMEOUT, "{:?}", started.elapsed());
    }
    assert_eq!(
        verdict(&ask(&edge, &signer, "/protected", "a")),
        (401, Some("token_revoked".to_owned()))
    );
}

#[test]
fn an_address_that_is_not_allowed_is_never_called() {
    let Some(redis) = Redis::start(Redis::free_port()) else { return };
    let signer = Signer::generated("k1");
    let Some(edge) = edge(&signer, redis.port, &["--allow-outbound", "redis://127.0.0.1:1"]) else {
        return;
    };
    assert_eq!(
        verdict(&ask(&edge, &signer, "/protected", "a")),
        (503, Some("revocation_unknown".to_owned()))
    );
    assert!(edge.logs("--allow-outbound"), "{}", edge.log());
    let problem = edge.get("/", &[]).json()["revocation"]["problem"].as_str().map(str::to_owned);
    assert!(
        problem
            .is_some_and(|problem| problem.contains("`redis_host`") && !problem.contains("respond"))
    );
}
