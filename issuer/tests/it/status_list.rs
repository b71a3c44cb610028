//! Token Status Lists: the references in tokens, and the statuses in the lists.

use std::collections::BTreeSet;
use std::io::Read as _;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use flate2::read::ZlibDecoder;
use issuer::model::TokenType;
use issuer::revocation::LIST_SIZE;
use serde_json::{Value, json};

use crate::http::{Response, request};
use crate::support::{Options, PASSWORD, START, TestIssuer};
use crate::tokens::{foreign, read};

const PUBLIC_URL: &str = "https://login.example.com";
const LIST: &str = "/api/token/status/0";

fn with_lists() -> TestIssuer {
    TestIssuer::with(Options { public_url: Some(PUBLIC_URL), ..Options::default() })
}

fn part(jwt: &str, at: usize) -> Value {
    let text = jwt.split('.').nth(at).expect("three parts");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url")).expect("JSON")
}

fn fetch(issuer: &TestIssuer) -> Response {
    let response = issuer.send(&request("GET", LIST));
    assert_eq!(response.status, 200, "{}", response.body);
    response
}

/// Index and URI that a token names.
fn status_reference(token: &str) -> (u64, String) {
    let status_reference = part(token, 1)["status"]["status_list"].clone();
    (
        status_reference["idx"].as_u64().expect("an index"),
        status_reference["uri"].as_str().expect("a URI").to_owned(),
    )
}

/// Returns the indices whose status is INVALID in a fetched list.
fn revoked(list: &Response) -> BTreeSet<u64> {
    let claims = part(&list.body, 1);
    assert_eq!(claims["status_list"]["bits"], 1);
    let lst = BASE64_URL_SAFE_NO_PAD
        .decode(claims["status_list"]["lst"].as_str().expect("text"))
        .expect("base64url");
    let mut bytes = Vec::new();
    ZlibDecoder::new(lst.as_slice()).read_to_end(&mut bytes).expect("a zlib stream");
    assert_eq!(bytes.len(), LIST_SIZE as usize / 8);
    (0..u64::from(LIST_SIZE)).filter(|idx| bytes[*idx as usize / 8] >> (idx % 8) & 1 == 1).collect()
}

#[test]
fn without_a_public_url_tokens_name_no_list_and_there_is_none() {
    let issuer = TestIssuer::start();
    let token = issuer.login("testuser", PASSWORD).text("access");
    assert_eq!(part(&token, 1)["status"], Value::Null);
    assert_eq!(issuer.send(&request("GET", LIST)).status, 404);
}

#[test]
fn all_tokens_of_a_session_name_one_index_and_other_sessions_others() {
    let issuer = TestIssuer::with(Options {
        public_url: Some(PUBLIC_URL),
        rotation: true,
        ..Options::default()
    });
    let login = issuer.login("testuser", PASSWORD);
    let renewed = issuer.refresh(&login.text("refresh"));
    let (idx, uri) = status_reference(&login.text("access"));
    assert_eq!(uri, format!("{PUBLIC_URL}{LIST}"));
    for token in [login.text("refresh"), renewed.text("access"), renewed.text("refresh")] {
        assert_eq!(status_reference(&token), (idx, uri.clone()));
    }
    assert_ne!(status_reference(&issuer.login("testuser", PASSWORD).text("access")).0, idx);
    let taken_over = foreign(json!({ "token_type": "refresh", "jti": "a", "user_id": 1 }), START);
    assert_ne!(status_reference(&issuer.refresh(&taken_over).text("access")).0, idx);
}

#[test]
fn the_list_is_a_signed_token_that_no_access_check_accepts() {
    let issuer = with_lists();
    issuer.login("testuser", PASSWORD);
    let response = fetch(&issuer);
    assert_eq!(response.header("content-type"), Some("application/statuslist+jwt"));
    assert_eq!(response.header("cache-control"), Some("public, max-age=60"));
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    let header =
        json!({ "alg": "RS256", "typ": "statuslist+jwt", "kid": issuer.keys.signing.kid() });
    assert_eq!(part(&response.body, 0), header);
    let claims = part(&response.body, 1);
    let lst = claims["status_list"]["lst"].clone();
    let expected = json!({
        "sub": format!("{PUBLIC_URL}{LIST}"), "iat": START, "exp": START + 600, "ttl": 60,
        "status_list": { "bits": 1, "lst": lst },
    });
    assert_eq!(claims, expected);
    let now = issuer::clock::unix_time(chrono::DateTime::from_timestamp(START, 0).expect("a time"));
    for token_type in [TokenType::Access, TokenType::Refresh] {
        let verdict = issuer.keys.verifier(token_type).verify(response.body.as_bytes(), now);
        assert!(verdict.is_err(), "a list is no token of a user");
    }
    assert_eq!(issuer.me(&response.body).status, 401);
    read(&issuer, &response.body);
}

#[test]
fn whatever_ends_a_session_sets_its_bit_at_once_and_no_other() {
    type End = fn(&TestIssuer, &Response);
    let ends: [(&str, End); 6] = [
        ("logout", |issuer, login| assert_eq!(issuer.log_out(&login.text("refresh")).status, 200)),
        ("logout of all", |issuer, login| {
            let everywhere =
                request("POST", "/api/token/blacklist/all/").bearer(&login.text("access"));
            assert_eq!(issuer.send(&everywhere).status, 200);
        }),
        ("an administrator's new password", |issuer, _| {
            let path = format!("/api/users/{}/password/", issuer.user("testuser").id);
            let set = request("POST", &path)
                .bearer(&issuer.administrator())
                .json(json!({ "password": "new password" }));
            assert_eq!(issuer.send(&set).status, 200);
        }),
        ("deactivation", |issuer, _| {
            let path = format!("/api/users/{}/", issuer.user("testuser").id);
            let change = request("PATCH", &path)
                .bearer(&issuer.administrator())
                .json(json!({ "is_active": false }));
            assert_eq!(issuer.send(&change).status, 200);
        }),
        ("reuse of a refresh token", |issuer, login| {
            let first = login.text("refresh");
            let second = issuer.refresh(&first).text("refresh");
            issuer.refresh(&second);
            assert_eq!(issuer.refresh(&first).status, 401);
        }),
        ("deletion of the user, from the command line", |issuer, _| {
            issuer.delete(&issuer.user("testuser"));
            // Another process wrote the change: it is visible after the next read of the list.
            issuer.clock.advance(1);
        }),
    ];
    for (name, end) in ends {
        let issuer = TestIssuer::with(Options {
            public_url: Some(PUBLIC_URL),
            rotation: true,
            ..Options::default()
        });
        let bystander = issuer.create(issuer::users::Profile::new("bystander"), PASSWORD);
        issuer.login(&bystander.username, PASSWORD);
        let login = issuer.login("testuser", PASSWORD);
        assert_eq!(revoked(&fetch(&issuer)), BTreeSet::new(), "{name}: before");
        end(&issuer, &login);
        assert_eq!(
            revoked(&fetch(&issuer)),
            BTreeSet::from([status_reference(&login.text("access")).0]),
            "{name}"
        );
    }
}

#[test]
fn a_password_change_sets_the_bits_of_the_other_sessions() {
    let issuer = with_lists();
    let [kept, other] = [issuer.login("testuser", PASSWORD), issuer.login("testuser", PASSWORD)];
    let change = request("POST", "/api/users/me/password/")
        .bearer(&kept.text("access"))
        .json(json!({ "old_password": PASSWORD, "new_password": "new password" }));
    assert_eq!(issuer.send(&change).status, 200);
    assert_eq!(
        revoked(&fetch(&issuer)),
        BTreeSet::from([status_reference(&other.text("access")).0])
    );
}

#[test]
fn a_reader_that_knows_the_list_is_not_sent_it_again_until_it_changes() {
    let issuer = with_lists();
    let login = issuer.login("testuser", PASSWORD);
    let etag = fetch(&issuer).header("etag").expect("an entity tag").to_owned();
    issuer.clock.advance(29);
    let again = || request("GET", LIST).header("If-None-Match", &etag);
    let response = issuer.send(&again());
    assert_eq!(
        (response.status, response.header("cache-control")),
        (304, Some("public, max-age=31"))
    );
    assert_eq!(issuer.log_out(&login.text("refresh")).status, 200);
    assert_eq!(issuer.send(&again()).status, 200);
    let etag = fetch(&issuer).header("etag").expect("an entity tag").to_owned();
    issuer.clock.advance(31);
    let renewed = issuer.send(&request("GET", LIST).header("If-None-Match", &etag));
    assert_eq!(
        (renewed.status, part(&renewed.body, 1)["iat"].as_i64()),
        (200, Some(START + 60)),
        "it is made anew"
    );
}

#[test]
fn an_index_that_is_taken_is_not_given_twice_and_full_lists_are_left() {
    let issuer = with_lists();
    let (idx, _) = status_reference(&issuer.login("testuser", PASSWORD).text("access"));
    // All indices that would be drawn next are in use.
    for (n, idx) in (0..300).filter(|n| *n != idx).enumerate() {
        issuer.sql(&format!(
            "INSERT INTO sessions (id, user_id, current_jti, issued_at, refresh_expires_at, expires_at, status_list, \
             status_idx) VALUES ('taken{n}', 1, 'x', 0, 9999999999, 9999999999, 0, {idx})"
        ));
    }
    let login = issuer.login("testuser", PASSWORD);
    assert_eq!(
        status_reference(&login.text("access")).1,
        format!("{PUBLIC_URL}/api/token/status/1")
    );
    assert_eq!(issuer.send(&request("GET", "/api/token/status/1")).status, 200);
    assert_eq!(issuer.me(&login.text("access")).status, 200);
}

#[test]
fn a_list_of_another_time_is_not_given_in_place_of_the_present_one() {
    let issuer = with_lists();
    issuer.login("testuser", PASSWORD);
    for (query, status) in [
        ("?time=1686925000", 501),
        ("?a=b&time=1", 400),
        ("?time", 501),
        ("?timely=1", 400),
        ("?", 200),
    ] {
        assert_eq!(
            issuer.send(&request("GET", &format!("{LIST}{query}"))).status,
            status,
            "{query}"
        );
    }
}

#[test]
fn lists_that_are_not_there_are_404() {
    let issuer = with_lists();
    issuer.login("testuser", PASSWORD);
    for list in ["1", "1023", "1024", "-1", "9999999999999999999", "x", "0x0"] {
        assert_eq!(
            issuer.send(&request("GET", &format!("/api/token/status/{list}"))).status,
            404,
            "{list}"
        );
    }
}
