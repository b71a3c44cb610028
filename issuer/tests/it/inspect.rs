//! `issuer token inspect`: the verdict of the verifier, explained step by step.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use test_support::keys::OTHER_2048_CERTIFICATE;
use test_support::vectors::{OneOrMore, RowPolicy, Vectors};

use verifier_core::Check;

use crate::support::{PASSWORD, START, TestIssuer, private_pem, shared_keys};

/// Returns the arguments that set a row's policy.
fn arguments(policy: &RowPolicy) -> Vec<String> {
    let RowPolicy {
        any_audience,
        audience,
        future_leeway,
        issuer,
        leeway,
        require_at_jwt,
        required_claims,
        token_type,
    } = policy;
    let values = |option: &Option<OneOrMore>| option.iter().flat_map(OneOrMore::values).collect();
    let token_types = token_type.iter().flatten().cloned().collect();
    let options: [(&str, Vec<String>); 6] = [
        ("--leeway", vec![leeway.to_string()]),
        ("--future-leeway", vec![future_leeway.to_string()]),
        ("--issuer", values(issuer)),
        ("--audience", values(audience)),
        ("--token-type", token_types),
        ("--require-claim", required_claims.clone()),
    ];
    let mut arguments: Vec<String> = options
        .into_iter()
        .flat_map(|(name, values)| {
            values.into_iter().flat_map(move |value| [name.to_owned(), value])
        })
        .collect();
    let flags = [
        ("--require-at-jwt", *require_at_jwt),
        ("--any-audience", *any_audience),
        ("--no-token-type", *token_type == Some(None)),
    ];
    arguments.extend(flags.iter().filter(|(_, set)| *set).map(|(name, _)| (*name).to_owned()));
    arguments
}

#[test]
fn options_that_make_no_policy_name_the_flag() {
    for (arguments, words) in [
        (&["--no-token-type"][..], "--no-token-type needs --issuer, and --audience"),
        (&["--no-token-type", "--issuer", "a"], "--no-token-type needs --issuer"),
        (&["--require-claim", ""], "--require-claim must not be empty"),
        (&["--token-type", ""], "--token-type must not be empty"),
        (&["--issuer", ""], "--issuer must not be empty"),
        (&["--audience", "a", "--any-audience"], "cannot be used with"),
    ] {
        let output = run(&[&["--keys", public_key_file()], arguments, &["--", "a.b.c"]].concat());
        let error = text(&output.stderr);
        assert!(output.status.code() == Some(2) && error.contains(words), "{arguments:?}: {error}");
    }
}

/// A file with a public key.
fn public_key_file() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../verifier-core/tests/keys/rsa2048.public.pem")
}

fn inspect(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_issuer"));
    command
        .args(["token", "inspect"])
        .args(arguments)
        .stdin(Stdio::null())
        .env_remove("ISSUER_KEYS_DIR");
    command
}

fn run(arguments: &[&str]) -> Output {
    inspect(arguments).output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// The first rows of every class, and every row with its own policy.
#[test]
fn it_gives_the_verdicts_of_the_shared_table_and_names_the_step() {
    let table = Vectors::load();
    let directory = TempDir::new().expect("a temporary directory");
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut accepted = 0;
    for row in &table.rows {
        let count = seen.entry(&row.class).or_default();
        *count += 1;
        // An argument of a process cannot hold a NUL, nor be as long as the bombs.
        if (*count > 4 && row.policy.is_default())
            || row.token.contains('\0')
            || row.token.len() > 100_000
        {
            continue;
        }
        let file = directory.path().join("keys");
        fs::write(&file, table.keys(row)).expect("it can be written");
        let mut command = inspect(&["--json", "--keys"]);
        command.arg(&file).args(["--now", &row.now.to_string()]);
        command.args(arguments(&row.policy));
        let output = command.args(["--", &row.token]).output().expect("the binary runs");
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        // As every setting, the options allow an hour at most.
        if row.policy.has_leeway_out_of_range() {
            assert_eq!((output.status.code(), out.as_str()), (Some(2), ""), "{}", row.id);
            assert!(err.contains("is not in 0..=3600"), "{}: {err}", row.id);
            continue;
        }
        match (&row.code, output.status.code()) {
            (Some(code), Some(2)) => {
                assert!(err.contains(&format!("({code})")), "{}: {err}", row.id)
            }
            (code, status) => {
                let verdict: Value = serde_json::from_str(&out)
                    .unwrap_or_else(|e| panic!("{}: {e}: {out}{err}", row.id));
                assert_eq!(verdict["code"].as_str(), code.as_deref(), "{}", row.id);
                assert_eq!(
                    (&verdict["accepted"], &verdict["verified"]),
                    (&code.is_none().into(), &code.is_none().into())
                );
                assert_eq!(status, Some(i32::from(code.is_some())), "{}", row.id);
                let outcomes: Vec<&str> = verdict["checks"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .filter_map(|c| c["outcome"].as_str())
                    .collect();
                assert_eq!(outcomes.len(), Check::ALL.len());
                let failed = outcomes
                    .iter()
                    .position(|outcome| *outcome == "failed")
                    .unwrap_or(Check::ALL.len());
                assert_eq!(failed < Check::ALL.len(), code.is_some(), "{}", row.id);
                assert!(
                    outcomes.iter().take(failed).all(|outcome| *outcome == "passed"),
                    "{}",
                    row.id
                );
                assert!(
                    outcomes.iter().skip(failed + 1).all(|outcome| *outcome == "not_reached"),
                    "{}",
                    row.id
                );
                accepted += u32::from(code.is_none());
            }
        }
    }
    assert!(seen.len() >= 30 && accepted >= 5, "{} classes, {accepted} accepted", seen.len());
}

#[test]
fn a_good_token_is_shown_as_verified_with_its_times_in_words() {
    let issuer = TestIssuer::start();
    let token = issuer.login("testuser", PASSWORD).text("access");
    let keys = shared_keys().to_str().expect("text");
    let now = (START + 60).to_string();
    let output = run(&[&token, "--keys-dir", keys, "--now", &now]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for line in [
        "ACCEPTED",
        "  passed       signature   an RS256 signature of that key",
        "Claims (verified)",
        "  username: \"testuser\"",
        "  iat: 1767225600  (2026-01-01 00:00:00 UTC, 1 minute ago)",
        "  exp: 1767232800  (2026-01-01 02:00:00 UTC, in 1 hour 59 minutes)",
    ] {
        assert!(shown.lines().any(|found| found == line), "{line:?} in {shown}");
    }
    assert!(!shown.contains("NOT VERIFIED"));
    let korean = text(&run(&[&token, "--keys-dir", keys, "--now", &now, "--lang", "ko"]).stdout);
    for line in [
        "토큰을 받아들입니다",
        "클레임 (검증됨)",
        "  iat: 1767225600  (2026-01-01 00:00:00 UTC, 1분 전)",
    ] {
        assert!(korean.lines().any(|found| found == line), "{line:?} in {korean}");
    }

    let mut child = inspect(&["-", "--keys-dir", keys, "--now", &now])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    writeln!(child.stdin.take().expect("a pipe"), "{token}").expect("it reads");
    assert_eq!(
        text(&child.wait_with_output().expect("it ends").stdout),
        shown,
        "the same from standard input"
    );

    let output = run(&[&token, "--keys-dir", keys, "--now", &now, "--json"]);
    let verdict: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let claims: Value =
        serde_json::from_str(verdict["claims_json"].as_str().expect("a text")).expect("JSON");
    assert_eq!((&claims["username"], &verdict["now"]), (&"testuser".into(), &(START + 60).into()));
}

#[test]
fn a_refused_token_is_shown_as_not_verified_and_cannot_act_on_the_terminal() {
    let keys = shared_keys().to_str().expect("text");
    // {"alg":"none\u001b[2J"} with a raw U+202E and a tab after it, and a payload that is no JSON.
    let header = "eyJhbGciOiJub25lXHUwMDFiWzJK4oCuIn0J";
    let output = run(&[&format!("{header}.G1syShtd.AA"), "--keys-dir", keys]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        shown.starts_with(
            "REFUSED: alg_not_allowed: The signature algorithm is not RS256 (alg must be"
        ),
        "{shown}"
    );
    assert!(shown.contains("  not reached  key "), "{shown}");
    assert_eq!(shown.matches("(NOT VERIFIED: do not rely on it)").count(), 2, "{shown}");
    assert!(shown.contains(r"\u{1b}[2J") && shown.contains(r"\u{202e}"), "{shown}");
    for bytes in [
        &output.stdout,
        &run(&[&format!("{header}.G1syShtd.AA"), "--keys-dir", keys, "--json"]).stdout,
    ] {
        let shown = text(bytes);
        assert!(
            !shown.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
            "{shown:?}"
        );
    }
}

#[test]
fn without_usable_keys_there_is_no_verdict() {
    let directory = TempDir::new().expect("a temporary directory");
    let file = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, content).expect("it can be written");
        path.to_str().expect("text").to_owned()
    };
    let private = file("private.pem", private_pem(shared_keys()).as_bytes());
    let other = file("notes.txt", b"some notes");
    let binary = file("binary", b"\xff\xfe");
    // Attributes before the block may be in any encoding.
    let latin = [b"friendlyName: J\xe9r\xf4me\n", OTHER_2048_CERTIFICATE.as_bytes()].concat();
    let latin = file("latin.pem", &latin);
    let empty = directory.path().to_str().expect("text");
    for (arguments, says) in [
        (["--keys", private.as_str()], "this is a private key: pass the public key only"),
        (["--keys", other.as_str()], "neither PEM nor a JWK nor a JWKS"),
        (["--keys", binary.as_str()], "neither PEM nor a JWK nor a JWKS"),
        (["--keys", latin.as_str()], "this is a certificate"),
        (["--keys", "nowhere.pem"], "cannot read the keys in nowhere.pem"),
        (["--keys-dir", "nowhere"], "there are no keys in nowhere: run `issuer keys generate`"),
        (["--keys-dir", empty], "is open to other users"),
    ] {
        fs::set_permissions(&private, fs::Permissions::from_mode(0o644))
            .expect("its mode can be set");
        let output = run(&[&["a.b.c"], &arguments[..]].concat());
        let line = text(&output.stderr);
        assert_eq!(
            (output.status.code(), text(&output.stdout).as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert!(
            line.starts_with("error: ") && line.lines().count() == 1 && line.contains(says),
            "{line}"
        );
    }
    let nothing = run(&["-", "--keys", &other]);
    assert!(text(&nothing.stderr).contains("no token on standard input"));
    assert_eq!(nothing.status.code(), Some(2));
    assert_eq!(run(&[]).status.code(), Some(2), "usage");
}
