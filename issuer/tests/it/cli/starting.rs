//! Errors that prevent the server from starting, each reported in one line.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use super::program::{WorkingDirectory, fails};

/// A way to prevent `issuer serve` from starting, and what it must say then.
struct Obstacle {
    name: &'static str,
    make: fn(&WorkingDirectory),
    arguments: &'static [&'static str],
    says: &'static [&'static str],
}

const TLS: &[&str] = &["--tls-cert", "tls.pem", "--tls-key", "tls.key"];

fn self_signed(dir: &WorkingDirectory) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("a certificate");
    fs::write(dir.path("tls.pem"), certificate.pem()).expect("a new file");
    fs::write(dir.path("tls.key"), key.serialize_pem()).expect("a new file");
    fs::set_permissions(dir.path("tls.key"), fs::Permissions::from_mode(0o600))
        .expect("its mode can be set");
}

const OBSTACLES: &[Obstacle] = &[
    Obstacle {
        name: "no keys directory",
        make: |dir| fs::remove_dir_all(dir.path("keys")).expect("it was there"),
        arguments: &[],
        says: &["there are no keys in keys", "`issuer keys generate`"],
    },
    Obstacle {
        name: "an empty keys directory",
        make: |dir| fs::create_dir(dir.path("none")).expect("a new directory"),
        arguments: &["--keys-dir", "none"],
        says: &["there are no keys in none", "`issuer keys generate`"],
    },
    Obstacle {
        name: "a missing key file",
        make: |dir| fs::remove_file(dir.private_key()).expect("it was there"),
        arguments: &[],
        says: &[".private.pem is missing", "`issuer keys generate`"],
    },
    Obstacle {
        name: "a private key that others can read",
        make: |dir| {
            fs::set_permissions(dir.private_key(), fs::Permissions::from_mode(0o644))
                .expect("its mode can be set");
        },
        arguments: &[],
        says: &["open to other users (mode 0644)", "run `chmod 600 keys/"],
    },
    Obstacle {
        name: "a damaged key",
        make: |dir| fs::write(dir.private_key(), "x").expect("it can be written"),
        arguments: &[],
        says: &["is not a usable key", "expected an RSA private key"],
    },
    Obstacle {
        name: "a damaged ring",
        make: |dir| fs::write(dir.path("keys/keyring.json"), "{").expect("it can be written"),
        arguments: &[],
        says: &["keyring.json is damaged", "restore it"],
    },
    Obstacle {
        name: "a directory in place of a database",
        make: |dir| fs::create_dir(dir.path("db")).expect("a new directory"),
        arguments: &["--database-url", "sqlite://db"],
        says: &["cannot open the database db", "check that the path"],
    },
    Obstacle {
        name: "another file in place of a database",
        make: |dir| {
            fs::write(dir.path("notes.txt"), "some notes, a page of them\n".repeat(100))
                .expect("a new file")
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
        name: "a TLS certificate that is not there",
        make: |_| {},
        arguments: TLS,
        says: &["the TLS file tls.pem is missing", "correct --tls-cert"],
    },
    Obstacle {
        name: "another file in place of a certificate",
        make: |dir| fs::write(dir.path("tls.pem"), "some notes").expect("a new file"),
        arguments: TLS,
        says: &["tls.pem cannot be used", "expected certificates as PEM"],
    },
    Obstacle {
        name: "a TLS key that others can read",
        make: |dir| {
            self_signed(dir);
            fs::set_permissions(dir.path("tls.key"), fs::Permissions::from_mode(0o644))
                .expect("its mode can be set");
        },
        arguments: TLS,
        says: &[
            "the private key tls.key is open to other users (mode 0644)",
            "run `chmod 600 tls.key`",
        ],
    },
    Obstacle {
        name: "a TLS key of another certificate",
        make: |dir| {
            self_signed(dir);
            let other = rcgen::KeyPair::generate().expect("a key");
            fs::write(dir.path("tls.key"), other.serialize_pem()).expect("it can be written");
        },
        arguments: TLS,
        says: &["the certificate tls.pem and the key tls.key cannot be used: they do not belong \
             together"],
    },
    Obstacle {
        name: "a public URL with a query",
        make: |_| {},
        arguments: &["--public-url", "https://login.example/?a"],
        says: &["--public-url", "https://login.example/?a", "without query and fragment"],
    },
    Obstacle {
        name: "an invalid collector",
        make: |_| {},
        arguments: &["--otlp-endpoint", "grpc://me:hunter2@localhost"],
        says: &["--otlp-endpoint", "like http://localhost:4318"],
    },
    Obstacle {
        name: "an invalid log filter",
        make: |_| {},
        arguments: &["--log", "a=b=c"],
        says: &["is not a log filter"],
    },
];

#[test]
fn serve_says_in_one_line_why_it_cannot_start() {
    for Obstacle { name, make, arguments, says } in OBSTACLES {
        let dir = WorkingDirectory::with_keys();
        make(&dir);
        // A free port, unless the obstacle is the port.
        let line = fails(
            &dir.command(&["serve"])
                .args(*arguments)
                .env("ISSUER_LISTEN", "127.0.0.1:0")
                .output()
                .expect("it runs"),
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
    let dir = WorkingDirectory::with_keys();
    let line = fails(&dir.run(&["serve", "--listen", &address]));
    assert!(
        line.contains(&format!("cannot listen on {address}: the port is in use"))
            && line.contains("--listen"),
        "{line}"
    );
    assert!(!dir.path("issuer.sqlite3").exists(), "nothing was made before that was known");
}

#[test]
fn serve_reports_an_unreachable_postgres_without_the_password() {
    let closed =
        TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let url = format!("postgres://me:hunter2@{closed}/users");
    let line = fails(
        &WorkingDirectory::with_keys()
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .env("DATABASE_URL", url)
            .output()
            .expect("it runs"),
    );
    assert!(
        line.contains(&format!("cannot open the database {closed}/users"))
            && line.contains("check that the server runs"),
        "{line}"
    );
    assert!(!line.contains("hunter2") && !line.contains("me:"), "{line}");
}

#[test]
fn wrong_flags_are_named() {
    let dir = WorkingDirectory::with_keys();
    for (arguments, text) in [
        (
            &["serve", "--cors-origins", "localhost"][..],
            "is not an origin: write scheme, host and port",
        ),
        (&["serve", "--access-lifetime", "0"], "--access-lifetime"),
        (&["serve", "--tls-cert", "tls.pem"], "--tls-key"),
        (&["serve", "--tls-key", "tls.key"], "--tls-cert"),
        (&["serve", "--trusted-proxies", "localhost"], "is not an address or network"),
        (&["keys", "generate", "--bits", "1024"], "2048, 3072, 4096"),
        (&["users", "create", "--username", "a"], "--password-stdin"),
        (
            &["users", "create", "--username", "a", "--password-stdin", "--generate-password"],
            "cannot be used with",
        ),
    ] {
        let output = dir.run(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && stderr.contains(text), "{arguments:?}: {stderr}");
    }
}
