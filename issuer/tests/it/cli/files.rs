//! Files that other users can access, and paths that are not regular files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use issuer::keys::{KeyBits, KeyDirectory};

use super::program::{Server, WorkingDirectory, ends, fails, set_mode, succeeds};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

fn fifo(path: &Path) {
    let _ = fs::remove_file(path);
    assert!(
        Command::new("mkfifo")
            .arg(path)
            .status()
            .expect("mkfifo (coreutils) is installed")
            .success()
    );
}

#[test]
fn a_database_that_all_can_read_is_refused_and_one_of_a_group_is_reported() {
    let dir = WorkingDirectory::with_keys();
    succeeds(&dir.run(&["flush-expired"]));
    let database = dir.path("issuer.sqlite3");
    let doctor = |server: &Server| {
        let issuer = format!("http://{}", server.address);
        String::from_utf8(dir.run(&["doctor", "--issuer", &issuer]).stdout).expect("text")
    };
    for open in [0o644, 0o606, 0o666, 0o604] {
        set_mode(&database, open);
        for command in
            [&["users", "list"][..], &["flush-expired"], &["serve", "--listen", "127.0.0.1:0"]]
        {
            let line = fails(&ends(dir.command(command)));
            let says =
                format!("the database issuer.sqlite3 is open to other users (mode {open:04o})");
            assert!(
                line.contains(&says) && line.contains("run `chmod 600 issuer.sqlite3`"),
                "{line}"
            );
        }
    }
    set_mode(&database, 0o660);
    let server = Server::start(&dir, &[]);
    assert!(doctor(&server).contains("warning  database"), "{}", doctor(&server));
    set_mode(&database, 0o644);
    let said = doctor(&server);
    assert!(
        said.contains("problem  database")
            && said.contains("To do: run `chmod 600 issuer.sqlite3`"),
        "{said}"
    );
    server.signal("TERM");
    let (_, log) = server.wait();
    assert!(
        log.contains("the group of the database issuer.sqlite3 can access it (mode 0660)"),
        "{log}"
    );

    // The last commits may be in the WAL, which keeps the mode with which it was created.
    set_mode(&database, 0o600);
    let server = Server::start(&dir, &[]);
    // SQLite corrects the mode of an empty WAL.
    let create = ["users", "create", "--username", "testuser", "--password-stdin"];
    succeeds(&dir.run_with_input(&create, "testpass123"));
    set_mode(&dir.path("issuer.sqlite3-wal"), 0o644);
    let line = fails(&dir.run(&["users", "list"]));
    assert!(line.contains("issuer.sqlite3-wal is open to other users (mode 0644)"), "{line}");
    server.signal("TERM");
    server.wait();
}

#[test]
fn a_keys_directory_that_all_can_write_is_refused() {
    let dir = WorkingDirectory::with_keys();
    for open in [0o777, 0o757, 0o1777] {
        set_mode(&dir.path("keys"), open);
        for command in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["keys", "generate"],
            &["keys", "generate", "--if-missing"],
            &["keys", "rotate"],
            &["keys", "remove", "a"],
            &["token", "inspect", "a.b.c"],
        ] {
            let line = fails(&ends(dir.command(command)));
            let says = format!(
                "other users can write in the keys directory keys (mode {:04o})",
                open & 0o777
            );
            assert!(line.contains(&says) && line.contains("run `chmod go-w keys`"), "{line}");
        }
    }
    set_mode(&dir.path("keys"), 0o755);
    succeeds(&dir.run(&["keys", "generate", "--if-missing"]));
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "umask 0; exec \"$0\" keys generate --keys-dir new",
        env!("CARGO_BIN_EXE_issuer"),
    ]);
    succeeds(&ends({
        shell.current_dir(dir.path(""));
        shell
    }));
    assert_eq!(mode(&dir.path("new")), 0o755, "a new one is closed, whatever the umask");
}

#[test]
fn other_users_cannot_lock_the_keys_and_the_wait_for_a_lock_ends() {
    let dir = WorkingDirectory::with_keys();
    succeeds(&dir.run(&["keys", "generate"]));
    let lock = dir.path("keys/.lock");
    assert_eq!(mode(&lock), 0o600);
    set_mode(&lock, 0o644);
    succeeds(&dir.run(&["keys", "generate"]));
    assert_eq!(mode(&lock), 0o600, "one of an earlier version is closed");

    let held = fs::File::options().write(true).open(&lock).expect("it is there");
    held.lock().expect("not held by another process");
    let keys = KeyDirectory::new(dir.path("keys")).with_lock_timeout(Duration::from_millis(100));
    let now = chrono::DateTime::UNIX_EPOCH;
    let asked = Instant::now();
    let error = keys.generate(KeyBits::Rsa2048, false, now).expect_err("it is locked").to_string();
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    assert!(
        error.contains("another process has held the lock") && error.contains("keys/.lock"),
        "{error}"
    );
    keys.generate(KeyBits::Rsa2048, true, now).expect("what need not write does not wait");
    drop(held);
    keys.generate(KeyBits::Rsa2048, false, now).expect("it is free");
}

#[test]
fn a_fifo_in_place_of_a_file_is_refused_without_blocking() {
    let generate: &[&str] = &["keys", "generate"];
    let serve: &[&str] = &["serve", "--listen", "127.0.0.1:0"];
    let inspect: &[&str] = &["token", "inspect", "a.b.c"];
    let tls = &[serve, &["--tls-cert", "tls.pem", "--tls-key", "tls.key"]].concat();
    let keys = &[inspect, &["--keys", "some.pem"]].concat();
    let roots = ["doctor", "--ca-file", "some.pem"];
    for (file, command) in [
        ("keys/keyring.json", serve),
        ("keys/public.pem", serve),
        ("keys/.lock", generate),
        ("keys/keyring.json", inspect),
        ("issuer.sqlite3", serve),
        ("issuer.sqlite3", &["users", "list"]),
        ("issuer.sqlite3", &["backup", "copy"]),
        ("tls.pem", tls),
        ("some.pem", keys),
        ("some.pem", &roots),
        ("db.sqlite3", &["users", "import", "--from", "db.sqlite3"]),
    ] {
        let dir = WorkingDirectory::with_keys();
        fifo(&dir.path(file));
        let line = fails(&ends(dir.command(command)));
        let is_named =
            line.contains("not a regular file") || line.contains("there is no file db.sqlite3");
        assert!(
            is_named || (file == "keys/.lock" && line.contains("cannot write keys/.lock")),
            "{file}: {line}"
        );
    }
    let dir = WorkingDirectory::with_keys();
    let key = dir.private_key();
    fifo(&key);
    assert!(fails(&ends(dir.command(serve))).contains("not a regular file"));
    let doctor =
        dir.command(&["doctor", "--issuer", "http://127.0.0.1:1", "--edge-keys", "some.pem"]);
    fifo(&dir.path("some.pem"));
    assert_eq!(ends(doctor).status.code(), Some(1));
}

#[test]
fn a_fifo_that_comes_while_the_server_runs_does_not_hold_up_its_end() {
    let dir = WorkingDirectory::with_keys();
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = certificate.self_signed(&key).expect("a certificate");
    fs::write(dir.path("tls.pem"), certificate.pem()).expect("a new file");
    fs::write(dir.path("tls.key"), key.serialize_pem()).expect("a new file");
    set_mode(&dir.path("tls.key"), 0o600);
    let server = Server::start(&dir, &["--tls-cert", "tls.pem", "--tls-key", "tls.key"]);
    fifo(&dir.path("tls.key"));
    fifo(&dir.path("keys/keyring.json"));
    // The server polls both every second, so it has read them at least once by then.
    std::thread::sleep(Duration::from_secs(3));
    server.signal("TERM");
    let (code, log) = ended(server);
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("cannot read tls.key: it is not a regular file"), "{log}");
    assert!(log.contains("cannot read keys/keyring.json: it is not a regular file"), "{log}");
}

/// Waits until the server exits, and kills it after a timeout.
fn ended(server: Server) -> (Option<i32>, String) {
    let id = server.id().to_string();
    let (done, is_done) = std::sync::mpsc::channel();
    let watch = std::thread::spawn(move || {
        if is_done.recv_timeout(Duration::from_secs(60)).is_err() {
            let _ = Command::new("kill").args(["-s", "KILL", &id]).status();
        }
    });
    let ended = server.wait();
    let _ = done.send(());
    watch.join().expect("no panic");
    ended
}
