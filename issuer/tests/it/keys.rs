//! The keys directory: what is written, what is accepted, what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread;

use chrono::{DateTime, Utc};
use issuer::keys::{Generated, IssuerKeys, KeyBits, KeyDirectory, KeyState};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use rsa::traits::PublicKeyParts as _;
use serde_json::Value;
use tempfile::TempDir;
use test_support::keys::{OTHER_2048, WEAK_1024};
use test_support::signer::Signer;
use verifier_core::KeySet;

use crate::support::{START, private_pem, shared_keys};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(START, 0).expect("a year in range")
}

fn empty() -> (TempDir, KeyDirectory) {
    let directory = TempDir::new().expect("a temporary directory");
    let keys = KeyDirectory::new(directory.path().join("keys"));
    (directory, keys)
}

fn new_kid(generated: Generated) -> (String, KeyState) {
    match generated {
        Generated::New { kid, state } => (kid, state),
        Generated::AlreadyExists { kid } => panic!("{kid} was there already"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("the file is there").permissions().mode() & 0o777
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).expect("the file can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the mode can be set");
}

/// The key that all tests share, as the `rsa` crate reads it.
fn key() -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_pem(&private_pem(shared_keys())).expect("PKCS#8")
}

/// The public half of the key that all tests share.
fn public_pem() -> String {
    Signer::from_pem(&private_pem(shared_keys())).public_pem()
}

/// A Django project's directory.
fn django(private: &str, public: Option<&str>) -> (TempDir, KeyDirectory) {
    let directory = TempDir::new().expect("a temporary directory");
    write(&directory.path().join("private.pem"), private, 0o600);
    if let Some(public) = public {
        write(&directory.path().join("public.pem"), public, 0o644);
    }
    let keys = KeyDirectory::new(directory.path());
    (directory, keys)
}

#[test]
fn generated_files_have_their_names_modes_and_contents() {
    let (_directory, keys) = empty();
    let (kid, state) = new_kid(keys.generate(KeyBits::Rsa3072, false, now()).expect("a key"));
    assert_eq!(state, KeyState::Active);
    let file = |name: &str| keys.path().join(name);
    let (private, public) =
        (file(&format!("{kid}.private.pem")), file(&format!("{kid}.public.pem")));
    assert_eq!([mode(&private), mode(&public), mode(&file("public.pem"))], [0o600, 0o644, 0o644]);
    let pem = fs::read_to_string(&private).expect("a private key");
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "PKCS#8");
    assert_eq!(RsaPrivateKey::from_pkcs8_pem(&pem).expect("the rsa crate reads it").size(), 384);
    assert_eq!(fs::read(&public).expect("public"), fs::read(file("public.pem")).expect("its copy"));
    let set = KeySet::from_pem(&fs::read_to_string(&public).expect("public"))
        .expect("the verifier reads it");
    assert_eq!(set.keys()[0].thumbprint(), kid);
    let ring: Value =
        serde_json::from_slice(&fs::read(file("keyring.json")).expect("a ring")).expect("JSON");
    let entry = serde_json::json!({
        "kid": kid, "state": "active", "created_at": "2026-01-01T00:00:00Z",
        "activated_at": "2026-01-01T00:00:00Z",
    });
    assert_eq!(ring, serde_json::json!({ "keys": [entry] }));
    let mut names: Vec<_> =
        fs::read_dir(keys.path()).expect("readable").flatten().map(|e| e.file_name()).collect();
    names.sort();
    assert_eq!(names.len(), 5, "no temporary file is left: {names:?}");
}

#[test]
fn a_second_key_is_published_but_does_not_sign() {
    let (_directory, keys) = empty();
    let (first, _) = new_kid(keys.generate(KeyBits::Rsa2048, true, now()).expect("a key"));
    let again = keys.generate(KeyBits::Rsa2048, true, now()).expect("nothing to do");
    assert_eq!(again, Generated::AlreadyExists { kid: first.clone() });
    let public_before = fs::read(keys.path().join("public.pem")).expect("public");
    let (second, state) = new_kid(keys.generate(KeyBits::Rsa2048, false, now()).expect("a key"));
    assert_eq!(state, KeyState::Published);
    let loaded = keys.load().expect("good keys");
    assert_eq!(loaded.signing.kid(), first);
    let published: Vec<_> =
        loaded.jwks.keys().keys().iter().map(|key| key.kid().map(str::to_owned)).collect();
    assert_eq!(published, [Some(first.clone()), Some(second.clone())]);
    assert_eq!(fs::read(keys.path().join("public.pem")).expect("public"), public_before);
    let states: Vec<_> =
        keys.list().expect("a ring").into_iter().map(|entry| (entry.kid, entry.state)).collect();
    assert_eq!(states, [(first, KeyState::Active), (second, KeyState::Published)]);
}

#[test]
fn commands_at_the_same_time_lose_no_key() {
    let (_directory, keys) = empty();
    let made: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    new_kid(keys.generate(KeyBits::Rsa2048, false, now()).expect("a key"))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let listed = keys.list().expect("a ring");
    assert_eq!(listed.len(), 6);
    assert!(
        made.iter().all(|(kid, state)| listed
            .iter()
            .any(|entry| entry.kid == *kid && entry.state == *state))
    );
    keys.load().expect("good keys, one of them active");
}

#[test]
fn a_django_projects_keys_are_used_as_they_are() {
    let (pkcs8, pkcs1) = (
        key().to_pkcs8_pem(LineEnding::LF).expect("PEM"),
        key().to_pkcs1_pem(LineEnding::CRLF).expect("PEM"),
    );
    let public = public_pem();
    let kid = KeyDirectory::new(shared_keys()).load().expect("good keys").signing.kid().to_owned();
    for private in [&*pkcs8, &*pkcs1] {
        for public in [Some(public.as_str()), None] {
            let (directory, keys) = django(private, public);
            assert_eq!(keys.load().expect("usable").signing.kid(), kid);
            let there = keys.generate(KeyBits::Rsa2048, true, now()).expect("nothing to do");
            assert_eq!(there, Generated::AlreadyExists { kid: kid.clone() });
            assert!(
                !directory.path().join("keyring.json").exists(),
                "it stays a Django project's directory"
            );
        }
    }
}

#[test]
fn a_new_key_beside_a_django_projects_key_leaves_that_one_active() {
    let public = public_pem();
    let private = key().to_pkcs1_pem(LineEnding::LF).expect("PEM");
    let (directory, keys) = django(&private, Some(&public));
    let before = keys.load().expect("usable");
    let (kid, state) = new_kid(keys.generate(KeyBits::Rsa2048, false, now()).expect("a key"));
    assert_eq!(state, KeyState::Published);
    let after = keys.load().expect("good keys");
    assert_eq!(after.signing.kid(), before.signing.kid());
    assert_eq!(
        after.jwks.keys().keys().iter().filter_map(|key| key.kid()).collect::<Vec<_>>(),
        [before.signing.kid(), &kid]
    );
    let untouched = fs::read_to_string(directory.path().join("private.pem")).expect("still there");
    assert_eq!(untouched, *private);
}

#[test]
fn a_django_projects_key_that_is_removed_leaves_no_private_half() {
    let public = public_pem();
    let (directory, keys) =
        django(&key().to_pkcs1_pem(LineEnding::LF).expect("PEM"), Some(&public));
    let plain = directory.path().join("private.pem");
    let (new, _) = new_kid(keys.generate(KeyBits::Rsa2048, false, now()).expect("a key"));
    let (_, old) = keys.rotate(now(), None).expect("a published key");
    // Whose it is cannot be read: nothing is removed then.
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o644)).expect("the mode can be set");
    let error = keys.remove(&old, now(), None).expect_err("it is open").to_string();
    assert!(error.contains(&format!("chmod 600 {}", plain.display())), "{error}");
    assert_eq!(keys.list().expect("a ring").len(), 2);
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o600)).expect("the mode can be set");
    keys.remove(&old, now(), None).expect("a retired key");
    let names = fs::read_dir(directory.path()).expect("readable").flatten();
    let names: Vec<_> =
        names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert!(!names.iter().any(|name| name == "private.pem" || name.contains(&old)), "{names:?}");
    assert_eq!(keys.load().expect("good keys").signing.kid(), new);
}

#[test]
fn the_private_key_of_another_stays_when_a_key_is_removed() {
    let (directory, keys) = django(&key().to_pkcs1_pem(LineEnding::LF).expect("PEM"), None);
    let (first, _) = new_kid(keys.generate(KeyBits::Rsa2048, false, now()).expect("a key"));
    keys.retire(&first, now()).expect("a published key");
    keys.remove(&first, now(), None).expect("a retired key");
    assert!(directory.path().join("private.pem").exists());
    keys.load().expect("the Django project's key still signs");
}

#[test]
fn unusable_keys_are_refused_with_the_reason() {
    let good = key().to_pkcs8_pem(LineEnding::LF).expect("PEM");
    let public = public_pem();
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let cases = [
        ("", "expected an RSA private key"),
        ("secret", "expected an RSA private key"),
        (public.as_str(), "it is a public key, expected an RSA private key"),
        (CERTIFICATE, "it is a certificate, expected an RSA private key"),
        (CERTIFICATE, "`openssl x509 -pubkey -noout -in FILE`"),
        (&labelled("OPENSSH PRIVATE KEY"), "`ssh-keygen -p -m PEM -f <copy>`"),
        (&labelled("EC PRIVATE KEY"), "it holds \"EC PRIVATE KEY\", expected an RSA private key"),
        (r#"{"kty":"RSA","d":"AQAB"}"#, "it is JSON, expected an RSA private key"),
        (&good.replace("-----END", "-----end"), "its END line is missing"),
        (&good.replacen("MII", "M!I", 1), "its base64 is damaged"),
        (&good.replacen("MII", "M\\I", 1), "its base64 is damaged"),
        (&good[..good.len() / 2], "expected an RSA private key"),
        (WEAK_1024, "expected an RSA private key of 2048 to 4096 bits"),
        (encrypted, "it is encrypted; decrypt it with `openssl pkcs8"),
        (&format!("{}{}", *good, public), "it holds 2 PEM blocks"),
    ];
    for (private, reason) in cases {
        let (_directory, keys) = django(private, None);
        let error = keys.load().expect_err(reason).to_string();
        assert!(
            error.contains(reason) && error.contains("private.pem") && !error.contains('\n'),
            "{error}"
        );
    }
    let huge = "x".repeat(300_000);
    let error = django(&huge, None).1.load().expect_err("far too large").to_string();
    assert!(error.contains("too large"), "{error}");
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/// A PEM block of this label, whose content is no key.
fn labelled(label: &str) -> String {
    format!("-----BEGIN {label}-----\nMIIB\n-----END {label}-----\n")
}

/// A key in the forms in which settings and environment variables contain it.
fn forms(pem: &str) -> Vec<String> {
    let lines: Vec<_> = pem.lines().collect();
    let written = lines.join("\\n");
    vec![
        pem.to_owned(),
        lines.join("\r\n"),
        lines.join(" "),
        lines.concat(),
        written.clone(),
        lines.join("\\r\\n"),
        format!("{written}\\n"),
        format!("\u{feff}{pem}"),
        format!("\"{written}\""),
        format!(" '{pem}' "),
        format!("\u{feff}\"{}\"", lines.join(" ")),
        format!("Bag Attributes\n    friendlyName: signing\n{pem}"),
    ]
}

#[test]
fn private_and_public_keys_are_read_in_the_same_forms() {
    let (signer, other) = (key(), OTHER_2048);
    let public = Signer::from_pem(other).public_pem();
    let kid = KeySet::from_pem(&public).expect("a key").keys()[0].thumbprint();
    let keys = |private: &str, published: Option<&str>, retired: Option<&str>| {
        IssuerKeys::from_text(private, published, retired).expect(private)
    };
    let pkcs8 = signer.to_pkcs8_pem(LineEnding::LF).expect("PEM");
    let pkcs1 = signer.to_pkcs1_pem(LineEnding::LF).expect("PEM");
    let signing_kid = keys(&pkcs8, None, None).signing.kid().to_owned();
    for private in [&pkcs8, &pkcs1] {
        for form in forms(private) {
            assert_eq!(keys(&form, None, None).signing.kid(), signing_kid, "{form:?}");
        }
    }
    for form in forms(&public) {
        let published = keys(&pkcs8, Some(&form), None);
        assert!(published.jwks.body().contains(&kid) && !published.has_signed(&kid), "{form:?}");
        assert!(keys(&pkcs8, None, Some(&form)).has_signed(&kid), "{form:?}");
    }
    let refused = |private: &str, published: Option<&str>, retired: Option<&str>| {
        IssuerKeys::from_text(private, published, retired).expect_err("no key").to_string()
    };
    for (error, variable, reason) in [
        (refused(&public, None, None), "ISSUER_PRIVATE_KEY", "it is a public key"),
        (refused(CERTIFICATE, None, None), "ISSUER_PRIVATE_KEY", "it is a certificate"),
        (refused(&pkcs8, Some(other), None), "ISSUER_PUBLIC_KEYS", "this is a private key"),
        (refused(&pkcs8, None, Some(CERTIFICATE)), "ISSUER_RETIRED_KEYS", "`openssl x509 -pubkey"),
    ] {
        assert!(error.starts_with(&format!("{variable} cannot be used: ")), "{error}");
        assert!(error.contains(reason) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_private_key_that_others_can_read_is_refused_whatever_its_name() {
    let (_directory, keys) = empty();
    let (kid, _) = new_kid(keys.generate(KeyBits::Rsa2048, false, now()).expect("a key"));
    let private = keys.path().join(format!("{kid}.private.pem"));
    for open in [0o640, 0o604, 0o620, 0o601, 0o666] {
        fs::set_permissions(&private, fs::Permissions::from_mode(open))
            .expect("the mode can be set");
        let error = keys.load().expect_err("it is open").to_string();
        assert!(error.contains(&format!("chmod 600 {}", private.display())), "{open:o}: {error}");
    }
    for closed in [0o600, 0o400] {
        fs::set_permissions(&private, fs::Permissions::from_mode(closed))
            .expect("the mode can be set");
        assert!(keys.load().is_ok(), "{closed:o}");
    }
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let (_directory, keys) = empty();
    let (kid, _) = new_kid(keys.generate(KeyBits::Rsa2048, false, now()).expect("a key"));
    let other_public = public_pem();
    let other_private = private_pem(shared_keys());
    let file = |name: &str| keys.path().join(name);
    let cases = [
        (file("public.pem"), other_public.clone(), 0o644, "does not belong to the private key"),
        (file(&format!("{kid}.public.pem")), other_public, 0o644, "not the one in its name"),
        (file(&format!("{kid}.private.pem")), other_private, 0o600, "not the one in its name"),
        (file("keyring.json"), "{\"keys\":[]}".into(), 0o644, "exactly one key must be active"),
    ];
    for (path, wrong, mode, reason) in cases {
        let right = fs::read_to_string(&path).expect("the file is there");
        write(&path, &wrong, mode);
        let error = keys.load().expect_err(reason).to_string();
        assert!(error.contains(reason) && error.contains(&*path.to_string_lossy()), "{error}");
        assert!(
            keys.generate(KeyBits::Rsa2048, true, now()).is_err(),
            "generating repairs nothing silently"
        );
        write(&path, &right, mode);
        assert!(keys.load().is_ok());
    }
    fs::remove_file(file(&format!("{kid}.private.pem"))).expect("it was there");
    let error = keys.load().expect_err("it is gone").to_string();
    assert!(error.contains("is missing: restore it from a backup"), "{error}");
}

#[test]
fn somebody_elses_public_key_is_not_overwritten() {
    let directory = TempDir::new().expect("a temporary directory");
    let public = directory.path().join("public.pem");
    write(&public, &public_pem(), 0o644);
    let before = fs::read(&public).expect("a key");
    let error = KeyDirectory::new(directory.path())
        .generate(KeyBits::Rsa2048, false, now())
        .expect_err("refused")
        .to_string();
    assert!(error.contains("move it away first"), "{error}");
    assert_eq!(fs::read(&public).expect("still there"), before);
}

#[test]
fn an_interrupted_rotation_is_completed() {
    let (_place, keys) = empty();
    keys.generate(KeyBits::Rsa2048, false, now()).expect("a key");
    let (new, _) = new_kid(keys.generate(KeyBits::Rsa2048, false, now()).expect("a second key"));
    let copy = keys.path().join("public.pem");
    let before = fs::read_to_string(&copy).expect("text");
    assert_eq!(keys.rotate(now(), None).expect("a published key").0, new);
    let after = fs::read_to_string(&copy).expect("text");
    assert_ne!(before, after);
    // As if the power had gone between the ring and the copy.
    write(&copy, &before, 0o644);
    assert_eq!(keys.load().expect("it starts").signing.kid(), new);
    let there = keys.generate(KeyBits::Rsa2048, true, now()).expect("a key is there");
    assert_eq!(there, Generated::AlreadyExists { kid: new });
    assert_eq!(fs::read_to_string(&copy).expect("text"), after);
}
