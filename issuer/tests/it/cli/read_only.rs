//! Commands where nothing can be written, and secrets as they are mounted.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use super::program::{NOBODY, Server, WorkingDirectory, ends, fails, is_root, set_mode, succeeds};
use crate::support::skipped;

/// Database in `data` and keys in `keys`, neither of which can be written.
fn sealed() -> WorkingDirectory {
    let mut dir = WorkingDirectory::with_keys();
    fs::create_dir(dir.path("data")).expect("a new directory");
    dir.set_database("sqlite://data/issuer.sqlite3".to_owned());
    let create = ["users", "create", "--username", "testuser", "--generate-password"];
    succeeds(&ends(dir.unprivileged(&create)));
    for directory in ["data", "keys"] {
        set_mode(&dir.path(directory), 0o500);
    }
    set_mode(&dir.path("data/issuer.sqlite3"), 0o400);
    dir
}

fn unseal(dir: &WorkingDirectory) {
    // Lets a user who is not root remove the directory.
    for directory in ["data", "keys"] {
        set_mode(&dir.path(directory), 0o700);
    }
}

#[test]
fn what_only_reads_works_where_nothing_can_be_written() {
    let dir = sealed();
    let run = |arguments: &[&str]| ends(dir.unprivileged(arguments));
    let there = succeeds(&run(&["keys", "generate", "--if-missing"]));
    assert!(there.contains("is active already"), "{there}");
    assert!(succeeds(&run(&["keys", "list"])).contains(" active "));
    assert!(succeeds(&run(&["users", "list"])).contains("testuser"));
    assert!(succeeds(&run(&["users", "show", "testuser"])).contains("testuser"));
    let inspected = run(&["token", "inspect", "a.b.c"]);
    assert_eq!(inspected.status.code(), Some(1), "it was checked and refused");
    assert!(succeeds(&run(&["backup", "copy.sqlite3"])).contains("copied"));
    let from = run(&[
        "users",
        "import",
        "--from",
        "data/issuer.sqlite3",
        "--database-url",
        "sqlite://other.sqlite3",
    ]);
    assert!(fails(&from).contains("no such table: auth_user"), "it was read");
    let doctor = run(&["doctor", "--issuer", "http://127.0.0.1:1"]);
    let said = String::from_utf8(doctor.stdout).expect("text");
    assert!(said.contains("ok       key_files") && said.contains("problem  database"), "{said}");
    // Commands that write fail with the reason.
    assert!(fails(&run(&["keys", "generate"])).contains("cannot write keys/"));
    for writes in [&["users", "deactivate", "testuser"][..], &["serve", "--listen", "127.0.0.1:0"]]
    {
        let line = fails(&run(writes));
        assert!(
            line.contains("data/issuer.sqlite3") || line.contains("readonly database"),
            "{line}"
        );
    }
    unseal(&dir);
}

#[test]
fn a_key_whose_public_copy_is_missing_is_there_on_a_read_only_medium() {
    let dir = WorkingDirectory::with_keys();
    fs::remove_file(dir.path("keys/public.pem")).expect("it was there");
    set_mode(&dir.path("keys"), 0o500);
    let there = succeeds(&ends(dir.unprivileged(&["keys", "generate", "--if-missing"])));
    assert!(there.contains("is active already"), "{there}");
    assert!(!dir.path("keys/public.pem").exists());
    set_mode(&dir.path("keys"), 0o700);
    succeeds(&ends(dir.unprivileged(&["keys", "generate", "--if-missing"])));
    assert!(dir.path("keys/public.pem").exists(), "it is completed where that is possible");
}

#[test]
fn secrets_of_root_that_a_group_of_the_process_can_read_are_accepted_and_looser_ones_are_not() {
    if !is_root() {
        skipped("files of root: the tests do not run as root");
        return;
    }
    let dir = WorkingDirectory::with_keys();
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = certificate.self_signed(&key).expect("a certificate");
    fs::write(dir.path("tls.pem"), certificate.pem()).expect("a new file");
    fs::write(dir.path("tls.key"), key.serialize_pem()).expect("a new file");
    let secrets = [dir.private_key(), dir.path("tls.key")];
    let as_mounted = |owner: u32, group: u32, mode: u32| {
        for secret in &secrets {
            chown(secret, Some(owner), Some(group)).expect("root may do that");
            set_mode(secret, mode);
        }
    };
    let serve =
        ["serve", "--listen", "127.0.0.1:0", "--tls-cert", "tls.pem", "--tls-key", "tls.key"];
    let generate = ["keys", "generate", "--if-missing"];
    for (owner, group, mode, is_accepted) in [
        (0, NOBODY, 0o440, true),
        (0, NOBODY, 0o640, true),
        (NOBODY, NOBODY, 0o600, true),
        (NOBODY, NOBODY, 0o400, true),
        (NOBODY, NOBODY, 0o440, false),
        (0, NOBODY, 0o660, false),
        (0, NOBODY, 0o444, false),
        (0, 0, 0o644, false),
        (1, NOBODY, 0o440, false),
    ] {
        // Creating the command changes the owner of the directory, so it precedes `as_mounted`.
        let commands = [&generate[..], &serve].map(|arguments| dir.unprivileged(arguments));
        as_mounted(owner, group, mode);
        let row = format!("{owner}:{group} {mode:o}");
        if is_accepted {
            let [generate, serve] = commands;
            assert!(succeeds(&ends(generate)).contains("is active already"), "{row}");
            let server = Server::spawn(serve);
            server.signal("TERM");
            assert_eq!(server.wait().0, Some(0), "{row}");
        } else {
            for command in commands {
                let line = fails(&ends(command));
                assert!(
                    line.contains(&format!("is open to other users (mode {mode:04o})")),
                    "{row}: {line}"
                );
            }
            // The TLS key alone.
            let serve = dir.unprivileged(&serve);
            as_mounted(owner, group, mode);
            keep_private(&secrets[0]);
            let line = fails(&ends(serve));
            assert!(line.contains("tls.key is open to other users"), "{row}: {line}");
        }
    }
}

fn keep_private(key: &Path) {
    chown(key, Some(NOBODY), Some(NOBODY)).expect("root may do that");
    set_mode(key, 0o600);
}
