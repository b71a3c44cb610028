//! A database that Django creates, and a client written for SimpleJWT. Both need a Python with
//! Django, SimpleJWT, argon2-cffi, bcrypt, PyJWT and requests, named by `PYTHON`; without one the
//! tests report that they were skipped.

use std::path::Path;
use std::process::{Command, Output};

use crate::cli::{Server, WorkingDirectory, fails, succeeds};
use crate::database::TestDatabase;
use crate::support::skipped;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/django");

/// The Python of the environment, when it has what the scripts import.
fn python(modules: &str) -> Option<String> {
    let Ok(python) = std::env::var("PYTHON") else {
        skipped("PYTHON names no Python");
        return None;
    };
    let output = Command::new(&python).args(["-c", &format!("import {modules}")]).output();
    if output.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    skipped(format_args!("{python} cannot import {modules}"));
    None
}

fn script(python: &str, name: &str, arguments: &[&str]) -> Output {
    Command::new(python)
        .arg(Path::new(SCRIPTS).join(name))
        .args(arguments)
        .output()
        .expect("Python runs")
}

fn imports(dir: &WorkingDirectory, python: &str, from: &str) {
    let import = || dir.run(&["users", "import", "--from", from, "--role", "teacher"]);
    let said = succeeds(&import());
    assert!(said.contains("imported 6 users, 0 were there already"), "{said}");
    assert!(said.contains("the user \"unusable\" has no password that can be checked"), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(succeeds(&import()).contains("imported 0 users, 6 were there already"));

    let server = Server::start(dir, &[]);
    let url = format!("http://{}", server.address);
    // The ids are Django's, with the gap that a deleted user left.
    for (name, password, expected) in [
        ("root", "root password", "1 admin"),
        ("pbkdf2", "testpass123", "3 teacher"),
        ("argon", "testpass123", "4 teacher"),
        ("bcrypt", "testpass123", "5 teacher"),
        ("bcrypt", "testpass123", "5 teacher"),
    ] {
        let said = succeeds(&script(python, "client.py", &[&url, name, password]));
        assert_eq!(said.trim(), expected);
    }
    for name in ["inactive", "unusable", "gone"] {
        assert!(
            !script(python, "client.py", &[&url, name, "testpass123"]).status.success(),
            "{name}"
        );
    }
    server.signal("TERM");
    let (_, log) = server.wait();
    assert_eq!(
        log.matches("replaced a Django password hash by argon2id").count(),
        4,
        "once for each user: {log}"
    );
    // A new user gets an unused id.
    let created = succeeds(&dir.run_with_input(
        &["users", "create", "--username", "new", "--password-stdin"],
        "pass-phrase-9",
    ));
    let id: i64 = created
        .rsplit("(id ")
        .next()
        .and_then(|rest| rest.trim_end().trim_end_matches(')').parse().ok())
        .expect("an id");
    assert!(id > 7, "{created}");
}

#[test]
fn the_users_of_a_django_project_are_imported_and_its_clients_go_on() {
    let Some(python) = python("django, rest_framework_simplejwt, argon2, bcrypt, jwt, requests")
    else {
        return;
    };
    let dir = WorkingDirectory::with_keys();
    let file = dir.path("db.sqlite3");
    let file = file.to_str().expect("text");
    succeeds(&script(&python, "make_project.py", &["sqlite", file]));
    imports(&dir, &python, file);

    let other = WorkingDirectory::with_keys();
    succeeds(&other.run_with_input(
        &["users", "create", "--username", "first", "--password-stdin"],
        "pass-phrase-9",
    ));
    let line = fails(&other.run(&["users", "import", "--from", file]));
    assert!(line.contains("the user \"root\" (id 1) cannot be imported"), "{line}");
    assert_eq!(succeeds(&other.run(&["users", "list"])).lines().count(), 2, "nothing was stored");
}

#[test]
fn the_users_are_imported_from_and_to_postgres() {
    if std::env::var("ISSUER_TEST_POSTGRES_URL").is_err() {
        // The run of all tests on PostgreSQL has it, and says when it is skipped.
        return;
    }
    let Some(python) =
        python("django, rest_framework_simplejwt, argon2, bcrypt, jwt, requests, psycopg2")
    else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (theirs, ours) =
        runtime.block_on(async { (TestDatabase::create().await, TestDatabase::create().await) });
    let url = theirs.url();
    let (authority, database) =
        url.trim_start_matches("postgres://").split_once('/').expect("a URL");
    let (user, address) = authority.split_once('@').expect("a user");
    let (host, port) = address.split_once(':').expect("a port");
    succeeds(&script(&python, "make_project.py", &["postgres", host, port, user, database]));
    let mut dir = WorkingDirectory::with_keys();
    dir.set_database(ours.url());
    imports(&dir, &python, &url);
    runtime.block_on(async {
        theirs.remove().await;
        ours.remove().await;
    });
}

#[test]
fn what_is_no_django_database_is_named() {
    let dir = WorkingDirectory::with_keys();
    succeeds(&dir.run(&["users", "list"]));
    std::fs::write(dir.path("notes.txt"), "some notes, a page of them\n".repeat(100))
        .expect("a new file");
    for (arguments, says) in [
        (&["--from", "nowhere.sqlite3"][..], "there is no file nowhere.sqlite3"),
        (&["--from", "issuer.sqlite3"], "cannot read the table auth_user of issuer.sqlite3"),
        (&["--from", "notes.txt"], "cannot read the table auth_user of notes.txt"),
        (
            &["--from", "issuer.sqlite3", "--table", "a\"; DROP TABLE users; --"],
            "is not the name of a table",
        ),
        (
            &["--from", "postgres://me:hunter2@127.0.0.1:1/a"],
            "cannot read the table auth_user of 127.0.0.1:1/a",
        ),
        (&["--from", "issuer.sqlite3", "--role", "two words"], "a role has 1 to 64 characters"),
    ] {
        let line = fails(&dir.run(&[&["users", "import"], arguments].concat()));
        assert!(line.contains(says) && !line.contains("hunter2"), "{line}");
    }
}
