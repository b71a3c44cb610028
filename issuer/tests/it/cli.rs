//! The binary: commands, their one-line errors, and how the server starts and stops.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::http::{Answer, request};
use crate::support::shared_keys;

/// A working directory with a copy of the shared keys.
pub(crate) struct Place(TempDir, Option<String>);

impl Place {
    fn empty() -> Self {
        Self(TempDir::new().expect("a temporary directory"), None)
    }

    pub(crate) fn with_keys() -> Self {
        let place = Self::empty();
        fs::create_dir(place.path("keys")).expect("a new directory");
        for entry in fs::read_dir(shared_keys()).expect("readable").flatten() {
            fs::copy(entry.path(), place.path("keys").join(entry.file_name())).expect("copied with its mode");
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Uses this database in place of a SQLite file of its own.
    pub(crate) fn set_database(&mut self, url: String) {
        self.1 = Some(url);
    }

    fn private_key(&self) -> PathBuf {
        let is_private = |path: &PathBuf| path.to_string_lossy().ends_with(".private.pem");
        let mut files = fs::read_dir(self.path("keys")).expect("readable").flatten().map(|entry| entry.path());
        files.find(is_private).expect("a private key")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_issuer"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name == "DATABASE_URL" || name.to_string_lossy().starts_with("ISSUER_") {
                command.env_remove(name);
            }
        }
        if let Some(url) = &self.1 {
            command.env("DATABASE_URL", url);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        // A command that fails early does not read its input.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        child.wait_with_output().expect("it ends")
    }
}

#[track_caller]
pub(crate) fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// The one line of a failed command.
#[track_caller]
pub(crate) fn fails(output: &Output) -> String {
    let stderr = String::from_utf8(output.stderr.clone()).expect("text");
    assert!(!output.status.success(), "it must fail: {stderr}");
    let line = stderr.strip_suffix('\n').expect("a line");
    assert!(line.starts_with("error: ") && !line.contains('\n'), "one line: {stderr:?}");
    line.to_owned()
}

/// A running `issuer serve`, ended with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    log: std::thread::JoinHandle<String>,
}

impl Server {
    pub(crate) fn start(place: &Place, arguments: &[&str]) -> Self {
        Self::spawn(place.command(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat()))
    }

    fn start_with(place: &Place, variables: &[(&str, &String)]) -> Self {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.envs(variables.iter().copied());
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary runs");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut text = String::new();
        let address = loop {
            let start = text.len();
            assert!(log.read_line(&mut text).expect("text") > 0, "it ended: {text}");
            if let Some((_, rest)) = text[start..].split_once("serving on http://") {
                let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':').expect("more on the line");
                break rest[..end].parse().expect("an address");
            }
        };
        let log = std::thread::spawn(move || {
            log.read_to_string(&mut text).expect("text");
            text
        });
        Self { child, address, log }
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Exit code and log, after the end.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().expect("it ends").code();
        (code, self.log.join().expect("no panic"))
    }
}

fn login(address: SocketAddr, username: &str, password: &str) -> Answer {
    request("POST", "/api/token/").json(json!({ "username": username, "password": password })).send(address)
}

/// A way to prevent `issuer serve` from starting, and what it must say then.
struct Obstacle {
    name: &'static str,
    make: fn(&Place),
    arguments: &'static [&'static str],
    says: &'static [&'static str],
}

const OBSTACLES: &[Obstacle] = &[
    Obstacle {
        name: "no keys directory",
        make: |place| fs::remove_dir_all(place.path("keys")).expect("it was there"),
        arguments: &[],
        says: &["there are no keys in keys", "`issuer keys generate`"],
    },
    Obstacle {
        name: "an empty keys directory",
        make: |place| fs::create_dir(place.path("none")).expect("a new directory"),
        arguments: &["--keys-dir", "none"],
        says: &["there are no keys in none", "`issuer keys generate`"],
    },
    Obstacle {
        name: "a missing key file",
        make: |place| fs::remove_file(place.private_key()).expect("it was there"),
        arguments: &[],
        says: &[".private.pem is missing", "`issuer keys generate`"],
    },
    Obstacle {
        name: "a private key that others can read",
        make: |place| {
            fs::set_permissions(place.private_key(), fs::Permissions::from_mode(0o644)).expect("its mode can be set");
        },
        arguments: &[],
        says: &["open to other users (mode 0644)", "run `chmod 600 keys/"],
    },
    Obstacle {
        name: "a damaged key",
        make: |place| fs::write(place.private_key(), "x").expect("it can be written"),
        arguments: &[],
        says: &["is not a usable key", "expected an RSA private key"],
    },
    Obstacle {
        name: "a damaged ring",
        make: |place| fs::write(place.path("keys/keyring.json"), "{").expect("it can be written"),
        arguments: &[],
        says: &["keyring.json is damaged", "restore it"],
    },
    Obstacle {
        name: "a directory in place of a database",
        make: |place| fs::create_dir(place.path("db")).expect("a new directory"),
        arguments: &["--database-url", "sqlite://db"],
        says: &["cannot open the database db", "check that the path"],
    },
    Obstacle {
        name: "another file in place of a database",
        make: |place| {
            fs::write(place.path("notes.txt"), "some notes, a page of them\n".repeat(100)).expect("a new file")
        },
        arguments: &["--database-url", "sqlite://notes.txt"],
        says: &["notes.txt", "not a database", "check that the path"],
    },
    Obstacle {
        name: "a database in a directory that is not there",
        make: |_| {},
        arguments: &["--database-url", "sqlite://no/where.sqlite3"],
        says: &["cannot open the database no/where.sqlite3", "check that the path"],
    },
    Obstacle {
        name: "another kind of database",
        make: |_| {},
        arguments: &["--database-url", "mysql://root:hunter2@localhost/a"],
        says: &["must begin with sqlite:// or postgres://"],
    },
    Obstacle {
        name: "an address without a port",
        make: |_| {},
        arguments: &["--listen", "8000"],
        says: &["cannot listen on 8000", "correct --listen"],
    },
    Obstacle {
        name: "a log filter that is none",
        make: |_| {},
        arguments: &["--log", "a=b=c"],
        says: &["is not a log filter"],
    },
];

#[test]
fn serve_says_in_one_line_why_it_cannot_start() {
    for Obstacle { name, make, arguments, says } in OBSTACLES {
        let place = Place::with_keys();
        make(&place);
        // A port of its own, unless the port is what this is about.
        let line = fails(
            &place.command(&["serve"]).args(*arguments).env("ISSUER_LISTEN", "127.0.0.1:0").output().expect("it runs"),
        );
        for text in *says {
            assert!(line.contains(text), "{name}: {line}");
        }
        assert!(!line.contains("hunter2"), "a password is never repeated: {line}");
    }
}

#[test]
fn serve_says_that_the_port_is_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let place = Place::with_keys();
    let line = fails(&place.run(&["serve", "--listen", &address]));
    assert!(
        line.contains(&format!("cannot listen on {address}: the port is in use")) && line.contains("--listen"),
        "{line}"
    );
    assert!(!place.path("issuer.sqlite3").exists(), "nothing was made before that was known");
}

#[test]
fn serve_says_that_postgres_does_not_answer_and_keeps_the_password_to_itself() {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let url = format!("postgres://me:hunter2@{nobody}/users");
    let line = fails(
        &Place::with_keys()
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .env("DATABASE_URL", url)
            .output()
            .expect("it runs"),
    );
    assert!(
        line.contains(&format!("cannot open the database {nobody}/users"))
            && line.contains("check that the server runs"),
        "{line}"
    );
    assert!(!line.contains("hunter2") && !line.contains("me:"), "{line}");
}

#[test]
fn wrong_flags_are_named() {
    let place = Place::with_keys();
    for (arguments, text) in [
        (&["serve", "--cors-origins", "localhost"][..], "is not an origin: write scheme, host and port"),
        (&["serve", "--access-lifetime", "0"], "--access-lifetime"),
        (&["serve", "--trusted-proxies", "localhost"], "is not an address or network"),
        (&["keys", "generate", "--bits", "1024"], "2048, 3072, 4096"),
        (&["users", "create", "--username", "a"], "--password-stdin"),
        (&["users", "create", "--username", "a", "--password-stdin", "--generate-password"], "cannot be used with"),
    ] {
        let output = place.run(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && stderr.contains(text), "{arguments:?}: {stderr}");
    }
}

#[test]
fn from_nothing_to_a_login_with_four_commands() {
    let place = Place::empty();
    let made = succeeds(&place.run(&["keys", "generate"]));
    assert!(made.contains("in keys: active"), "{made}");
    let again = succeeds(&place.run(&["keys", "generate", "--if-missing"]));
    assert!(again.contains("is active already"), "{again}");
    let listed = succeeds(&place.run(&["keys", "list"]));
    assert_eq!(listed.lines().filter(|line| line.contains(" active ")).count(), 1, "{listed}");

    let create = ["users", "create", "--username", "testuser", "--email", "test@example.com", "--generate-password"];
    let created = succeeds(&place.run(&create));
    let password = created.lines().find_map(|line| line.strip_prefix("password: ")).expect("it is printed").to_owned();
    assert!(created.contains("created the user testuser (id 1)"), "{created}");

    let server = Server::start(&place, &["--access-lifetime", "60"]);
    let answer = login(server.address, "testuser", &password);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.text("access");
    let me = request("GET", "/api/users/me/").bearer(&token).send(server.address);
    assert_eq!(me.text("email"), "test@example.com");
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("logged in") && log.contains("status=200"), "{log}");
    for secret in [&password, &token, token.split('.').next_back().expect("a signature")] {
        assert!(!log.contains(secret), "a secret is in the log: {log}");
    }
    assert_eq!(fs::metadata(place.path("issuer.sqlite3")).expect("made").permissions().mode() & 0o777, 0o600);
}

#[test]
fn users_are_made_listed_and_kept_out() {
    let place = Place::with_keys();
    let create = |name: &str, input: &str| {
        place.run_with_input(&["users", "create", "--username", name, "--password-stdin"], input)
    };
    succeeds(&create("keeps.spaces", " pass word \nsecond line\n"));
    succeeds(&create("windows", "password\r\n"));
    succeeds(&place.run_with_input(
        &["users", "create", "--username", "boss", "--role", "admin", "--premium", "false", "--password-stdin"],
        "password9",
    ));
    let list = succeeds(&place.run(&["users", "list"]));
    let rows: Vec<Vec<&str>> = list.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["1", "keeps.spaces", "instructor", "true", "true"]);
    assert_eq!(rows[2], ["3", "boss", "admin", "false", "true"]);

    for (name, input, text) in [
        ("windows", "password9", "a user of this name exists already"),
        ("short", "1234567", "at least 8 characters"),
        ("none", "", "no password on standard input"),
        ("long", &"x".repeat(1025), "at most 1024 bytes"),
        ("bad name", "password9", "letters, digits and @ . + - _"),
    ] {
        let line = fails(&create(name, input));
        assert!(line.contains(text), "{name}: {line}");
    }
    let there = place
        .run_with_input(&["users", "create", "--username", "windows", "--password-stdin", "--if-missing"], "other9999");
    assert!(succeeds(&there).contains("exists already (id 2)"));
    assert!(fails(&place.run(&["users", "deactivate", "nobody"])).contains("there is no user \"nobody\""));

    let server = Server::start(&place, &[]);
    for (name, password, status) in [
        ("keeps.spaces", " pass word ", 200),
        ("keeps.spaces", "pass word", 401),
        ("windows", "password", 200),
        ("windows", "other9999", 401),
    ] {
        assert_eq!(login(server.address, name, password).status, status, "{name} {password:?}");
    }
    for (arguments, says) in [
        (&["users", "set-role", "windows", "editor"][..], "the user windows has the role editor and premium true"),
        (&["users", "set-premium", "windows", "false"], "has the role editor and premium false"),
        (&["users", "show", "windows"], "\"role\": \"editor\""),
    ] {
        let said = succeeds(&place.run(arguments));
        assert!(said.contains(says) && !said.contains("argon2"), "{said}");
    }
    assert!(fails(&place.run(&["users", "set-role", "windows", "two words"])).contains("a role has 1 to 64"));
    let set = |input: &str| place.run_with_input(&["users", "set-password", "windows", "--password-stdin"], input);
    assert!(fails(&set("short")).contains("at least 8 characters"));
    assert!(succeeds(&set("password2")).contains("all sessions have ended"));
    assert_eq!(login(server.address, "windows", "password").status, 401);
    assert_eq!(login(server.address, "windows", "password2").status, 200);
    assert!(succeeds(&set("password")).contains("windows"));
    assert_eq!(login(server.address, "windows", "password").status, 200);
    assert!(succeeds(&place.run(&["users", "delete", "boss"])).contains("deleted the user boss (id 3)"));
    assert!(fails(&place.run(&["users", "show", "boss"])).contains("there is no user"));
    assert!(succeeds(&place.run(&["users", "logout", "windows"])).contains("ended 1 sessions of the user windows"));
    assert!(succeeds(&place.run(&["flush-expired"])).contains("deleted 0 expired sessions"));
    succeeds(&place.run(&["users", "deactivate", "windows"]));
    assert_eq!(login(server.address, "windows", "password").status, 401);
    succeeds(&place.run(&["users", "activate", "windows"]));
    assert_eq!(login(server.address, "windows", "password").status, 200);
    server.signal("INT");
    assert_eq!(server.wait().0, Some(0));
}

/// Runs a command on a terminal of its own and types `input` there.
fn on_a_terminal(place: &Place, command: &str, input: &[&str]) -> (bool, String) {
    let line = format!("{} {command}", env!("CARGO_BIN_EXE_issuer"));
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"])
        .current_dir(place.0.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script (util-linux) is installed");
    let (mut keyboard, mut screen) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
    let mut seen = String::new();
    let mut buffer = [0; 1024];
    let mut answered = 0;
    // An answer is typed only when its question is on the screen: a terminal would echo it otherwise.
    while let Ok(n @ 1..) = screen.read(&mut buffer) {
        seen.push_str(&String::from_utf8_lossy(&buffer[..n]));
        while answered < input.len() && seen.matches(": ").count() > answered {
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
    let place = Place::with_keys();
    let command = "createsuperuser --database-url sqlite://issuer.sqlite3";
    let (done, seen) = on_a_terminal(&place, command, &["root", "root@example.com", "correct horse", "correct horse"]);
    assert!(done && seen.contains("created the administrator root (id 1)"), "{seen}");
    assert!(!seen.contains("horse"), "{seen}");
    for (input, text) in [
        (&["other", "", "correct horse", "correct house"][..], "the two passwords are not the same"),
        (&["other", "", "short"], "at least 8 characters"),
        (&["root", ""], "a user of this name exists already"),
    ] {
        let (done, seen) = on_a_terminal(&place, command, input);
        assert!(!done && seen.contains(text), "{seen}");
    }
    let list = succeeds(&place.run(&["users", "list"]));
    assert_eq!(list.lines().count(), 2, "only the first was stored: {list}");
    assert!(list.contains("root@example.com") && list.contains("admin"), "{list}");
    assert!(fails(&place.run(&["createsuperuser"])).contains("--password-stdin"), "not without a terminal");
}

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

/// Asks until the answer is as wanted; the keys are read again within seconds.
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..100 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what}");
}

#[test]
fn keys_are_rotated_while_the_server_runs_and_old_tokens_live_until_their_key_is_removed() {
    let place = Place::with_keys();
    succeeds(&place.run_with_input(&["users", "create", "--username", "testuser", "--password-stdin"], "testpass123"));
    let server = Server::start(&place, &[]);
    let get = |path: &str| request("GET", path).send(server.address);
    let me = |token: &str| request("GET", "/api/users/me/").bearer(token).send(server.address).status;
    let kids = || -> Vec<String> {
        let keys = get("/.well-known/jwks.json").json();
        keys["keys"].as_array().expect("keys").iter().filter_map(|key| key["kid"].as_str().map(str::to_owned)).collect()
    };
    let old = kids().pop().expect("one key");
    let old_pem = get("/public.pem").body;
    let old_token = login(server.address, "testuser", "testpass123").text("access");

    assert!(fails(&place.run(&["keys", "rotate"])).contains("no key is published: run `issuer keys generate`"));
    succeeds(&place.run(&["keys", "generate"]));
    wait_for("the new key is published", || kids().len() == 2);
    let new = kids().pop().expect("two keys");
    assert!(
        fails(&place.run(&["keys", "rotate"])).contains("verifiers may cache the keys for 300: wait, or add --force")
    );
    assert!(fails(&place.run(&["keys", "retire", &old])).contains("is active: run `issuer keys rotate` first"));
    assert!(fails(&place.run(&["keys", "remove", &new])).contains("is published: run `issuer keys retire"));
    let said = succeeds(&place.run(&["keys", "rotate", "--force"]));
    assert!(said.contains(&format!("the key {new} signs now")) && said.contains(&old), "{said}");
    wait_for("the new key signs", || get("/public.pem").body != old_pem);
    assert_eq!(fs::read_to_string(place.path("keys/public.pem")).expect("text"), get("/public.pem").body);
    let new_token = login(server.address, "testuser", "testpass123").text("access");
    assert_eq!((me(&old_token), me(&new_token), kids().len()), (200, 200, 2), "the retired key still verifies");

    assert!(fails(&place.run(&["keys", "remove", &old])).contains("may live for 86400: wait, or add --force"));
    assert!(fails(&place.run(&["keys", "remove", "../../etc/passwd"])).contains("there is no key"));
    // A thumbprint is base64url: it may begin like an option, and stays a kid before and after real ones.
    for command in ["retire", "remove"] {
        for kid in ["-yQb", "--force-it", "-hello"] {
            assert!(fails(&place.run(&["keys", command, kid])).contains(&format!("there is no key {kid}")));
        }
    }
    assert!(fails(&place.run(&["keys", "remove", "--force", "-yQb"])).contains("there is no key -yQb"));
    assert!(fails(&place.run(&["keys", "remove", "-yQb", "--force"])).contains("there is no key -yQb"));
    // A ring that cannot be used changes nothing.
    let ring = fs::read(place.path("keys/keyring.json")).expect("readable");
    fs::write(place.path("keys/keyring.json"), "{").expect("it can be written");
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!((me(&old_token), kids().len()), (200, 2));
    fs::write(place.path("keys/keyring.json"), ring).expect("it can be written");
    succeeds(&place.run(&["keys", "remove", &old, "--force"]));
    wait_for("the old key is gone", || kids() == [new.clone()]);
    assert_eq!((me(&old_token), me(&new_token)), (401, 200));
    assert!(!place.path(&format!("keys/{old}.private.pem")).exists());
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, Some(0));
    assert!(log.contains("the keys have changed") && log.contains("the new keys cannot be used"), "{log}");
}

#[test]
fn keys_come_from_the_environment_too() {
    let place = Place::with_keys();
    let private = fs::read_to_string(place.private_key()).expect("text");
    succeeds(&place.run_with_input(&["users", "create", "--username", "testuser", "--password-stdin"], "testpass123"));
    fs::remove_dir_all(place.path("keys")).expect("removed");
    for text in [private.clone(), private.replace('\n', "\\n")] {
        let server = Server::start_with(&place, &[("ISSUER_PRIVATE_KEY", &text)]);
        let token = login(server.address, "testuser", "testpass123").text("access");
        assert_eq!(request("GET", "/api/users/me/").bearer(&token).send(server.address).status, 200);
        server.signal("TERM");
        let (_, log) = server.wait();
        assert!(!log.contains("PRIVATE KEY"));
    }
    let serve = || place.command(&["serve", "--listen", "127.0.0.1:0"]);
    let line = fails(&serve().env("ISSUER_PRIVATE_KEY", "hunter2").output().expect("it runs"));
    assert!(line.contains("ISSUER_PRIVATE_KEY") && line.contains("expected an RSA private key"), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
    let both = serve().env("ISSUER_PRIVATE_KEY", &private).env("ISSUER_PUBLIC_KEYS", &private).output();
    assert!(fails(&both.expect("it runs")).contains("this is a private key"));
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
