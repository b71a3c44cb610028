//! Sessions after the server was killed, and its tasks while it runs.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::program::{Server, WorkingDirectory, fails, login, succeeds, wait_for};
use crate::database::TestDatabase;
use crate::http::{Response, request};
use crate::support::START;

#[test]
fn users_survive_a_kill() {
    let dir = WorkingDirectory::with_keys();
    let server = Server::start(&dir, &[]);
    succeeds(&dir.run_with_input(
        &["users", "create", "--username", "testuser", "--password-stdin"],
        "testpass123",
    ));
    server.signal("KILL");
    assert_eq!(server.wait().0, None, "it was killed");
    let server = Server::start(&dir, &[]);
    assert_eq!(login(server.address, "testuser", "testpass123").status, 200);
    server.signal("TERM");
    server.wait();
}

#[test]
fn a_session_survives_kills_at_any_moment() {
    let (runtime, mut dir) = (runtime(), WorkingDirectory::with_keys());
    let database = runtime.block_on(TestDatabase::create());
    dir.set_database(database.url());
    succeeds(&dir.run_with_input(
        &["users", "create", "--username", "testuser", "--password-stdin"],
        "testpass123",
    ));
    let refresh = |address: SocketAddr, token: &str| -> Option<Response> {
        let bytes =
            request("POST", "/api/token/refresh/").json(json!({ "refresh": token })).bytes();
        let mut stream = TcpStream::connect(address).ok()?;
        stream.write_all(&bytes).ok()?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response).ok()?;
        response.ends_with(b"}").then(|| Response::parse(&response))
    };
    let mut token = None;
    for round in 0..8 {
        let server = Server::start(&dir, &["--rotate-refresh-tokens"]);
        let mut newest = token
            .unwrap_or_else(|| login(server.address, "testuser", "testpass123").text("refresh"));
        let address = server.address;
        let (works, at_work) = std::sync::mpsc::channel();
        let client = std::thread::spawn(move || {
            // Until the server exits: the last response may be lost, the session must not.
            while let Some(response) = refresh(address, &newest) {
                assert_eq!(response.status, 200, "round {round}: {}", response.body);
                newest = response.text("refresh");
                let _ = works.send(());
            }
            newest
        });
        at_work
            .recv_timeout(Duration::from_secs(30))
            .expect("a rotation, so that it is killed while it works");
        // Each round kills the server at another point of a rotation.
        std::thread::sleep(Duration::from_millis(7 * round));
        server.signal("KILL");
        server.wait();
        token = Some(client.join().expect("every response was 200"));
    }
    runtime.block_on(database.remove());
}

#[test]
fn sessions_that_have_expired_are_deleted_by_the_server_itself() {
    let (runtime, mut dir) = (runtime(), WorkingDirectory::with_keys());
    let database = runtime.block_on(TestDatabase::create());
    dir.set_database(database.url());
    succeeds(&dir.run(&["users", "list"]));
    let now = {
        let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970");
        i64::try_from(now.as_secs()).expect("before the end of time")
    };
    for (id, expires_at) in [("old", START), ("margin", now - 3_000), ("live", now + 3_600)] {
        let row = format!("('{id}', 1, '{id}', {START}, {START}, {expires_at})");
        let columns = "id, user_id, current_jti, issued_at, refresh_expires_at, expires_at";
        runtime
            .block_on(database.execute(&format!("INSERT INTO sessions ({columns}) VALUES {row}")));
    }
    let server = Server::start(&dir, &[]);
    let left = |id: &str| {
        runtime
            .block_on(database.number(&format!("SELECT COUNT(*) FROM sessions WHERE id = '{id}'")))
    };
    wait_for("the old session is deleted", || left("old") == 0);
    assert_eq!(
        (left("margin"), left("live")),
        (1, 1),
        "one is so long as a status list may name it"
    );
    server.signal("TERM");
    server.wait();
    runtime.block_on(database.remove());
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}

#[test]
fn a_database_of_a_newer_issuer_is_left_alone() {
    let dir = WorkingDirectory::with_keys();
    succeeds(&dir.run(&["users", "list"]));
    let file = dir.path("issuer.sqlite3");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        use sqlx::Connection as _;
        let mut database = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display()))
            .await
            .expect("it opens");
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, \
             execution_time) VALUES (9999, 'newer', TRUE, x'00', 0)";
        sqlx::query(newer).execute(&mut database).await.expect("it runs");
        database.close().await.expect("it closes");
    });
    let line = fails(&dir.run(&["serve", "--listen", "127.0.0.1:0"]));
    assert!(line.contains("it belongs to another version of the issuer"), "{line}");
    assert!(Path::new(&file).exists());
}
