//! Clocks that disagree: of two issuers on one database, and of one issuer before and after its
//! clock was set.

use serde_json::json;

use crate::http::Response;
use crate::support::{Options, PASSWORD, START, TestIssuer, private_pem, shared_keys};
use crate::trust::{claims, forged};

#[track_caller]
fn is_from_the_future(response: &Response) {
    assert_eq!(
        (response.status, response.json()["reason"].as_str()),
        (401, Some("token_issued_in_future"))
    );
}

/// Asserts that `at` accepts fresh tokens of `from` in every kind of request.
#[track_caller]
fn accepts_fresh_tokens(at: &TestIssuer, from: &TestIssuer) {
    let login = from.login("testuser", PASSWORD);
    let (access, refresh) = (login.text("access"), login.text("refresh"));
    assert_eq!(at.me(&access).status, 200);
    for token in [&access, &refresh] {
        assert_eq!(at.verify(token).status, 200);
    }
    let refreshed = at.refresh(&refresh);
    assert_eq!(refreshed.status, 200);
    assert_eq!(from.me(&refreshed.text("access")).status, 200);
    let newest = refreshed.json()["refresh"].as_str().map_or(refresh, str::to_owned);
    assert_eq!(from.refresh(&newest).status, 200);
    let response = at.log_out(&newest);
    assert_eq!((response.status, response.json()), (200, json!({})));
    assert_eq!(from.refresh(&newest).status, 401, "it was logged out");
}

#[test]
fn two_issuers_on_one_database_accept_each_others_fresh_tokens() {
    for rotation in [false, true] {
        let options = || Options { rotation, ..Options::default() };
        let first = TestIssuer::with(options());
        let behind = first.another(options());
        behind.clock.advance(-2);
        accepts_fresh_tokens(&behind, &first);
        accepts_fresh_tokens(&first, &behind);
    }
}

#[test]
fn an_issuer_whose_clock_was_set_back_accepts_its_tokens_up_to_the_future_leeway() {
    for (future_leeway, accepted) in [(5, 5), (60, 60), (0, 0)] {
        let issuer = TestIssuer::with(Options { future_leeway, ..Options::default() });
        let login = issuer.login("testuser", PASSWORD);
        let (access, refresh) = (login.text("access"), login.text("refresh"));
        issuer.clock.advance(-accepted);
        assert_eq!(issuer.me(&access).status, 200);
        assert_eq!(issuer.refresh(&refresh).status, 200);
        issuer.clock.advance(-1);
        is_from_the_future(&issuer.me(&access));
        is_from_the_future(&issuer.verify(&access));
        is_from_the_future(&issuer.refresh(&refresh));
        is_from_the_future(&issuer.log_out(&refresh));
        issuer.clock.advance(1);
        assert_eq!(issuer.log_out(&refresh).status, 200);
    }
}

/// The clock that set `iat` may have been ahead, so the token may precede the revocation.
#[test]
fn the_future_leeway_does_not_save_a_token_from_the_end_of_all_sessions() {
    let issuer = TestIssuer::start();
    let user = issuer.user("testuser").id;
    issuer.block_on(issuer.storage.revoke_sessions(user, None, START)).expect("the storage works");
    let token = |token_type: &str, issued_at: i64| {
        forged(&private_pem(shared_keys()), None, claims(token_type, user, issued_at))
    };
    for issued_at in [START, START + 4, START + 5] {
        for response in [
            issuer.me(&token("access", issued_at)),
            issuer.verify(&token("access", issued_at)),
            issuer.verify(&token("refresh", issued_at)),
            issuer.refresh(&token("refresh", issued_at)),
        ] {
            assert_eq!(
                (response.status, response.text("reason").as_str()),
                (401, "token_revoked"),
                "{}",
                response.body
            );
        }
    }
    issuer.clock.advance(6);
    assert_eq!(
        issuer.me(&token("access", START + 6)).status,
        200,
        "it is from after the end by any clock"
    );
}

#[test]
fn the_future_leeway_does_not_lengthen_a_tokens_life() {
    let issuer = TestIssuer::with(Options { future_leeway: 3600, ..Options::default() });
    let access = issuer.login("testuser", PASSWORD).text("access");
    issuer.clock.advance(7_199);
    assert_eq!(issuer.me(&access).status, 200);
    issuer.clock.advance(1);
    assert_eq!(issuer.me(&access).json()["reason"], "token_expired");
}
