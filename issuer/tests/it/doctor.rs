//! `issuer doctor`, against a running issuer and resource servers with the usual mistakes.

use std::fs;
use std::process::Output;

use issuer::keys::{KeyBits, KeyDirectory};
use serde_json::{Value, json};
use tempfile::TempDir;
use verifier_core::{Audience, PolicyOptions};

use crate::cli::{Server, WorkingDirectory, succeeds};
use crate::edge::{Demands, Setup, TestEdge};

pub(crate) const ORIGIN: &str = "http://localhost:3000";

/// A running issuer with its keys, for `doctor` to examine.
pub(crate) struct Clinic {
    pub(crate) dir: WorkingDirectory,
    server: Option<Server>,
}

impl Clinic {
    pub(crate) fn open() -> Self {
        Self::with(&[])
    }

    /// An issuer that was started with these options.
    fn with(options: &[&str]) -> Self {
        let dir = WorkingDirectory::with_keys();
        succeeds(&dir.run_with_input(
            &["users", "create", "--username", "testuser", "--password-stdin"],
            "testpass123",
        ));
        let server = Some(Server::start(&dir, options));
        Self { dir, server }
    }

    fn issuer(&self) -> String {
        format!("http://{}", self.server.as_ref().expect("it runs").address)
    }

    pub(crate) fn public_pem(&self) -> String {
        fs::read_to_string(self.dir.path("keys/public.pem")).expect("a public key")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.dir.run(&[&["doctor", "--issuer", &self.issuer()], arguments].concat())
    }

    /// Exit code and the checks of `--json`.
    #[track_caller]
    pub(crate) fn examine(&self, arguments: &[&str]) -> (i32, Vec<Value>) {
        checks(&self.run(&[&["--json"], arguments].concat()))
    }

    /// Returns the only finding that is not `ok`.
    #[track_caller]
    pub(crate) fn diagnosis(&self, arguments: &[&str], check: &str, level: &str) -> String {
        let (code, checks) = self.examine(arguments);
        let problems: Vec<_> = checks
            .iter()
            .filter(|check| ["warning", "problem"].contains(&word(check, "level")))
            .collect();
        let [problem] = problems.as_slice() else { panic!("one is wrong: {problems:#?}") };
        assert_eq!((word(problem, "check"), word(problem, "level")), (check, level), "{problem}");
        assert_eq!(code, i32::from(level == "problem"), "{problem}");
        format!("{}. {}", word(problem, "text"), word(problem, "advice"))
    }
}

impl Drop for Clinic {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.signal("TERM");
            server.wait();
        }
    }
}

#[track_caller]
fn checks(output: &Output) -> (i32, Vec<Value>) {
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let code = output.status.code().expect("it was not killed");
    assert_eq!(report["ok"], json!(code == 0));
    (code, report["checks"].as_array().expect("checks").clone())
}

pub(crate) fn word<'a>(check: &'a Value, member: &str) -> &'a str {
    check[member].as_str().unwrap_or_else(|| panic!("no {member} in {check}"))
}

/// Generates a key that is not the issuer's, and returns its public key.
fn another_key() -> (TempDir, String) {
    let directory = TempDir::new().expect("a temporary directory");
    KeyDirectory::new(directory.path())
        .generate(KeyBits::Rsa2048, false, chrono::DateTime::UNIX_EPOCH)
        .expect("a key");
    let pem = fs::read_to_string(directory.path().join("public.pem")).expect("a public key");
    (directory, pem)
}

/// An edge whose revocation is as the issuer's.
fn sound(keys: &str) -> Setup {
    Setup {
        health: json!({ "status": "ok", "revocation": { "source": "status_list" } }),
        ..Setup::sound(keys)
    }
}

#[test]
fn where_all_is_well_every_line_says_so() {
    let clinic = Clinic::open();
    let edge = TestEdge::start(sound(&clinic.public_pem()));
    let file = clinic.dir.path("keys/public.pem");
    let arguments = [
        "doctor",
        "--issuer",
        &clinic.issuer(),
        "--edge",
        &edge.url(),
        "--edge-keys",
        file.to_str().expect("text"),
        "--origin",
        ORIGIN,
        "--username",
        "testuser",
    ];
    let output = clinic.dir.run_with_input(&arguments, "testpass123");
    let text = succeeds(&output);
    let expected = [
        ("ok", "key_files"),
        ("ok", "database"),
        ("skipped", "redis"),
        ("ok", "issuer"),
        ("ok", "issuer_keys"),
        ("skipped", "issuer_metadata"),
        ("ok", "issuer_token"),
        ("ok", "edge_keys"),
        ("ok", "edge"),
        ("ok", "revocation"),
        ("ok", "login"),
        ("ok", "login_token"),
        ("ok", "edge_protection"),
        ("ok", "edge_token"),
        ("ok", "issuer_clock"),
        ("ok", "edge_clock"),
        ("ok", "issuer_cors"),
        ("ok", "issuer_cors"),
        ("ok", "edge_cors"),
    ];
    let lines: Vec<_> =
        text.lines().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>()).collect();
    assert_eq!(lines, expected.map(|(level, check)| vec![level, check]), "{text}");
    assert!(!text.contains("testpass123"));
    // It leaves no session behind.
    let (code, _) = clinic.examine(&[]);
    assert_eq!(code, 0, "and without an edge there is less to say, and nothing wrong");
}

#[test]
fn an_edge_with_another_key_is_found_by_its_file_and_by_its_response() {
    let clinic = Clinic::open();
    let (other, pem) = another_key();
    let file = other.path().join("public.pem");
    let text =
        clinic.diagnosis(&["--edge-keys", file.to_str().expect("text")], "edge_keys", "problem");
    assert!(
        text.contains("contains another key")
            && text.contains("give it `public.pem` of the issuer"),
        "{text}"
    );
    let edge = TestEdge::start(sound(&pem));
    let text = clinic.diagnosis(&["--edge", &edge.url()], "edge_token", "problem");
    assert!(
        text.contains("401 signature_invalid")
            && text.contains("give it `public.pem` of the issuer"),
        "{text}"
    );
    let url = format!("{}/.well-known/jwks.json", clinic.issuer());
    assert_eq!(clinic.examine(&["--edge-keys", &url]).0, 0, "the JWKS of the issuer is right");
}

#[test]
fn what_the_edge_has_for_a_key_is_read_closely() {
    let clinic = Clinic::open();
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA" });
    let symmetric = json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] });
    let private = crate::support::private_pem(&clinic.dir.path("keys"));
    for (name, content, said) in [
        ("a private key", private, "key_private). To do: replace the key pair"),
        (
            "an HS256 secret",
            symmetric.to_string(),
            "key_symmetric). To do: both sides must use RS256",
        ),
        ("an EC key", jwk.to_string(), "key_unsuitable). To do: both sides must use RS256"),
        ("a text", "hunter2".to_owned(), "key_format_unknown). To do: give it"),
    ] {
        let file = clinic.dir.path("edge-key");
        fs::write(&file, content).expect("it is written");
        let output = clinic.run(&["--edge-keys", file.to_str().expect("text")]);
        let text = String::from_utf8(output.stdout).expect("text");
        let line = text
            .lines()
            .find(|line| line.starts_with("problem  edge_keys"))
            .unwrap_or_else(|| panic!("{text}"));
        assert!(line.contains(said), "{name}: {line}");
    }
    let text = clinic.diagnosis(&["--edge-keys", "nowhere.pem"], "edge_keys", "problem");
    assert!(text.contains("cannot read nowhere.pem"), "{text}");
}

#[test]
fn a_rotation_that_the_edge_missed_is_distinguished_from_a_wrong_key() {
    let clinic = Clinic::open();
    let old = clinic.dir.path("old.pem");
    fs::write(&old, clinic.public_pem()).expect("it is written");
    succeeds(&clinic.dir.run(&["keys", "generate"]));
    let file = old.to_str().expect("text");
    crate::cli::wait_for("the published key is served", || {
        let (_, checks) = clinic.examine(&[]);
        checks.iter().all(|check| word(check, "level") != "warning")
    });
    let text = clinic.diagnosis(&["--edge-keys", file], "edge_keys", "warning");
    assert!(text.contains("not 1 others"), "{text}");
    succeeds(&clinic.dir.run(&["keys", "rotate", "--force"]));
    crate::cli::wait_for("the new key signs", || clinic.examine(&[]).0 == 0);
    let text = clinic.diagnosis(&["--edge-keys", file], "edge_keys", "problem");
    assert!(text.contains("it missed a rotation"), "{text}");
}

#[test]
fn clocks_that_differ_are_found() {
    let clinic = Clinic::open();
    for (ahead, check, level, said) in [
        (-30, "edge_clock", "problem", "behind the issuer: it rejects new tokens for that long"),
        // The measured difference is at least two seconds and at most four.
        (
            -5,
            "edge_clock",
            "warning",
            "behind the issuer: without a future leeway it rejects new tokens for that long",
        ),
        (20, "edge_clock", "warning", "ahead of the issuer: tokens expire there that much earlier"),
    ] {
        let edge = TestEdge::start(Setup { ahead, ..sound(&clinic.public_pem()) });
        let (code, checks) = clinic.examine(&["--edge", &edge.url()]);
        let found =
            checks.iter().find(|found| word(found, "check") == check).expect("the check was made");
        assert_eq!(word(found, "level"), level, "{found}");
        assert!(word(found, "text").contains(said), "{found}");
        let token = checks
            .iter()
            .find(|found| word(found, "check") == "edge_token")
            .expect("the check was made");
        if ahead < -5 {
            assert!(word(token, "text").contains("token_issued_in_future"), "{token}");
            let text = word(token, "text");
            let seconds = ["29", "30", "31"].map(|s| format!("is {s} s before the `iat`"));
            assert!(seconds.iter().any(|said| text.contains(said)), "{token}");
            assert!(word(token, "advice").contains("clocks"), "{token}");
        }
        assert_eq!(code, i32::from(level == "problem"));
    }
    let edge = TestEdge::start(Setup { ahead: 7_200, ..sound(&clinic.public_pem()) });
    let (_, checks) = clinic.examine(&["--edge", &edge.url()]);
    let found = |name: &str| {
        checks.iter().find(|found| word(found, "check") == name).expect("the check was made")
    };
    assert!(
        word(found("edge_clock"), "text").contains("719"),
        "two hours ahead: {}",
        found("edge_clock")
    );
    let text = word(found("edge_token"), "text");
    assert!(text.contains("token_expired") && text.contains(" s after the `exp`"), "{text}");
}

#[test]
fn an_edge_that_lets_everybody_in_is_a_problem() {
    let clinic = Clinic::open();
    for (demands, said) in [
        (Demands::Nothing, "serves /protected without a token"),
        (Demands::AnyText, "for a token with a tampered signature"),
    ] {
        let edge = TestEdge::start(Setup { demands, ..sound(&clinic.public_pem()) });
        let text = clinic.diagnosis(&["--edge", &edge.url()], "edge_protection", "problem");
        assert!(text.contains(said), "{text}");
    }
    let edge = TestEdge::start(sound(&clinic.public_pem()));
    let text = clinic.diagnosis(
        &["--edge", &edge.url(), "--edge-path", "/nowhere"],
        "edge_token",
        "problem",
    );
    assert!(text.contains("404") && text.contains("--edge-path"), "{text}");
}

const PUBLIC_URL: &str = "https://login.example";

/// An edge that verifies tokens by these options.
fn demanding(clinic: &Clinic, options: PolicyOptions) -> TestEdge {
    let demands = Demands::Policy(Box::new(options));
    TestEdge::start(Setup { demands, ..sound(&clinic.public_pem()) })
}

fn issuer_of(url: &str) -> PolicyOptions {
    PolicyOptions { issuer: Some(vec![url.to_owned()]), ..PolicyOptions::default() }
}

fn audience_of(audience: &str) -> PolicyOptions {
    let audience = Audience::OneOf(vec![audience.to_owned()]);
    PolicyOptions { audience, ..PolicyOptions::default() }
}

#[test]
fn claims_that_the_edge_requires_and_tokens_lack_are_named() {
    let clinic = Clinic::open();
    let at_jwt = PolicyOptions { require_at_jwt: true, ..PolicyOptions::default() };
    for (options, said) in [
        (
            at_jwt,
            [
                "typ_not_allowed",
                "it requires the `typ` \"at+jwt\", and the token has `typ` \"JWT\"",
                "start the issuer with --at-jwt",
            ],
        ),
        (
            issuer_of(PUBLIC_URL),
            ["issuer_mismatch", "the token has no `iss`", "start the issuer with the --public-url"],
        ),
        (
            audience_of("shop"),
            ["audience_mismatch", "the token has no `aud`", "start the issuer with the --audience"],
        ),
    ] {
        let edge = demanding(&clinic, options);
        let text = clinic.diagnosis(&["--edge", &edge.url()], "edge_token", "problem");
        for part in said {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn claims_that_the_edge_does_not_expect_are_named() {
    let settings = ["--public-url", PUBLIC_URL, "--audience", "shop,mail", "--at-jwt"];
    let clinic = Clinic::with(&settings);
    let diagnose = |options: PolicyOptions| {
        let edge = demanding(&clinic, options);
        let url = edge.url();
        let arguments = [&settings[..], &["--edge", &url]].concat();
        clinic.diagnosis(&arguments, "edge_token", "problem")
    };
    let both = |issuer: &str, audience: &str| PolicyOptions {
        issuer: issuer_of(issuer).issuer,
        require_at_jwt: true,
        ..audience_of(audience)
    };
    let text = diagnose(both("https://login.example/", "shop"));
    for part in [
        "issuer_mismatch",
        "the token has `iss` \"https://login.example\", which its setting `issuer` does not name",
        "set the edge's `issuer` to https://login.example,",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for options in [both(PUBLIC_URL, "other"), PolicyOptions::default()] {
        let text = diagnose(options);
        for part in [
            "audience_mismatch",
            "the token has `aud` [\"shop\",\"mail\"], which its setting `audience` does not name",
            "set the edge's `audience` to [\"shop\",\"mail\"]",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    let edge = demanding(&clinic, both(PUBLIC_URL, "mail"));
    let url = edge.url();
    let arguments = [&settings[..], &["--edge", &url]].concat();
    assert_eq!(clinic.examine(&arguments).0, 0, "the edge has the settings of the issuer");
}

#[test]
fn settings_that_the_running_issuer_does_not_have_are_found() {
    let clinic = Clinic::with(&["--public-url", PUBLIC_URL, "--audience", "shop"]);
    let (code, found) = clinic.examine(&[]);
    let found = found
        .iter()
        .find(|found| word(found, "check") == "issuer_metadata")
        .expect("the check was made");
    assert_eq!((code, word(found, "level")), (0, "ok"));
    assert!(word(found, "text").contains("is https://login.example;"), "{found}");
    let other = ["--public-url", "https://other.example"];
    let (_, found) = clinic.examine(&other);
    let found = found
        .iter()
        .find(|found| word(found, "check") == "issuer_metadata")
        .expect("the check was made");
    assert_eq!(word(found, "level"), "problem");
    assert!(word(found, "text").contains("the settings here say https://other.example"), "{found}");
    let login = |settings: &[&str]| {
        let (json, issuer) = (["doctor", "--json", "--username", "testuser"], clinic.issuer());
        let arguments = [&json[..], &["--issuer", &issuer], settings].concat();
        let (_, found) = checks(&clinic.dir.run_with_input(&arguments, "testpass123"));
        found
            .into_iter()
            .find(|found| word(found, "check") == "login_token")
            .expect("the check was made")
    };
    let right = ["--public-url", PUBLIC_URL, "--audience", "shop"];
    assert_eq!(word(&login(&right), "level"), "ok");
    assert_eq!(word(&login(&[]), "level"), "ok", "nothing to compare with");
    let found = login(&["--public-url", PUBLIC_URL, "--audience", "mail", "--at-jwt"]);
    assert_eq!(word(&found, "level"), "problem");
    for part in [
        "it has `aud` \"shop\", and the settings here say \"mail\"",
        "it has `typ` \"JWT\", and the settings here say \"at+jwt\"",
    ] {
        assert!(word(&found, "text").contains(part), "{part}: {found}");
    }
}

#[test]
fn pages_that_browsers_would_keep_out_are_found() {
    let clinic = Clinic::open();
    let (_, found) = clinic.examine(&["--origin", "http://localhost:4000"]);
    let found: Vec<_> =
        found.iter().filter(|check| word(check, "check") == "issuer_cors").collect();
    assert_eq!(found.len(), 2);
    for check in found {
        assert_eq!(word(check, "level"), "problem");
        assert!(
            word(check, "text").contains("the response has no Access-Control-Allow-Origin"),
            "{check}"
        );
        assert!(word(check, "advice").contains("--cors-origins (ISSUER_CORS_ORIGINS)"), "{check}");
    }
    for (setup, said) in [
        (
            Setup { origin: None, ..sound(&clinic.public_pem()) },
            "the response has no Access-Control-Allow-Origin",
        ),
        (
            Setup { origin: Some("http://a.example"), ..sound(&clinic.public_pem()) },
            "Access-Control-Allow-Origin is \"http://a.example\"",
        ),
        (
            Setup { allowed_headers: "*", ..sound(&clinic.public_pem()) },
            "does not allow the header authorization",
        ),
    ] {
        let edge = TestEdge::start(setup);
        let text =
            clinic.diagnosis(&["--edge", &edge.url(), "--origin", ORIGIN], "edge_cors", "problem");
        assert!(
            text.contains(said) && text.contains("the edge's setting `cors_origins`"),
            "{text}"
        );
    }
}

#[test]
fn an_edge_that_is_unwell_or_away_is_a_problem() {
    let clinic = Clinic::open();
    let degraded = json!({ "status": "degraded", "keys": { "problem": "the JWKS cannot be \
         fetched\u{1b}[2J" } });
    let edge = TestEdge::start(Setup { health: degraded, ..sound(&clinic.public_pem()) });
    let text = clinic.diagnosis(&["--edge", &edge.url()], "edge", "problem");
    assert!(text.contains("is degraded: the JWKS cannot be fetched"), "{text}");
    let text = String::from_utf8(clinic.run(&["--edge", &edge.url()]).stdout).expect("text");
    assert!(text.contains(r"fetched\u{1b}[2J"), "it does not act on the terminal: {text:?}");
    let edge = TestEdge::start(Setup { health_status: 502, ..sound(&clinic.public_pem()) });
    assert!(
        clinic.diagnosis(&["--edge", &edge.url()], "edge", "problem").contains("502 for GET /")
    );
    let edge = TestEdge::start(Setup {
        health: json!({ "status": "ok", "revocation": { "source": "redis" } }),
        ..sound(&clinic.public_pem())
    });
    let text = clinic.diagnosis(&["--edge", &edge.url()], "revocation", "problem");
    assert!(text.contains("the issuer publishes none there"), "{text}");
    let edge = TestEdge::start(Setup {
        health: json!({ "status": "ok", "revocation": { "source": "none" } }),
        ..sound(&clinic.public_pem())
    });
    assert!(
        clinic
            .diagnosis(&["--edge", &edge.url()], "revocation", "warning")
            .contains("outlive a logout")
    );
    let gone = edge.url();
    drop(edge);
    assert!(clinic.diagnosis(&["--edge", &gone], "edge", "problem").contains("no response from"));
}

#[test]
fn an_issuer_that_runs_with_other_keys_is_found() {
    let clinic = Clinic::open();
    let (other, _) = another_key();
    let (code, found) = clinic.examine(&["--keys-dir", other.path().to_str().expect("text")]);
    assert_eq!(code, 1);
    let said = |check: &str| {
        let found =
            found.iter().find(|found| word(found, "check") == check).expect("the check was made");
        assert_eq!(word(found, "level"), "problem");
        word(found, "text")
    };
    assert!(said("issuer_keys").contains("does not know the active key"));
    assert!(said("issuer_token").contains("401 key_not_found"), "{}", said("issuer_token"));
    let output = clinic.dir.run_with_input(
        &[
            "doctor",
            "--json",
            "--issuer",
            &clinic.issuer(),
            "--keys-dir",
            other.path().to_str().expect("text"),
            "--username",
            "testuser",
        ],
        "testpass123",
    );
    let (_, found) = checks(&output);
    let login = found
        .iter()
        .find(|found| word(found, "check") == "login_token")
        .expect("the check was made");
    assert!(word(login, "text").contains("the key files refuse the token of the login"), "{login}");
    let output = clinic.dir.run_with_input(
        &["doctor", "--json", "--issuer", &clinic.issuer(), "--username", "testuser"],
        "wrong",
    );
    let (code, found) = checks(&output);
    let login =
        found.iter().find(|found| word(found, "check") == "login").expect("the check was made");
    assert_eq!((code, word(login, "level")), (1, "problem"));
    assert!(word(login, "text").contains("No active account"), "{login}");
}

#[cfg(unix)]
#[test]
fn everything_that_is_wrong_with_the_key_files_is_listed() {
    use std::os::unix::fs::PermissionsExt as _;
    let clinic = Clinic::open();
    let set = |name: &str, mode| {
        fs::set_permissions(clinic.dir.path(name), fs::Permissions::from_mode(mode)).expect("set")
    };
    succeeds(&clinic.dir.run(&["keys", "generate"]));
    let (other, pem) = another_key();
    let found = || {
        let (_, found) = clinic.examine(&[]);
        let of_files = |found: &&Value| word(found, "check") == "key_files";
        found
            .iter()
            .filter(of_files)
            .map(|found| found["text"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let published = fs::read_dir(clinic.dir.path("keys"))
        .expect("readable")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .find(|name| name.ends_with(".private.pem") && !clinic.dir.active_key().ends_with(name))
        .expect("the published key");
    set(&format!("keys/{published}"), 0o644);
    set("keys", 0o777);
    let said = found();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains("other users can write in the keys directory") && said[0].contains("0777"),
        "{said:?}"
    );
    assert!(said[1].contains("is open to other users (mode 0644)"), "{said:?}");
    set("keys", 0o755);
    set(&format!("keys/{published}"), 0o600);
    assert_eq!(found().len(), 1, "all is well again");
    fs::write(clinic.dir.path("keys/public.pem"), pem).expect("it is written");
    let said = found();
    assert!(said[0].contains("does not belong to the private key"), "{said:?}");
    let private = fs::read_dir(other.path())
        .expect("readable")
        .flatten()
        .find(|e| e.file_name().to_string_lossy().ends_with(".private.pem"));
    fs::copy(private.expect("a private key").path(), clinic.dir.path("keys").join(&published))
        .expect("copied");
    let said = found();
    assert!(said[1].contains("which is not the one in its name"), "{said:?}");
}

#[test]
fn databases_are_looked_at_and_never_made() {
    let clinic = Clinic::open();
    let database = |url: &str| {
        let (_, found) = clinic.examine(&["--database-url", url]);
        let found = found
            .into_iter()
            .find(|found| word(found, "check") == "database")
            .expect("the check was made");
        format!("{} {}", word(&found, "level"), word(&found, "text"))
    };
    assert!(database("sqlite://nowhere.sqlite3").starts_with("warning it has no tables yet"));
    assert!(!clinic.dir.path("nowhere.sqlite3").exists());
    assert!(
        database("postgres://nobody@127.0.0.1:1/none")
            .starts_with("problem cannot open the database 127.0.0.1:1/none")
    );
    assert!(database("mysql://a").starts_with("problem the database URL must begin with"));
    fs::write(clinic.dir.path("text"), "no database").expect("it is written");
    assert!(database("sqlite://text").starts_with("problem cannot open the database text"));
    let (_, found) = clinic.examine(&["--redis-url", "redis://127.0.0.1:1"]);
    let redis =
        found.iter().find(|found| word(found, "check") == "redis").expect("the check was made");
    assert_eq!(word(redis, "level"), "problem");
}

#[test]
fn without_an_issuer_the_rest_is_examined_still() {
    let dir = WorkingDirectory::with_keys();
    let output = dir.run(&["doctor", "--json", "--issuer", "http://127.0.0.1:1"]);
    let (code, found) = checks(&output);
    assert_eq!(code, 1);
    let issuer =
        found.iter().find(|found| word(found, "check") == "issuer").expect("the check was made");
    assert!(word(issuer, "advice").contains("start `issuer serve`"), "{issuer}");
    assert_eq!(word(&found[0], "check"), "key_files");
    for (arguments, said) in [
        (vec!["--issuer", "localhost:8000"], "is not the URL of a service"),
        (vec!["--edge-path", "protected"], "a path begins with a slash"),
        (vec!["--ca-file", "nowhere.pem"], "check --ca-file"),
    ] {
        let output = dir.run(&[&["doctor"], arguments.as_slice()].concat());
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8(output.stderr).expect("text");
        assert!(text.contains(said), "{text}");
    }
}
