//! Copies of the database.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::program::{Server, WorkingDirectory, ends, fails, login, succeeds};

#[test]
fn a_copy_is_complete_and_closed_to_others_while_the_server_runs() {
    let dir = WorkingDirectory::with_keys();
    let create = |name: &str| {
        let create = ["users", "create", "--username", name, "--password-stdin"];
        succeeds(&dir.run_with_input(&create, "testpass123"));
    };
    create("first");
    let server = Server::start(&dir, &[]);
    create("second");
    let refresh = login(server.address, "second", "testpass123").text("refresh");
    // The default umask of most systems, which would make the copy readable for all users.
    let mut shell = Command::new("sh");
    let issuer = env!("CARGO_BIN_EXE_issuer");
    shell
        .args(["-c", "umask 022; exec \"$0\" backup copy.sqlite3", issuer])
        .current_dir(dir.path(""));
    shell.env_remove("DATABASE_URL");
    let said = succeeds(&ends(shell));
    assert!(said.contains("copied the database to copy.sqlite3"), "{said}");
    create("third");
    assert_eq!(
        fs::metadata(dir.path("copy.sqlite3")).expect("made").permissions().mode() & 0o777,
        0o600
    );
    let names: Vec<_> =
        fs::read_dir(dir.path("")).expect("readable").flatten().map(|e| e.file_name()).collect();
    let is_left = |name: &std::ffi::OsString| {
        let name = name.to_string_lossy();
        name.starts_with(".backup") || name.starts_with("copy.sqlite3-")
    };
    assert!(!names.iter().any(is_left), "{names:?}");
    server.signal("TERM");
    server.wait();

    let copy = ["--database-url", "sqlite://copy.sqlite3"];
    let list = succeeds(&dir.run(&[&["users", "list"], &copy[..]].concat()));
    assert!(list.contains("first") && list.contains("second") && !list.contains("third"), "{list}");
    let restored = Server::start(&dir, &copy);
    let refresh = serde_json::json!({ "refresh": refresh });
    let refreshed =
        crate::http::request("POST", "/api/token/refresh/").json(refresh).send(restored.address);
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    restored.signal("TERM");
    restored.wait();
}

#[test]
fn a_copy_overwrites_nothing_and_failures_say_why() {
    let dir = WorkingDirectory::with_keys();
    succeeds(&dir.run(&["flush-expired"]));
    fs::write(dir.path("there"), "something").expect("a new file");
    for (arguments, says) in [
        (&["backup", "there"][..], "there is there already; name a new file"),
        (&["backup", "issuer.sqlite3"], "issuer.sqlite3 is there already"),
        (&["backup", "no/where"], "cannot write no/where"),
        (
            &["backup", "copy", "--database-url", "sqlite://none.sqlite3"],
            "there is no issuer database none.sqlite3",
        ),
        (&["backup", "copy", "--database-url", "sqlite://there"], "file is not a database"),
        (
            &["backup", "copy", "--database-url", "postgres://me:hunter2@db.example/users"],
            "run: (umask 077; pg_dump --host db.example --port 5432 --username me --format=custom \
             --file copy users)",
        ),
    ] {
        let line = fails(&dir.run(arguments));
        assert!(line.contains(says) && !line.contains("hunter2"), "{line}");
        assert!(!dir.path("copy").exists());
    }
    assert_eq!(fs::read_to_string(dir.path("there")).expect("text"), "something");
    assert!(!dir.path("none.sqlite3").exists());
    assert!(
        fails(&dir.run(&["backup", "there", "--database-url", "mysql://a"]))
            .contains("must begin with")
    );
}
