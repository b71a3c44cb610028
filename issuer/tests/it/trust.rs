//! Attacks with keys: stolen keys, keys that never signed here, keys of another system.

use std::path::Path;

use chrono::{DateTime, Utc};
use issuer::keys::{Generated, IssuerKeys, KeyBits, KeyDirectory, OtherClaims};
use issuer::sessions::{RefreshToken, Session};
use issuer::storage::KeySessions;
use issuer::users::Profile;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::signer::Signer;

use crate::http::{Response, request};
use crate::support::{Options, PASSWORD, START, TestIssuer, private_pem, shared_keys};
use crate::tokens::read;

/// Forges a token with exactly these claims, as an attacker with the private key can.
pub(crate) fn forged(private_pem: &str, kid: Option<&str>, claims: Value) -> String {
    Signer::from_pem(private_pem).with_kid(kid).token(&claims)
}

/// Claims of a token that names no session, as SimpleJWT writes them.
pub(crate) fn claims(token_type: &str, user_id: i64, issued_at: i64) -> Value {
    json!({
        "token_type": token_type, "jti": "0123456789abcdef", "user_id": user_id,
        "iat": issued_at, "exp": issued_at + 86_400,
    })
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(START, 0).expect("a year in range")
}

/// A ring with one key, which signs.
fn ring() -> (TempDir, KeyDirectory, String) {
    let dir = TempDir::new().expect("a temporary directory");
    let directory = KeyDirectory::new(dir.path());
    let kid = generate(&directory);
    (dir, directory, kid)
}

fn generate(directory: &KeyDirectory) -> String {
    match directory.generate(KeyBits::Rsa2048, false, now()).expect("a key") {
        Generated::New { kid, .. } => kid,
        Generated::AlreadyExists { kid } => panic!("{kid} was there already"),
    }
}

fn pem_of(directory: &Path, kid: &str) -> String {
    std::fs::read_to_string(directory.join(format!("{kid}.private.pem"))).expect("a private key")
}

fn with_keys(directory: &KeyDirectory, options: Options) -> TestIssuer {
    TestIssuer::with(Options { keys: Some(directory.load().expect("good keys")), ..options })
}

fn rotating() -> Options {
    Options { rotation: true, ..Options::default() }
}

fn users(issuer: &TestIssuer, access: &str) -> u16 {
    issuer.send(&request("GET", "/api/users/").bearer(access)).status
}

fn administrator(issuer: &TestIssuer) -> i64 {
    issuer.administrator();
    issuer.user("boss").id
}

#[track_caller]
fn is_refused(response: &Response, reason: &str) {
    assert_eq!(
        (response.status, response.text("reason").as_str()),
        (401, reason),
        "{}",
        response.body
    );
}

#[test]
fn nothing_that_a_stolen_key_vouched_for_outlives_its_sessions_end() {
    let (dir, directory, stolen) = ring();
    let issuer = with_keys(&directory, rotating());
    let boss = administrator(&issuer);
    let made_up =
        forged(&pem_of(dir.path(), &stolen), Some(&stolen), claims("refresh", boss, START));
    let first = issuer.refresh(&made_up);
    let before_rotation = issuer.login("testuser", PASSWORD);
    let new = generate(&directory);
    directory.rotate(now(), None).expect("a published key");
    issuer.live.reload(&directory).expect("good keys");
    let exchanged = issuer.refresh(&first.text("refresh"));
    assert_eq!(
        users(&issuer, &exchanged.text("access")),
        200,
        "until now the attacker is an administrator"
    );
    let honest = issuer.login("testuser", PASSWORD);

    let ended = issuer.storage.revoke_sessions_of_key(&stolen, KeySessions::Never, issuer.now());
    // The administrator's login, the forged session, and the user's login before the rotation.
    assert_eq!(issuer.block_on(ended).expect("the storage works"), 3);
    assert_eq!(users(&issuer, &exchanged.text("access")), 401);
    is_refused(&issuer.refresh(&exchanged.text("refresh")), "token_revoked");
    is_refused(&issuer.refresh(&made_up), "token_revoked");
    is_refused(&issuer.refresh(&before_rotation.text("refresh")), "token_revoked");
    assert_eq!(issuer.refresh(&honest.text("refresh")).status, 200, "another key vouches for it");

    // An issuer that has not reloaded its keys still has this one: its tokens are refused, and no
    // session begins with it.
    let user = issuer.user("testuser");
    let (_, honest) = read(&issuer, &honest.text("refresh"));
    for (user, sid) in [(boss, None), (user.id, Some(&honest["sid"]))] {
        let again = |token_type: &str| {
            let mut again = claims(token_type, user, START);
            again["jti"] = json!("another one");
            if let Some(sid) = sid {
                again["sid"] = sid.clone();
            }
            forged(&pem_of(dir.path(), &stolen), Some(&stolen), again)
        };
        for response in [
            issuer.me(&again("access")),
            issuer.send(&request("GET", "/api/users/").bearer(&again("access"))),
            issuer.send(&request("POST", "/api/token/blacklist/all/").bearer(&again("access"))),
            issuer.verify(&again("access")),
            issuer.verify(&again("refresh")),
            issuer.refresh(&again("refresh")),
            issuer.log_out(&again("refresh")),
        ] {
            is_refused(&response, "token_revoked");
        }
    }
    let begins = |id: &str, kid: &str| {
        let first = RefreshToken { jti: id.into(), issued_at: START, expires_at: START + 60 };
        let session = Session::new(id.into(), user.id, first, 60, kid.into());
        issuer.block_on(issuer.storage.insert_session(&session, &user)).expect("the storage works")
    };
    assert!(!begins("late", &stolen));
    assert!(begins("in time", &new));
}

#[test]
fn a_login_with_a_key_whose_sessions_were_ended_is_refused_and_not_lost() {
    let (_place, directory, kid) = ring();
    let issuer = with_keys(
        &directory,
        Options { public_url: Some("https://login.example"), ..Options::default() },
    );
    let ended = issuer.storage.revoke_sessions_of_key(&kid, KeySessions::Never, issuer.now());
    issuer.block_on(ended).expect("the storage works");
    assert_eq!(issuer.login("testuser", PASSWORD).status, 503, "the password is right");
    generate(&directory);
    directory.rotate(now(), None).expect("a published key");
    issuer.live.reload(&directory).expect("good keys");
    assert_eq!(issuer.login("testuser", PASSWORD).status, 200);
}

#[test]
fn of_many_refreshes_while_the_sessions_of_a_key_end_none_is_left_over() {
    let (dir, directory, stolen) = ring();
    let issuer = with_keys(&directory, rotating());
    let boss = administrator(&issuer);
    let pem = pem_of(dir.path(), &stolen);
    let tokens: Vec<String> = (0..24)
        .map(|number| {
            let mut claims = claims("refresh", boss, START);
            claims["jti"] = json!(format!("forged {number}"));
            forged(&pem, Some(&stolen), claims)
        })
        .collect();
    std::thread::scope(|scope| {
        for token in &tokens {
            scope.spawn(|| issuer.refresh(token));
        }
        let ended =
            issuer.storage.revoke_sessions_of_key(&stolen, KeySessions::Never, issuer.now());
        issuer.block_on(ended).expect("the storage works");
    });
    assert_eq!(issuer.number("SELECT COUNT(*) FROM sessions WHERE revoked_at IS NULL"), 0);
}

#[test]
fn a_session_that_was_taken_over_ends_with_the_trust_in_its_key() {
    let (dir, directory, django) = ring();
    let issuer = with_keys(&directory, rotating());
    let taken_over = forged(&pem_of(dir.path(), &django), None, claims("refresh", 1, START));
    let tokens = issuer.refresh(&taken_over);
    generate(&directory);
    directory.rotate(now(), None).expect("a published key");
    issuer.live.reload(&directory).expect("good keys");
    let tokens = issuer.refresh(&tokens.text("refresh"));
    assert_eq!(
        issuer.me(&tokens.text("access")).status,
        200,
        "the key that vouched for it still verifies"
    );
    directory.remove(&django, now(), None).expect("a retired key");
    issuer.live.reload(&directory).expect("good keys");
    is_refused(&issuer.me(&tokens.text("access")), "token_revoked");
    is_refused(&issuer.verify(&tokens.text("access")), "token_revoked");
    is_refused(&issuer.verify(&tokens.text("refresh")), "token_revoked");
    is_refused(&issuer.refresh(&tokens.text("refresh")), "token_revoked");
    assert_eq!(
        issuer.number("SELECT COUNT(*) FROM sessions WHERE revoked_at IS NULL"),
        0,
        "others hear of it too"
    );
}

/// Tries a token in every kind of request.
#[track_caller]
fn opens_nothing(issuer: &TestIssuer, pem: &str, kid: Option<&str>, user: i64) {
    let token = |token_type: &str| forged(pem, kid, claims(token_type, user, START));
    assert_eq!(users(issuer, &token("access")), 401);
    assert_eq!(issuer.me(&token("access")).status, 401);
    for response in [
        issuer.verify(&token("access")),
        issuer.verify(&token("refresh")),
        issuer.refresh(&token("refresh")),
        issuer.log_out(&token("refresh")),
    ] {
        assert_eq!(response.status, 401, "{}", response.body);
    }
}

#[test]
fn keys_that_never_signed_here_are_published_and_open_nothing() {
    let (dir, directory, _) = ring();
    let published = generate(&directory);
    let unused = generate(&directory);
    directory.retire(&unused, now()).expect("a published key");
    let issuer = with_keys(&directory, Options::default());
    let boss = administrator(&issuer);
    let served = issuer.send(&request("GET", "/.well-known/jwks.json")).body;
    for kid in [&published, &unused] {
        assert!(served.contains(kid.as_str()), "other verifiers learn it");
        let pem = pem_of(dir.path(), kid);
        opens_nothing(&issuer, &pem, Some(kid), boss);
        opens_nothing(&issuer, &pem, None, boss);
    }
    // The first one begins to sign: now its tokens count.
    directory.rotate(now(), None).expect("a published key");
    issuer.live.reload(&directory).expect("good keys");
    let token =
        forged(&pem_of(dir.path(), &published), Some(&published), claims("access", boss, START));
    assert_eq!(users(&issuer, &token), 200);
}

#[test]
fn keys_of_the_environment_count_when_they_have_signed() {
    let (dir, directory, kid) = ring();
    let public = std::fs::read_to_string(dir.path().join("public.pem")).expect("text");
    let private = private_pem(shared_keys());
    let start = |published, retired| {
        let keys = IssuerKeys::from_text(&private, published, retired).expect("keys");
        TestIssuer::with(Options { keys: Some(keys), ..Options::default() })
    };
    let pem = pem_of(directory.path(), &kid);
    for (published, retired, status) in
        [(Some(public.as_str()), None, 401), (None, Some(public.as_str()), 200)]
    {
        let issuer = start(published, retired);
        let boss = administrator(&issuer);
        assert!(
            issuer.send(&request("GET", "/.well-known/jwks.json")).body.contains(&kid),
            "both are published"
        );
        assert_eq!(
            users(&issuer, &forged(&pem, Some(&kid), claims("access", boss, START))),
            status
        );
        if status == 401 {
            opens_nothing(&issuer, &pem, Some(&kid), boss);
        }
    }
}

/// An issuer that exchanges refresh tokens of another system, and the private key of that.
fn exchanging(options: Options) -> (TempDir, String, TestIssuer) {
    let (dir, directory, kid) = ring();
    let trust_key = format!("{}=refresh-once", dir.path().join("public.pem").display());
    let pem = pem_of(directory.path(), &kid);
    let issuer = TestIssuer::with(Options { trust_key, ..options });
    (dir, pem, issuer)
}

#[test]
fn a_refresh_token_of_a_trusted_key_is_exchanged_once_and_nothing_else_of_it_is_good() {
    for rotation in [false, true] {
        let (_place, pem, issuer) = exchanging(Options { rotation, ..Options::default() });
        let boss = administrator(&issuer);
        for kid in [None, Some("whatever it calls its key")] {
            let access = forged(&pem, kid, claims("access", boss, START));
            assert_eq!(users(&issuer, &access), 401);
            assert_eq!(issuer.verify(&access).status, 401);
        }
        let token = forged(&pem, Some("theirs"), claims("refresh", 1, START));
        assert_eq!(issuer.verify(&token).status, 200);
        let tokens = issuer.refresh(&token);
        assert_eq!(issuer.me(&tokens.text("access")).status, 200);
        assert_eq!(
            issuer.refresh(&token).text("refresh"),
            tokens.text("refresh"),
            "the response may have been lost"
        );
        assert_eq!(issuer.refresh(&tokens.text("refresh")).status, 200);
        is_refused(&issuer.refresh(&token), "token_revoked");
        is_refused(&issuer.refresh(&tokens.text("refresh")), "token_revoked");
        assert_eq!(
            issuer.me(&tokens.text("access")).status,
            401,
            "a copy was used: the session has ended"
        );
    }
}

#[test]
fn a_trusted_key_does_not_speak_of_the_issuers_sessions() {
    let (_place, pem, issuer) = exchanging(Options::default());
    let login = issuer.login("testuser", PASSWORD);
    let (_, claims_of_login) = read(&issuer, &login.text("refresh"));
    let sid = claims_of_login["sid"].clone();
    let with = |name: &str, value: &Value| {
        let mut claims = claims("refresh", 1, START);
        claims[name] = value.clone();
        forged(&pem, None, claims)
    };
    is_refused(&issuer.log_out(&with("sid", &sid)), "claim_invalid");
    is_refused(&issuer.refresh(&with("sid", &sid)), "claim_invalid");
    // A `jti` that is the id of a session does not name the session either.
    is_refused(&issuer.refresh(&with("jti", &sid)), "token_revoked");
    is_refused(&issuer.log_out(&with("jti", &sid)), "token_revoked");
    assert_eq!(issuer.verify(&with("jti", &sid)).status, 401);
    assert_eq!(issuer.me(&login.text("access")).status, 200, "the session goes on");
    assert_eq!(issuer.refresh(&login.text("refresh")).status, 200);
}

#[test]
fn a_session_that_is_taken_over_lives_no_longer_than_one_of_the_issuers() {
    for rotation in [false, true] {
        let issuer = TestIssuer::with(Options { rotation, ..Options::default() });
        let pem = private_pem(shared_keys());
        let token = |jti: &str, exp: u64, iat: Option<i64>| {
            let mut claims =
                json!({ "token_type": "refresh", "jti": jti, "user_id": 1, "exp": exp });
            if let Some(iat) = iat {
                claims["iat"] = json!(iat);
            }
            forged(&pem, None, claims)
        };
        const FAR: u64 = 9_000_000_000_000_000_000;
        let (endless, unused) =
            (token("endless", FAR, Some(START)), token("unused", FAR, Some(START)));
        assert_eq!(issuer.refresh(&endless).status, 200);
        is_refused(&issuer.refresh(&token("undated", FAR, None)), "claim_missing");
        is_refused(&issuer.log_out(&token("undated", FAR, None)), "claim_missing");
        assert_eq!(issuer.verify(&token("undated", FAR, None)).status, 401);
        assert!(issuer.number("SELECT MAX(expires_at) FROM sessions") <= START + 86_400 + 7_200);
        issuer.clock.advance(86_400);
        for token in [&endless, &unused] {
            is_refused(&issuer.refresh(token), "token_expired");
            assert_eq!(issuer.verify(token).status, 401);
        }
        // Nor does it begin another session after the record of its session was deleted.
        issuer.clock.advance(100_000);
        issuer.block_on(issuer.storage.flush_expired(issuer.now())).expect("the storage works");
        assert_eq!(issuer.number("SELECT COUNT(*) FROM sessions"), 0);
        is_refused(&issuer.refresh(&endless), "token_expired");
    }
}

#[test]
fn a_token_with_a_later_end_does_not_prolong_its_session() {
    let issuer = TestIssuer::start();
    let login = issuer.login("testuser", PASSWORD);
    let (_, mut claims) = read(&issuer, &login.text("refresh"));
    claims["exp"] = json!(START + 10_000_000);
    let kid = issuer.keys.signing.kid().to_owned();
    let longer = forged(&private_pem(shared_keys()), Some(&kid), Value::Object(claims));
    assert_eq!(issuer.refresh(&longer).status, 200);
    issuer.clock.advance(86_400);
    is_refused(&issuer.refresh(&longer), "token_expired");
    assert_eq!(issuer.verify(&longer).status, 401);
}

#[test]
fn a_session_belongs_to_its_user() {
    let issuer = TestIssuer::start();
    issuer.create(Profile::new("other"), PASSWORD);
    let other = issuer.login("other", PASSWORD);
    let (_, theirs) = read(&issuer, &other.text("refresh"));
    for token_type in ["access", "refresh"] {
        let mut claims = claims(token_type, 1, START);
        claims["sid"] = theirs["sid"].clone();
        claims["jti"] = theirs["jti"].clone();
        let token = forged(&private_pem(shared_keys()), None, claims);
        is_refused(&issuer.verify(&token), "token_revoked");
        if token_type == "access" {
            is_refused(&issuer.me(&token), "token_revoked");
            let everywhere = request("POST", "/api/token/blacklist/all/").bearer(&token);
            is_refused(&issuer.send(&everywhere), "token_revoked");
        } else {
            is_refused(&issuer.refresh(&token), "token_revoked");
            is_refused(&issuer.log_out(&token), "token_revoked");
        }
    }
    assert_eq!(issuer.me(&other.text("access")).status, 200, "the session of another user goes on");
    assert_eq!(issuer.refresh(&other.text("refresh")).status, 200);
}

#[test]
fn ids_that_cannot_be_looked_up_are_refused_and_long_ones_too() {
    let issuer = TestIssuer::start();
    let (longest, long) = ("x".repeat(255), "x".repeat(6_000));
    let bad_sids = [
        json!(42),
        json!(null),
        json!(true),
        json!([]),
        json!({}),
        json!(""),
        json!(long),
        json!("a\0"),
    ];
    let bad_jtis = [json!(long), json!(format!("{longest}x")), json!("a\0"), json!("")];
    let rows =
        bad_sids.iter().map(|sid| ("sid", sid)).chain(bad_jtis.iter().map(|jti| ("jti", jti)));
    for (name, value) in rows {
        let token = |token_type: &str| {
            let mut claims = claims(token_type, 1, START);
            claims[name] = value.clone();
            forged(&private_pem(shared_keys()), None, claims)
        };
        is_refused(&issuer.me(&token("access")), "claim_invalid");
        for response in [
            issuer.verify(&token("access")),
            issuer.verify(&token("refresh")),
            issuer.refresh(&token("refresh")),
            issuer.log_out(&token("refresh")),
        ] {
            is_refused(&response, "claim_invalid");
        }
    }
    let mut good = claims("refresh", 1, START);
    good["jti"] = json!(longest);
    let good = forged(&private_pem(shared_keys()), None, good);
    assert_eq!(issuer.refresh(&good).status, 200, "as long as Django keeps one");
    assert_eq!(issuer.log_out(&good).status, 200);
}

/// Every endpoint looks up `sid` and `jti`; `verify` reads the user only to check for a
/// revocation.
#[test]
fn a_token_whose_user_cannot_be_looked_up_is_not_verified() {
    let issuer = TestIssuer::start();
    for user_id in [json!(1.0), json!(-1), json!("x"), json!("-1"), json!(1_u64 << 63)] {
        for token_type in ["access", "refresh"] {
            let mut claims = claims(token_type, 1, START);
            claims["user_id"] = user_id.clone();
            let token = forged(&private_pem(shared_keys()), None, claims);
            is_refused(&issuer.verify(&token), "token_revoked");
        }
    }
}

#[test]
fn an_instant_with_a_fraction_counts_as_any_other() {
    let issuer = TestIssuer::start();
    issuer
        .block_on(issuer.storage.revoke_sessions(1, None, START - 10))
        .expect("the storage works");
    let mut claims = claims("access", 1, START);
    claims["iat"] = json!(START as f64 - 0.5);
    let token = forged(&private_pem(shared_keys()), None, claims);
    assert_eq!(issuer.me(&token).status, 200, "it was issued after all sessions were ended");
}

#[test]
fn tokens_of_a_django_that_sets_aud_and_iss_are_accepted_where_the_operator_says_so() {
    let settings = |audience: Option<&str>, issuer: Option<&str>| OtherClaims {
        audiences: audience.map(str::to_owned).into_iter().collect(),
        issuers: issuer.map(str::to_owned).into_iter().collect(),
    };
    // Settings; `aud` and `iss` of the token; why it is refused.
    let rows = [
        (settings(None, None), json!("shop"), json!(null), Some("audience_mismatch")),
        (settings(Some("shop"), None), json!("shop"), json!(null), None),
        (settings(Some("shop"), None), json!(["app", "shop"]), json!("anybody"), None),
        (settings(Some("shop"), None), json!("app"), json!(null), Some("audience_mismatch")),
        (settings(Some("shop"), None), json!(7), json!(null), Some("claim_invalid")),
        (settings(Some("shop"), Some("django")), json!("shop"), json!("django"), None),
        (
            settings(Some("shop"), Some("django")),
            json!("shop"),
            json!("other"),
            Some("issuer_mismatch"),
        ),
        (
            settings(Some("shop"), Some("django")),
            json!("shop"),
            json!(null),
            Some("issuer_mismatch"),
        ),
        (settings(None, Some("django")), json!(null), json!("django"), None),
        (settings(None, Some("django")), json!(null), json!("other"), Some("issuer_mismatch")),
        (settings(None, Some("django")), json!(null), json!(7), Some("issuer_mismatch")),
        (settings(None, Some("django")), json!("shop"), json!("django"), Some("audience_mismatch")),
    ];
    for (accepted, aud, iss, refusal) in rows {
        let name = format!("{accepted:?}: {aud} {iss}");
        let (_place, theirs, issuer) = exchanging(Options { accepted, ..Options::default() });
        let login = issuer.login("testuser", PASSWORD);
        assert_eq!(
            issuer.me(&login.text("access")).status,
            200,
            "{name}: its own tokens have neither"
        );
        assert_eq!(issuer.refresh(&login.text("refresh")).status, 200, "{name}");
        let token = |pem: &str, token_type: &str| {
            let mut claims = claims(token_type, 1, START);
            claims["jti"] =
                json!(format!("{token_type} of {}", if pem == theirs { "theirs" } else { "ours" }));
            for (claim, value) in [("aud", &aud), ("iss", &iss)] {
                if !value.is_null() {
                    claims[claim] = value.clone();
                }
            }
            forged(pem, None, claims)
        };
        let ours = private_pem(shared_keys());
        let responses = [
            issuer.me(&token(&ours, "access")),
            issuer.refresh(&token(&ours, "refresh")),
            issuer.verify(&token(&ours, "access")),
            issuer.verify(&token(&theirs, "refresh")),
        ];
        for response in responses {
            match refusal {
                Some(reason) => is_refused(&response, reason),
                None => assert_eq!(response.status, 200, "{name}: {}", response.body),
            }
        }
    }
}
