//! How the server stops, and what survives when it is killed.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::program::{Place, Server, fails, login, succeeds};
use crate::http::{Answer, request};

#[test]
fn a_request_under_way_is_finished_before_the_end() {
    let place = Place::with_keys();
    succeeds(&place.run_with_input(&["users", "create", "--username", "testuser", "--password-stdin"], "testpass123"));
    let server = Server::start(&place, &["--log-format", "json"]);
    let bytes =
        request("POST", "/api/token/").json(json!({ "username": "testuser", "password": "testpass123" })).bytes();
    let (head, rest) = bytes.split_at(bytes.len() - 10);
    let mut stream = TcpStream::connect(server.address).expect("it listens");
    stream.write_all(head).expect("it reads");
    std::thread::sleep(Duration::from_millis(300));
    server.signal("TERM");
    std::thread::sleep(Duration::from_millis(300));
    assert!(TcpStream::connect(server.address).is_err(), "it takes no new connections");
    stream.write_all(rest).expect("it still reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    assert_eq!(Answer::parse(&answer).status, 200);
    let (code, log) = server.wait();
    assert_eq!(code, Some(0));
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

#[test]
fn users_survive_a_kill() {
    let place = Place::with_keys();
    let server = Server::start(&place, &[]);
    succeeds(&place.run_with_input(&["users", "create", "--username", "testuser", "--password-stdin"], "testpass123"));
    server.signal("KILL");
    assert_eq!(server.wait().0, None, "it was killed");
    let server = Server::start(&place, &[]);
    assert_eq!(login(server.address, "testuser", "testpass123").status, 200);
    server.signal("TERM");
    server.wait();
}

#[test]
fn a_session_survives_kills_at_any_moment() {
    let place = Place::with_keys();
    succeeds(&place.run_with_input(&["users", "create", "--username", "testuser", "--password-stdin"], "testpass123"));
    let refresh = |address: SocketAddr, token: &str| -> Option<Answer> {
        let bytes = request("POST", "/api/token/refresh/").json(json!({ "refresh": token })).bytes();
        let mut stream = TcpStream::connect(address).ok()?;
        stream.write_all(&bytes).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        answer.ends_with(b"}").then(|| Answer::parse(&answer))
    };
    let mut token = None;
    for round in 0..8 {
        let server = Server::start(&place, &["--rotate-refresh-tokens"]);
        let mut newest = token.unwrap_or_else(|| login(server.address, "testuser", "testpass123").text("refresh"));
        let address = server.address;
        let client = std::thread::spawn(move || {
            let mut rotations = 0;
            // Until the server is gone: the last answer may be lost, the session may not.
            while let Some(answer) = refresh(address, &newest) {
                assert_eq!(answer.status, 200, "round {round}: {}", answer.body);
                newest = answer.text("refresh");
                rotations += 1;
            }
            (newest, rotations)
        });
        std::thread::sleep(Duration::from_millis(150 + 7 * round));
        server.signal("KILL");
        server.wait();
        let (newest, rotations) = client.join().expect("every answer was 200");
        assert!(rotations > 0, "it was killed while it worked");
        token = Some(newest);
    }
}

#[test]
fn a_database_of_a_newer_issuer_is_left_alone() {
    let place = Place::with_keys();
    succeeds(&place.run(&["users", "list"]));
    let file = place.path("issuer.sqlite3");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        use sqlx::Connection as _;
        let mut database = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.expect("it opens");
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'newer', TRUE, x'00', 0)";
        sqlx::query(newer).execute(&mut database).await.expect("it runs");
        database.close().await.expect("it closes");
    });
    let line = fails(&place.run(&["serve", "--listen", "127.0.0.1:0"]));
    assert!(line.contains("it belongs to another version of the issuer"), "{line}");
    assert!(Path::new(&file).exists());
}
