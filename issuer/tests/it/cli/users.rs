//! Users and administrators, from the command line.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::program::{Server, WorkingDirectory, fails, login, succeeds};
use crate::http::request;

#[test]
fn from_nothing_to_a_login_with_four_commands() {
    let dir = WorkingDirectory::empty();
    let made = succeeds(&dir.run(&["keys", "generate"]));
    assert!(made.contains("in keys: active"), "{made}");
    let again = succeeds(&dir.run(&["keys", "generate", "--if-missing"]));
    assert!(again.contains("is active already"), "{again}");
    let listed = succeeds(&dir.run(&["keys", "list"]));
    assert_eq!(listed.lines().filter(|line| line.contains(" active ")).count(), 1, "{listed}");

    let create = [
        "users",
        "create",
        "--username",
        "testuser",
        "--email",
        "test@example.com",
        "--generate-password",
    ];
    let created = succeeds(&dir.run(&create));
    let password = created
        .lines()
        .find_map(|line| line.strip_prefix("password: "))
        .expect("it is printed")
        .to_owned();
    assert!(created.contains("created the user testuser (id 1)"), "{created}");

    let server = Server::start(&dir, &["--access-lifetime", "60"]);
    let response = login(server.address, "testuser", &password);
    assert_eq!(response.status, 200, "{}", response.body);
    let token = response.text("access");
    let me = request("GET", "/api/users/me/").bearer(&token).send(server.address);
    assert_eq!(me.text("email"), "test@example.com");
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("logged in") && log.contains("status=200"), "{log}");
    for secret in [&password, &token, token.split('.').next_back().expect("a signature")] {
        assert!(!log.contains(secret), "a secret is in the log: {log}");
    }
    assert_eq!(
        fs::metadata(dir.path("issuer.sqlite3")).expect("made").permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn users_are_made_listed_and_kept_out() {
    let dir = WorkingDirectory::with_keys();
    let create = |name: &str, input: &str| {
        dir.run_with_input(&["users", "create", "--username", name, "--password-stdin"], input)
    };
    succeeds(&create("keeps.spaces", " pass word \nsecond line\n"));
    succeeds(&create("windows", "pass phrase\r\n"));
    succeeds(&dir.run_with_input(
        &[
            "users",
            "create",
            "--username",
            "boss",
            "--role",
            "admin",
            "--premium",
            "false",
            "--password-stdin",
        ],
        "pass-phrase-9",
    ));
    let list = succeeds(&dir.run(&["users", "list"]));
    let rows: Vec<Vec<&str>> =
        list.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["1", "keeps.spaces", "instructor", "true", "true"]);
    assert_eq!(rows[2], ["3", "boss", "admin", "false", "true"]);

    for (name, input, text) in [
        ("windows", "pass-phrase-9", "a user of this name exists already"),
        ("short", "1234567", "at least 8 characters"),
        ("none", "", "no password on standard input"),
        ("long", &"x".repeat(1025), "at most 1024 bytes"),
        ("bad name", "pass-phrase-9", "letters, digits and @ . + - _"),
        ("common", "Password1", "not one of the most common ones"),
        ("blank", "         ", "not white space alone"),
        ("digits", "8675309867", "not digits alone"),
        ("jonathan", "jonathan1", "not similar to the username"),
    ] {
        let line = fails(&create(name, input));
        assert!(line.contains(text), "{name}: {line}");
    }
    let there = dir.run_with_input(
        &["users", "create", "--username", "windows", "--password-stdin", "--if-missing"],
        "other9999",
    );
    assert!(succeeds(&there).contains("exists already (id 2)"));
    assert!(
        fails(&dir.run(&["users", "deactivate", "nobody"])).contains("there is no user \"nobody\"")
    );

    let server = Server::start(&dir, &[]);
    for (name, password, status) in [
        ("keeps.spaces", " pass word ", 200),
        ("keeps.spaces", "pass word", 401),
        ("windows", "pass phrase", 200),
        ("windows", "other9999", 401),
    ] {
        assert_eq!(login(server.address, name, password).status, status, "{name} {password:?}");
    }
    for (arguments, says) in [
        (
            &["users", "set-role", "windows", "editor"][..],
            "the user windows has the role editor and premium true",
        ),
        (&["users", "set-premium", "windows", "false"], "has the role editor and premium false"),
        (&["users", "show", "windows"], "\"role\": \"editor\""),
    ] {
        let said = succeeds(&dir.run(arguments));
        assert!(said.contains(says) && !said.contains("argon2"), "{said}");
    }
    assert!(
        fails(&dir.run(&["users", "set-role", "windows", "two words"]))
            .contains("a role has 1 to 64")
    );
    let set = |input: &str| {
        dir.run_with_input(&["users", "set-password", "windows", "--password-stdin"], input)
    };
    assert!(fails(&set("short")).contains("at least 8 characters"));
    assert!(fails(&set("windows!")).contains("not similar to the username"));
    assert!(succeeds(&set("pass phrase two")).contains("all sessions have ended"));
    assert_eq!(login(server.address, "windows", "pass phrase").status, 401);
    assert_eq!(login(server.address, "windows", "pass phrase two").status, 200);
    assert!(succeeds(&set("pass phrase")).contains("windows"));
    assert_eq!(login(server.address, "windows", "pass phrase").status, 200);
    for removal in
        [&["delete", "boss"][..], &["deactivate", "boss"], &["set-role", "boss", "editor"]]
    {
        let line = fails(&dir.run(&[&["users"], removal].concat()));
        assert!(
            line.contains("the last active administrator: make another one first, or add --force"),
            "{line}"
        );
    }
    for removal in [
        &["deactivate", "boss", "--force"][..],
        &["activate", "boss"],
        &["set-role", "boss", "editor", "--force"],
    ] {
        succeeds(&dir.run(&[&["users"], removal].concat()));
    }
    succeeds(&dir.run(&["users", "set-role", "boss", "admin"]));
    assert!(
        succeeds(&dir.run(&["users", "delete", "boss", "--force"]))
            .contains("deleted the user boss (id 3)")
    );
    assert!(fails(&dir.run(&["users", "show", "boss"])).contains("there is no user"));
    assert!(
        succeeds(&dir.run(&["users", "logout", "windows"]))
            .contains("ended 1 sessions of the user windows")
    );
    assert!(succeeds(&dir.run(&["flush-expired"])).contains("deleted 0 expired sessions"));
    succeeds(&dir.run(&["users", "deactivate", "windows"]));
    assert_eq!(login(server.address, "windows", "pass phrase").status, 401);
    succeeds(&dir.run(&["users", "activate", "windows"]));
    assert_eq!(login(server.address, "windows", "pass phrase").status, 200);
    server.signal("INT");
    assert_eq!(server.wait().0, Some(0));
}

/// Runs a command on a pseudo-terminal and types `input` there.
fn on_a_terminal(dir: &WorkingDirectory, command: &str, input: &[&str]) -> (bool, String) {
    let line = format!("{} {command}", env!("CARGO_BIN_EXE_issuer"));
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"])
        .current_dir(dir.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script (util-linux) is installed");
    let (mut keyboard, mut screen) =
        (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
    let mut seen = String::new();
    let mut buffer = [0; 1024];
    let mut answered = 0;
    // Types each input only after its prompt: the terminal would echo it otherwise.
    while let Ok(n @ 1..) = screen.read(&mut buffer) {
        seen.push_str(&String::from_utf8_lossy(&buffer[..n]));
        while answered < input.len() && seen.matches(": ").count() > answered {
            // The prompt appears shortly before the echo is disabled.
            std::thread::sleep(Duration::from_millis(50));
            keyboard.write_all(format!("{}\r", input[answered]).as_bytes()).expect("it reads");
            keyboard.flush().expect("it reads");
            answered += 1;
        }
    }
    (child.wait().expect("it ends").success(), seen)
}

#[test]
fn createsuperuser_asks_on_the_terminal_and_shows_no_password() {
    let dir = WorkingDirectory::with_keys();
    let command = "createsuperuser --database-url sqlite://issuer.sqlite3";
    let (done, seen) = on_a_terminal(
        &dir,
        command,
        &["root", "root@example.com", "correct horse", "correct horse"],
    );
    assert!(done && seen.contains("created the administrator root (id 1)"), "{seen}");
    assert!(!seen.contains("horse"), "{seen}");
    for (input, text) in [
        (
            &["other", "", "correct horse", "correct house"][..],
            "the two passwords are not the same",
        ),
        (&["other", "", "short"], "at least 8 characters"),
        (&["root", ""], "a user of this name exists already"),
    ] {
        let (done, seen) = on_a_terminal(&dir, command, input);
        assert!(!done && seen.contains(text), "{seen}");
    }
    let list = succeeds(&dir.run(&["users", "list"]));
    assert_eq!(list.lines().count(), 2, "only the first was stored: {list}");
    assert!(list.contains("root@example.com") && list.contains("admin"), "{list}");
    assert!(
        fails(&dir.run(&["createsuperuser"])).contains("--password-stdin"),
        "not without a terminal"
    );
}

#[test]
fn names_that_act_on_a_terminal_are_written_out() {
    let dir = WorkingDirectory::with_keys();
    succeeds(&dir.run_with_input(
        &["users", "create", "--username", "testuser", "--password-stdin"],
        "pass-phrase-9",
    ));
    let file = dir.path("issuer.sqlite3");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        use sqlx::Connection as _;
        let mut database = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display()))
            .await
            .expect("it opens");
        // As Django may have stored it, which checks names in its forms only.
        let rename =
            "UPDATE users SET username = 'a' || char(27) || '[2J', email = char(10) || char(8238)";
        sqlx::query(rename).execute(&mut database).await.expect("it runs");
        database.close().await.expect("it closes");
    });
    let list = succeeds(&dir.run(&["users", "list"]));
    assert!(list.contains(r"a\u{1b}[2J") && list.contains(r"\n\u{202e}"), "{list:?}");
    let shown = succeeds(&dir.run(&["users", "show", "a\u{1b}[2J"]));
    assert!(shown.contains(r"a\u001b[2J") && shown.contains(r"\u202e"), "{shown:?}");
    let name = "a\u{1b}[2J";
    for arguments in [
        &["users", "deactivate", name][..],
        &["users", "activate", name],
        &["users", "set-role", name, "editor"],
        &["users", "set-premium", name, "false"],
        &["users", "set-password", name, "--generate-password"],
        &["users", "logout", name],
        &["users", "delete", name],
    ] {
        let said = succeeds(&dir.run(arguments));
        assert!(
            said.contains(r"the user a\u{1b}[2J") && !said.contains('\u{1b}'),
            "{arguments:?}: {said:?}"
        );
    }
    let line = fails(&dir.run(&["users", "show", name]));
    assert!(line.contains(r"a\u{1b}[2J"), "{line:?}");
}
