//! Keys that change while the server runs, and keys of the environment.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use issuer::clock::{Clock as _, SystemClock};
use serde_json::json;

use super::program::{Server, WorkingDirectory, fails, login, succeeds, wait_for};
use crate::http::{Response, request};
use crate::trust::{claims, forged};

#[test]
fn keys_are_rotated_while_the_server_runs_and_old_tokens_live_until_their_key_is_removed() {
    let dir = WorkingDirectory::with_keys();
    succeeds(&dir.run_with_input(
        &["users", "create", "--username", "testuser", "--password-stdin"],
        "testpass123",
    ));
    let server = Server::start(&dir, &[]);
    let get = |path: &str| request("GET", path).send(server.address);
    let me =
        |token: &str| request("GET", "/api/users/me/").bearer(token).send(server.address).status;
    let kids = || -> Vec<String> {
        let keys = get("/.well-known/jwks.json").json();
        keys["keys"]
            .as_array()
            .expect("keys")
            .iter()
            .filter_map(|key| key["kid"].as_str().map(str::to_owned))
            .collect()
    };
    let old = kids().pop().expect("one key");
    let old_pem = get("/public.pem").body;
    let old_token = login(server.address, "testuser", "testpass123").text("access");

    assert!(
        fails(&dir.run(&["keys", "rotate"]))
            .contains("no key is published: run `issuer keys generate`")
    );
    succeeds(&dir.run(&["keys", "generate"]));
    wait_for("the new key is published", || kids().len() == 2);
    let new = kids().pop().expect("two keys");
    assert!(
        fails(&dir.run(&["keys", "rotate"]))
            .contains("verifiers may cache the keys for 300: wait, or add --force")
    );
    assert!(
        fails(&dir.run(&["keys", "retire", &old]))
            .contains("is active: run `issuer keys rotate` first")
    );
    assert!(
        fails(&dir.run(&["keys", "remove", &new]))
            .contains("is published: run `issuer keys retire")
    );
    let said = succeeds(&dir.run(&["keys", "rotate", "--force"]));
    assert!(said.contains(&format!("the key {new} signs now")) && said.contains(&old), "{said}");
    wait_for("the new key signs", || get("/public.pem").body != old_pem);
    assert_eq!(
        fs::read_to_string(dir.path("keys/public.pem")).expect("text"),
        get("/public.pem").body
    );
    let new_token = login(server.address, "testuser", "testpass123").text("access");
    assert_eq!(
        (me(&old_token), me(&new_token), kids().len()),
        (200, 200, 2),
        "the retired key still verifies"
    );

    for (lifetimes, needed) in [
        (&[][..], 86_405),
        (&["--refresh-lifetime", "60"], 7_205),
        (&["--refresh-lifetime", "60", "--access-lifetime", "300"], 305),
    ] {
        let line = fails(&dir.run(&[&["keys", "remove", &old], lifetimes].concat()));
        assert!(line.contains(&format!("may live for {needed}: wait, or add --force")), "{line}");
    }
    assert!(fails(&dir.run(&["keys", "remove", "../../etc/passwd"])).contains("there is no key"));
    // A thumbprint is base64url: it may begin like an option, and stays a kid before and after
    // real ones.
    for command in ["retire", "remove"] {
        for kid in ["-yQb", "--force-it", "-hello"] {
            assert!(
                fails(&dir.run(&["keys", command, kid]))
                    .contains(&format!("there is no key {kid}"))
            );
        }
    }
    assert!(
        fails(&dir.run(&["keys", "remove", "--force", "-yQb"])).contains("there is no key -yQb")
    );
    assert!(
        fails(&dir.run(&["keys", "remove", "-yQb", "--force"])).contains("there is no key -yQb")
    );
    // A ring that cannot be used changes nothing.
    let ring = fs::read(dir.path("keys/keyring.json")).expect("readable");
    fs::write(dir.path("keys/keyring.json"), "{").expect("it can be written");
    // The server polls it every second.
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!((me(&old_token), kids().len()), (200, 2));
    fs::write(dir.path("keys/keyring.json"), ring).expect("it can be written");
    succeeds(&dir.run(&["keys", "remove", &old, "--force"]));
    wait_for("the old key is gone", || kids() == [new.clone()]);
    assert_eq!((me(&old_token), me(&new_token)), (401, 200));
    assert!(!dir.path(&format!("keys/{old}.private.pem")).exists());
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, Some(0));
    assert!(
        log.contains("the keys have changed") && log.contains("cannot use the new keys"),
        "{log}"
    );
}

#[test]
fn keys_that_could_not_be_read_are_taken_over_when_they_can_be() {
    let dir = WorkingDirectory::with_keys();
    let server = Server::start(&dir, &[]);
    let published = || -> Option<usize> {
        Some(
            request("GET", "/.well-known/jwks.json").send(server.address).json()["keys"]
                .as_array()?
                .len(),
        )
    };
    let private = dir.active_key();
    let set_mode = |mode| {
        fs::set_permissions(&private, fs::Permissions::from_mode(mode))
            .expect("the mode can be set")
    };
    set_mode(0o644);
    succeeds(&dir.run(&["keys", "generate"]));
    // Longer than several polls, each of which rejects the mode.
    std::thread::sleep(Duration::from_millis(3_500));
    assert_eq!(published(), Some(1), "others can read the key that signs: nothing changes");
    set_mode(0o600);
    wait_for("the new key is published", || published() == Some(2));
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(
        log.matches("cannot use the new keys").count(),
        1,
        "it is tried each second, and said once: {log}"
    );
    assert_eq!(log.matches("the keys have changed").count(), 1, "{log}");
}

#[test]
fn keys_come_from_the_environment_too() {
    let dir = WorkingDirectory::with_keys();
    let private = fs::read_to_string(dir.private_key()).expect("text");
    succeeds(&dir.run_with_input(
        &["users", "create", "--username", "testuser", "--password-stdin"],
        "testpass123",
    ));
    fs::remove_dir_all(dir.path("keys")).expect("removed");
    let quoted = format!("\u{feff}\"{}\"", private.trim_end().replace('\n', " "));
    for text in [private.clone(), private.replace('\n', "\\n"), quoted] {
        let server = Server::start_with(&dir, &[("ISSUER_PRIVATE_KEY", &text)]);
        let token = login(server.address, "testuser", "testpass123").text("access");
        assert_eq!(
            request("GET", "/api/users/me/").bearer(&token).send(server.address).status,
            200
        );
        server.signal("TERM");
        let (_, log) = server.wait();
        assert!(!log.contains("PRIVATE KEY"));
    }
    let serve = || dir.command(&["serve", "--listen", "127.0.0.1:0"]);
    let line = fails(&serve().env("ISSUER_PRIVATE_KEY", "hunter2").output().expect("it runs"));
    assert!(
        line.contains("ISSUER_PRIVATE_KEY") && line.contains("expected an RSA private key"),
        "{line}"
    );
    assert!(!line.contains("hunter2"), "{line}");
    let both =
        serve().env("ISSUER_PRIVATE_KEY", &private).env("ISSUER_PUBLIC_KEYS", &private).output();
    assert!(fails(&both.expect("it runs")).contains("this is a private key"));
    for name in ["ISSUER_PUBLIC_KEYS", "ISSUER_RETIRED_KEYS"] {
        let line = fails(&serve().env(name, "x").output().expect("it runs"));
        assert!(line.contains(name) && line.contains("ISSUER_PRIVATE_KEY is not"), "{line}");
    }
}

fn refresh(server: &Server, token: &str) -> Response {
    request("POST", "/api/token/refresh/").json(json!({ "refresh": token })).send(server.address)
}

fn users(server: &Server, access: &str) -> u16 {
    request("GET", "/api/users/").bearer(access).send(server.address).status
}

#[test]
fn what_a_stolen_key_made_is_gone_after_the_steps_for_a_theft() {
    let dir = WorkingDirectory::with_keys();
    for (name, role) in [("boss", "admin"), ("testuser", "instructor")] {
        let create = ["users", "create", "--username", name, "--role", role, "--password-stdin"];
        succeeds(&dir.run_with_input(&create, "testpass123"));
    }
    let stolen = fs::read_to_string(dir.active_key()).expect("text");
    let server = Server::start(&dir, &["--rotate-refresh-tokens"]);
    let public = || request("GET", "/public.pem").send(server.address).body;
    let before = public();
    let now = SystemClock.now().timestamp();
    let made_up = forged(&stolen, None, claims("refresh", 1, now));
    let made_up = refresh(&server, &made_up);
    let kid =
        dir.active_key().file_stem().expect("a name").to_string_lossy().replace(".private", "");

    succeeds(&dir.run(&["keys", "generate"]));
    succeeds(&dir.run(&["keys", "rotate", "--force"]));
    wait_for("the new key signs", || public() != before);
    // The forged session goes on with the new key.
    let exchanged = refresh(&server, &made_up.text("refresh"));
    assert_eq!(users(&server, &exchanged.text("access")), 200);
    let honest = login(server.address, "boss", "testpass123");

    // With the database of another system no session would end, so the key is not removed.
    let elsewhere =
        ["keys", "remove", &kid, "--force", "--database-url", "sqlite://nowhere.sqlite3"];
    assert!(fails(&dir.run(&elsewhere)).contains("there is no database nowhere.sqlite3"));
    assert!(!dir.path("nowhere.sqlite3").exists());
    assert!(dir.path(&format!("keys/{kid}.private.pem")).exists());
    let said = succeeds(&dir.run(&["keys", "remove", &kid, "--force"]));
    assert!(said.contains("ended 1 sessions that it vouched for"), "{said}");
    assert_eq!(users(&server, &exchanged.text("access")), 401);
    assert_eq!(refresh(&server, &exchanged.text("refresh")).text("detail"), "Token is blacklisted");
    assert_eq!(users(&server, &honest.text("access")), 200, "a login of the new key goes on");

    // The other command: sessions of one key, and of all.
    let active =
        dir.active_key().file_stem().expect("a name").to_string_lossy().replace(".private", "");
    let said = succeeds(&dir.run(&["sessions", "end-all", "--of-key", "-another-key"]));
    assert!(said.contains("ended 0 sessions of the key -another-key"), "{said}");
    let said = succeeds(&dir.run(&["sessions", "end-all", "--of-key", &active]));
    assert!(said.contains("ended 1 sessions of the key"), "{said}");
    assert_eq!(users(&server, &honest.text("access")), 401);
    let again = login(server.address, "boss", "testpass123");
    assert_eq!(users(&server, &again.text("access")), 200, "the key that signs goes on");
    let named_none = forged(
        &fs::read_to_string(dir.active_key()).expect("text"),
        Some(&active),
        claims("access", 1, SystemClock.now().timestamp() - 10),
    );
    assert_eq!(users(&server, &named_none), 200);
    assert!(succeeds(&dir.run(&["sessions", "end-all"])).contains("ended 1 sessions"));
    for access in [again.text("access"), named_none] {
        assert_eq!(users(&server, &access), 401);
    }
    assert!(
        fails(&dir.run(&["sessions", "end-all", "--database-url", "sqlite://nowhere.sqlite3"]))
            .contains("there is no database")
    );
    server.signal("TERM");
    assert_eq!(server.wait().0, Some(0));
}

#[test]
fn a_django_projects_key_is_trusted_for_what_the_operator_says_and_as_long() {
    let django = WorkingDirectory::with_keys();
    let theirs = fs::read_to_string(django.active_key()).expect("text");
    fs::copy(django.path("keys/public.pem"), django.path("django.pem")).expect("copied");
    let dir = WorkingDirectory::empty();
    succeeds(&dir.run(&["keys", "generate"]));
    succeeds(&dir.run_with_input(
        &["users", "create", "--username", "testuser", "--password-stdin"],
        "testpass123",
    ));
    let file = django.path("django.pem");
    let trust = format!("{}=refresh-once", file.display());
    let token = forged(&theirs, None, claims("refresh", 1, SystemClock.now().timestamp()));
    let me = |server: &Server, access: &str| {
        request("GET", "/api/users/me/").bearer(access).send(server.address).status
    };

    let server = Server::start(&dir, &["--trust-key", &trust]);
    let access = forged(&theirs, None, claims("access", 1, SystemClock.now().timestamp()));
    assert_eq!(me(&server, &access), 401);
    let exchanged = refresh(&server, &token);
    assert_eq!(me(&server, &exchanged.text("access")), 200);
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, Some(0));
    assert!(log.contains("refresh tokens of a key of another system are exchanged"), "{log}");

    let server = Server::start(&dir, &[]);
    assert_eq!(me(&server, &exchanged.text("access")), 401, "the session ends with the trust");
    for token in [&token, &exchanged.text("refresh")] {
        assert_eq!(refresh(&server, token).status, 401);
    }
    server.signal("TERM");
    assert_eq!(server.wait().0, Some(0));

    let private = django.active_key();
    for (trust, says) in [
        (file.display().to_string(), "write FILE=refresh-once"),
        (format!("{}=access", file.display()), "write FILE=refresh-once"),
        ("nowhere.pem=refresh-once".to_owned(), "nowhere.pem is missing"),
        (format!("{}=refresh-once", private.display()), "this is a private key"),
    ] {
        let output = dir.run(&["serve", "--listen", "127.0.0.1:0", "--trust-key", &trust]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && text.contains(says), "{text}");
    }
}
