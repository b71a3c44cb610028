//! Health while the database responds but is not writable.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use serde_json::Value;

use super::program::{Server, WorkingDirectory, login, succeeds, wait_for};
use crate::database::TestDatabase;
use crate::http::request;
use crate::support::{TestIssuer, skipped};

fn with_user(dir: &WorkingDirectory) {
    let create = ["users", "create", "--username", "testuser", "--password-stdin"];
    succeeds(&dir.run_with_input(&create, "testpass123"));
}

/// Statuses of `/healthz` and `/readyz`.
fn health(server: &Server) -> [u16; 2] {
    ["/healthz", "/readyz"].map(|path| request("GET", path).send(server.address).status)
}

/// Statuses of `/healthz`, `/readyz` and a login.
fn statuses(server: &Server) -> [u16; 3] {
    let [alive, ready] = health(server);
    [alive, ready, login(server.address, "testuser", "testpass123").status]
}

/// Level and text of doctor's checks of the database and of the running issuer.
fn diagnosis(dir: &WorkingDirectory, server: &Server, arguments: &[&str]) -> [String; 2] {
    let issuer = format!("http://{}", server.address);
    let output = dir.run(&[&["doctor", "--json", "--issuer", &issuer], arguments].concat());
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    ["database", "issuer"].map(|check| {
        let mut checks = report["checks"].as_array().expect("checks").iter();
        let found = checks.find(|found| found["check"] == check).expect("the check was made");
        format!(
            "{}: {}",
            found["level"].as_str().expect("text"),
            found["text"].as_str().expect("text")
        )
    })
}

#[test]
fn a_read_only_database_is_not_well() {
    let dir = WorkingDirectory::with_keys();
    with_user(&dir);
    let read_only = ["--database-url", "sqlite://issuer.sqlite3?mode=ro"];
    let server = Server::start(&dir, &read_only);
    assert_eq!(statuses(&server), [503, 503, 503]);
    let ready = request("GET", "/readyz").send(server.address);
    assert_eq!((ready.text("database"), ready.text("keys")), ("failed".into(), "ok".into()));
    assert_eq!(
        request("GET", "/.well-known/jwks.json").send(server.address).status,
        200,
        "keys are served"
    );
    let [database, issuer] = diagnosis(&dir, &server, &read_only);
    assert!(database.starts_with("problem: nothing can be written to the database"), "{database}");
    assert!(
        issuer.starts_with("problem: ") && issuer.ends_with("is not ready: database failed"),
        "{issuer}"
    );
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(log.matches("the database is not writable").count(), 1, "it is logged once: {log}");
}

#[test]
fn a_database_file_of_mode_0400_is_not_well() {
    let dir = WorkingDirectory::with_keys();
    with_user(&dir);
    super::program::set_mode(&dir.path("issuer.sqlite3"), 0o400);
    let server = Server::spawn(dir.unprivileged(&["serve", "--listen", "127.0.0.1:0"]));
    assert_eq!(statuses(&server), [503, 503, 503]);
    server.signal("TERM");
    server.wait();
}

/// The limit of the size of files makes each write fail, as a full disk does.
#[test]
fn a_full_disk_is_noticed_and_so_is_its_end() {
    let dir = WorkingDirectory::with_keys();
    with_user(&dir);
    let mut command = Command::new("sh");
    // A write beyond the limit sends a signal too, which must not end the program.
    command.args([
        "-c",
        "trap '' XFSZ; exec \"$0\" serve --listen 127.0.0.1:0",
        env!("CARGO_BIN_EXE_issuer"),
    ]);
    command.current_dir(dir.path("")).env_remove("DATABASE_URL").process_group(0);
    let server = Server::spawn(command);
    assert_eq!(statuses(&server), [200, 200, 200]);
    let limit = |size: &str| {
        let arguments = ["--pid", &server.id().to_string(), &format!("--fsize={size}:unlimited")];
        let status = Command::new("prlimit")
            .args(arguments)
            .status()
            .expect("prlimit (util-linux) is installed");
        assert!(status.success());
    };
    limit("0");
    // A result is used for some seconds.
    wait_for("both report it", || health(&server) == [503, 503]);
    assert_eq!(statuses(&server), [503, 503, 503]);
    assert!(diagnosis(&dir, &server, &[])[1].ends_with("is not ready: database failed"));
    limit("unlimited");
    wait_for("both report that it works again", || health(&server) == [200, 200]);
    assert_eq!(statuses(&server), [200, 200, 200]);
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the database is writable again"), "{log}");
}

#[test]
fn a_read_only_postgres_is_not_well() {
    if std::env::var("ISSUER_TEST_POSTGRES_URL").is_err() {
        skipped("a read-only PostgreSQL: ISSUER_TEST_POSTGRES_URL names no server");
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let database = runtime.block_on(TestDatabase::create_alone());
    let mut dir = WorkingDirectory::with_keys();
    dir.set_database(database.url());
    with_user(&dir);
    let server = Server::start(&dir, &[]);
    assert_eq!(statuses(&server), [200, 200, 200]);
    let name = database.url().rsplit('/').next().expect("a name").to_owned();
    // As on a server that became a standby: for all connections, those included that are open.
    let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    runtime.block_on(async {
        database.execute(&set).await;
        database.execute(end).await;
    });
    wait_for("both report it", || health(&server) == [503, 503]);
    assert_eq!(statuses(&server), [503, 503, 503]);
    let [checked, issuer] = diagnosis(&dir, &server, &[]);
    assert!(checked.starts_with("problem: nothing can be written to the database"), "{checked}");
    assert!(issuer.ends_with("is not ready: database failed"), "{issuer}");
    let second = Server::start(&dir, &[]);
    assert_eq!(
        request("GET", "/public.pem").send(second.address).status,
        200,
        "it starts, and serves keys"
    );
    let list = succeeds(&dir.run(&["users", "list"]));
    assert!(list.contains("testuser"), "what only reads works: {list}");
    for server in [server, second] {
        server.signal("TERM");
        assert_eq!(server.wait().0, Some(0));
    }
    runtime.block_on(database.remove());
}

#[test]
fn looking_leaves_nothing_behind_and_is_not_repeated_for_everybody_who_asks() {
    let issuer = TestIssuer::start();
    for _ in 0..3 {
        assert_eq!(issuer.send(&request("GET", "/healthz")).status, 200);
        assert_eq!(issuer.send(&request("GET", "/readyz")).status, 200);
    }
    assert_eq!(issuer.number("SELECT COUNT(*) FROM sessions"), 0);
    // The result is cached, so that the change below has no effect yet.
    issuer.sql("ALTER TABLE sessions RENAME TO elsewhere");
    assert_eq!(issuer.send(&request("GET", "/healthz")).status, 200);
    issuer.clock.advance(5);
    assert_eq!(issuer.send(&request("GET", "/healthz")).status, 503);
    issuer.sql("ALTER TABLE elsewhere RENAME TO sessions");
    assert_eq!(issuer.send(&request("GET", "/healthz")).status, 503);
    issuer.clock.advance(5);
    assert_eq!(issuer.send(&request("GET", "/healthz")).status, 200);
}
