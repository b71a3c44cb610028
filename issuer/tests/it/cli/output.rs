//! The output of the commands, and readers that close the pipe.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::program::{WorkingDirectory, ends, fails, login, succeeds};
use crate::http::request;

/// Runs a command whose standard output is a closed pipe.
fn unread(mut command: Command) -> Output {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    command.stdout(writer).stderr(Stdio::piped()).output().expect("the binary runs")
}

/// Exit code and standard error.
#[track_caller]
fn said(output: &Output) -> (Option<i32>, String) {
    let stderr = String::from_utf8(output.stderr.clone()).expect("text");
    assert!(!stderr.contains("panicked"), "{stderr}");
    (output.status.code(), stderr)
}

fn dir() -> WorkingDirectory {
    let dir = WorkingDirectory::with_keys();
    let create = ["users", "create", "--username", "testuser", "--password-stdin"];
    succeeds(&dir.run_with_input(&create, "testpass123"));
    dir
}

#[test]
fn a_reader_that_goes_away_ends_no_command_with_a_panic() {
    let dir = dir();
    for command in [
        &["--help"][..],
        &["--version"],
        &["users", "import", "--help"],
        &["keys", "list"],
        &["keys", "generate", "--if-missing"],
        &["keys", "generate"],
        &["keys", "rotate", "--force"],
        &["users", "list"],
        &["users", "show", "testuser"],
        &["users", "set-role", "testuser", "editor"],
        &["users", "set-premium", "testuser", "false"],
        &["users", "deactivate", "testuser"],
        &["users", "activate", "testuser"],
        &["users", "logout", "testuser"],
        &["sessions", "end-all"],
        &["sessions", "end-all", "--of-key", "none"],
        &["flush-expired"],
        &["backup", "copy.sqlite3"],
        &["users", "delete", "testuser"],
    ] {
        assert_eq!(said(&unread(dir.command(command))), (Some(0), String::new()), "{command:?}");
    }
    assert!(
        !succeeds(&dir.run(&["users", "list"])).contains("testuser"),
        "the commands did what they should"
    );
    // Commands that report by their exit code keep it.
    assert_eq!(said(&unread(dir.command(&["token", "inspect", "a.b.c"]))).0, Some(1));
    assert_eq!(
        said(&unread(dir.command(&["doctor", "--issuer", "http://127.0.0.1:1"]))).0,
        Some(1)
    );
    // A generated password that could not be printed is lost.
    let create = ["users", "create", "--username", "new", "--generate-password"];
    let (code, line) = said(&unread(dir.command(&create)));
    assert_eq!(code, Some(1));
    assert!(
        line.contains("the password is lost; set another one with `issuer users set-password`"),
        "{line}"
    );
    succeeds(&dir.run(&["users", "set-password", "new", "--generate-password"]));
}

#[test]
fn a_list_that_is_longer_than_a_pipe_ends_with_its_reader() {
    let dir = dir();
    let file = dir.path("issuer.sqlite3");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        use sqlx::Connection as _;
        let url = format!("sqlite://{}", file.display());
        let mut database = sqlx::SqliteConnection::connect(&url).await.expect("it opens");
        let many = "INSERT INTO users (username, email, first_name, last_name, password_hash, role, premium, \
                    is_active, created_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + \
                    1 FROM n \
                    WHERE i < 5000) SELECT 'user' || i, '', '', '', '', 'a', 1, 1, 0 FROM n";
        sqlx::query(many).execute(&mut database).await.expect("it runs");
        database.close().await.expect("it closes");
    });
    let mut child = dir
        .command(&["users", "list"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut first).expect("text");
    assert!(first.contains("USERNAME"), "{first}");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(said(&output), (Some(0), String::new()));
    assert_eq!(succeeds(&dir.run(&["users", "list"])).lines().count(), 5_002);
}

#[test]
fn a_full_disk_under_the_output_is_an_error() {
    let dir = dir();
    let full = || fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    for command in [
        &["users", "list"][..],
        &["keys", "list"],
        &["flush-expired"],
        &["users", "show", "testuser"],
    ] {
        let mut command = dir.command(command);
        let output =
            command.stdout(full()).stderr(Stdio::piped()).output().expect("the binary runs");
        assert!(
            fails(&output).contains("cannot write to standard output: No space left"),
            "{command:?}"
        );
    }
    let mut command = dir.command(&["users", "show", "nobody"]);
    let output = command.stderr(full()).stdout(Stdio::piped()).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(1), "an unreadable error is an error");
}

#[test]
fn a_server_whose_log_pipe_is_closed_continues() {
    let dir = dir();
    let mut command = dir.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    let address = loop {
        line.clear();
        assert!(log.read_line(&mut line).expect("text") > 0, "it ended");
        if let Some((_, rest)) = line.split_once("serving on http://") {
            let end = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':')
                .expect("more on the line");
            break rest[..end].parse().expect("an address");
        }
    };
    drop(log);
    for _ in 0..3 {
        assert_eq!(login(address, "testuser", "testpass123").status, 200);
        assert_eq!(request("GET", "/healthz").send(address).status, 200);
    }
    let status = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn users_show_prints_json_whatever_the_record_holds() {
    let dir = dir();
    let hostile = "a\u{1b}[2J\"\\\u{202e}\n\u{9b}";
    let file = dir.path("issuer.sqlite3");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        use sqlx::Connection as _;
        let url = format!("sqlite://{}", file.display());
        let mut database = sqlx::SqliteConnection::connect(&url).await.expect("it opens");
        let rename = sqlx::query("UPDATE users SET email = $1, first_name = $1").bind(hostile);
        rename.execute(&mut database).await.expect("it runs");
        database.close().await.expect("it closes");
    });
    let shown = succeeds(&ends(dir.command(&["users", "show", "testuser"])));
    let record: Value =
        serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert_eq!((&record["email"], &record["first_name"]), (&hostile.into(), &hostile.into()));
    assert!(
        shown.lines().count() > 5 && !shown.chars().any(|c| c != '\n' && c.is_control()),
        "{shown:?}"
    );
    for command in [
        &["doctor", "--json", "--issuer", "http://127.0.0.1:1"][..],
        &["token", "inspect", "a.b.c", "--json"],
    ] {
        let output = ends(dir.command(command));
        let parsed: Result<Value, _> = serde_json::from_slice(&output.stdout);
        assert!(parsed.is_ok(), "{command:?}: {}", String::from_utf8_lossy(&output.stdout));
    }
}
