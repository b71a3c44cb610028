//! Logout, rotation, and what ends with a session.

use std::collections::BTreeSet;
use std::thread;

use issuer::sessions::{RefreshToken, Session};
use issuer::users::{NewUser, Profile, User};
use serde_json::{Value, json};

use crate::http::{Response, request};
use crate::support::{Options, PASSWORD, START, TestIssuer};
use crate::tokens::foreign;

fn rotating() -> TestIssuer {
    TestIssuer::with(Options { rotation: true, ..Options::default() })
}

#[track_caller]
fn is_blacklisted(response: &Response) {
    let expected = json!({
        "detail": "Token is blacklisted", "code": "token_not_valid", "reason": "token_revoked",
    });
    assert_eq!((response.status, response.json()), (401, expected));
    assert_eq!(response.header("www-authenticate"), Some("Bearer realm=\"api\""));
}

#[track_caller]
fn is_shut_out(issuer: &TestIssuer, access: &str) {
    let response = issuer.me(access);
    let expected = json!({
        "detail": "Given token not valid for any token type", "code": "token_not_valid",
        "reason": "token_revoked",
        "messages": [{ "token_class": "AccessToken", "token_type": "access", "message": "Token is blacklisted" }],
    });
    assert_eq!((response.status, response.json()), (401, expected));
}

/// The token of a SimpleJWT that signs with the same key.
fn simplejwt(token_type: &str, jti: &str) -> String {
    foreign(json!({ "token_type": token_type, "jti": jti, "user_id": 1 }), START)
}

#[test]
fn a_logout_ends_the_refresh_token_and_the_access_tokens_made_from_it() {
    let issuer = TestIssuer::start();
    let tokens = issuer.login("testuser", PASSWORD);
    let refresh = tokens.text("refresh");
    let access = [tokens.text("access"), issuer.refresh(&refresh).text("access")];
    let other = issuer.login("testuser", PASSWORD);
    let response = issuer.log_out(&refresh);
    assert_eq!((response.status, response.json()), (200, json!({})));
    is_blacklisted(&issuer.refresh(&refresh));
    is_blacklisted(&issuer.verify(&refresh));
    is_blacklisted(&issuer.log_out(&refresh));
    for access in access {
        is_blacklisted(&issuer.verify(&access));
        is_shut_out(&issuer, &access);
    }
    assert_eq!(issuer.me(&other.text("access")).status, 200, "another session goes on");
    assert_eq!(issuer.refresh(&other.text("refresh")).status, 200);
}

#[test]
fn a_logout_of_all_ends_every_session_and_tokens_that_name_none() {
    let issuer = TestIssuer::start();
    let sessions = [issuer.login("testuser", PASSWORD), issuer.login("testuser", PASSWORD)];
    let (old_access, old_refresh) = (simplejwt("access", "a"), simplejwt("refresh", "b"));
    assert_eq!(issuer.me(&old_access).status, 200);
    let everywhere = || request("POST", "/api/token/blacklist/all/");
    assert_eq!(issuer.send(&everywhere()).status, 401, "only for who is logged in");
    let response = issuer.send(&everywhere().bearer(&sessions[0].text("access")));
    assert_eq!((response.status, response.json()), (200, json!({})));
    for session in &sessions {
        is_blacklisted(&issuer.refresh(&session.text("refresh")));
        is_shut_out(&issuer, &session.text("access"));
    }
    is_shut_out(&issuer, &old_access);
    is_blacklisted(&issuer.verify(&old_access));
    is_blacklisted(&issuer.refresh(&old_refresh));
    is_blacklisted(&issuer.verify(&old_refresh));
    is_blacklisted(&issuer.log_out(&old_refresh));
    // The clock that wrote `iat` may have been five seconds ahead.
    issuer.clock.advance(6);
    let token = foreign(json!({ "token_type": "refresh", "jti": "c", "user_id": 1 }), START + 6);
    assert_eq!(issuer.refresh(&token).status, 200, "a login after it is good");
    assert_eq!(issuer.refresh(&issuer.login("testuser", PASSWORD).text("refresh")).status, 200);
}

#[test]
fn without_rotation_a_refresh_token_stays() {
    let issuer = TestIssuer::start();
    let refresh = issuer.login("testuser", PASSWORD).text("refresh");
    for _ in 0..3 {
        let response = issuer.refresh(&refresh);
        assert_eq!(response.status, 200);
        assert_eq!(response.json().as_object().map(serde_json::Map::len), Some(1), "access alone");
    }
}

#[test]
fn a_retry_or_a_second_tab_gets_the_same_successor_while_it_is_unused() {
    let issuer = rotating();
    let first = issuer.login("testuser", PASSWORD).text("refresh");
    issuer.clock.advance(10);
    let second = issuer.refresh(&first).text("refresh");
    assert_ne!(first, second);
    issuer.clock.advance(10);
    assert_eq!(issuer.refresh(&first).text("refresh"), second, "derived again, to the letter");
    for good in [&first, &second] {
        assert_eq!(issuer.verify(good).status, 200);
    }
    let third = issuer.refresh(&second).text("refresh");
    is_blacklisted(&issuer.verify(&first));
    assert_eq!(issuer.refresh(&second).text("refresh"), third);
    issuer.clock.advance(86_395);
    let fourth = issuer.refresh(&third);
    assert_eq!(fourth.status, 200, "every successor lives its whole time");
    assert_eq!(issuer.me(&fourth.text("access")).status, 200);
}

#[test]
fn a_used_refresh_token_that_comes_again_ends_its_session() {
    let issuer = rotating();
    let login = issuer.login("testuser", PASSWORD);
    let bystander = issuer.login("testuser", PASSWORD).text("refresh");
    let first = login.text("refresh");
    let second = issuer.refresh(&first).text("refresh");
    let third = issuer.refresh(&second);
    is_blacklisted(&issuer.refresh(&first));
    for dead in [&first, &second, &third.text("refresh")] {
        is_blacklisted(&issuer.refresh(dead));
    }
    for access in [login.text("access"), third.text("access")] {
        is_shut_out(&issuer, &access);
    }
    assert_eq!(issuer.refresh(&bystander).status, 200);
}

#[test]
fn of_64_refreshes_at_once_one_branch_lives() {
    let issuer = rotating();
    let mut token = issuer.login("testuser", PASSWORD).text("refresh");
    for _ in 0..3 {
        let body = json!({ "refresh": token });
        let responses: Vec<Response> = thread::scope(|scope| {
            let one = || request("POST", "/api/token/refresh/").json(&body).send(issuer.address);
            let threads: Vec<_> = (0..64).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let successors: BTreeSet<String> = responses
            .iter()
            .map(|response| {
                assert_eq!(response.status, 200, "{}", response.body);
                response.text("refresh")
            })
            .collect();
        assert_eq!(successors.len(), 1, "all got the same successor");
        token = successors.into_iter().next().expect("one");
    }
    assert_eq!(issuer.refresh(&token).status, 200);
}

#[test]
fn a_simplejwt_refresh_token_gets_a_session_of_its_own() {
    let issuer = rotating();
    let first = simplejwt("refresh", "0123");
    assert_eq!(issuer.verify(&first).status, 200);
    let second = issuer.refresh(&first);
    assert_eq!(issuer.refresh(&first).text("refresh"), second.text("refresh"));
    let third = issuer.refresh(&second.text("refresh"));
    is_blacklisted(&issuer.refresh(&first));
    is_blacklisted(&issuer.refresh(&third.text("refresh")));
    is_shut_out(&issuer, &second.text("access"));

    let unknown = simplejwt("refresh", "4567");
    assert_eq!(issuer.log_out(&unknown).status, 200, "a token never seen before is ended too");
    is_blacklisted(&issuer.refresh(&unknown));
    is_blacklisted(&issuer.log_out(&unknown));
    let unknown_user =
        foreign(json!({ "token_type": "refresh", "jti": "8", "user_id": 99 }), START);
    assert_eq!(issuer.log_out(&unknown_user).status, 200);
    is_blacklisted(&issuer.verify(&unknown_user));
    is_blacklisted(
        &issuer
            .verify(&foreign(json!({ "token_type": "access", "jti": "9", "user_id": 99 }), START)),
    );
}

#[test]
fn a_logout_of_somebody_who_is_inactive_or_gone_succeeds_and_is_remembered() {
    let issuer = TestIssuer::start();
    // Imported as inactive: no deactivation has revoked the sessions.
    let user = issuer.create_as(Profile::new("imported"), PASSWORD, NewUser::inactive);
    let theirs = |jti: &str| {
        foreign(json!({ "token_type": "refresh", "jti": jti, "user_id": user.id }), START)
    };
    let (ended, other) = (theirs("a"), theirs("b"));
    for _ in 0..2 {
        assert_eq!(issuer.log_out(&ended).status, 200);
    }
    issuer.set_active(&user, true);
    is_blacklisted(&issuer.refresh(&ended));
    is_blacklisted(&issuer.log_out(&ended));
    assert_eq!(issuer.refresh(&other).status, 200);

    for gone in [false, true] {
        let user = issuer.create(Profile::new(if gone { "gone" } else { "inactive" }), PASSWORD);
        let refresh = issuer.login(&user.username, PASSWORD).text("refresh");
        if gone {
            issuer.delete(&user);
        } else {
            issuer.set_active(&user, false);
        }
        assert_eq!(issuer.log_out(&refresh).status, 200, "gone: {gone}");
    }
}

#[test]
fn a_token_of_a_session_that_is_not_known_is_refused() {
    let issuer = TestIssuer::start();
    let token = |kind: &str, sid: Value| {
        foreign(json!({ "token_type": kind, "jti": "a", "user_id": 1, "sid": sid }), START)
    };
    is_blacklisted(&issuer.refresh(&token("refresh", json!("gone"))));
    is_shut_out(&issuer, &token("access", json!("gone")));
    is_blacklisted(&issuer.verify(&token("access", json!("gone"))));
    assert_eq!(
        issuer.refresh(&token("refresh", json!("a\u{0}"))).text("detail"),
        "Token is invalid"
    );
    // The session must be the user's own.
    let theirs = issuer.login("testuser", PASSWORD);
    issuer.create(issuer::users::Profile::new("other"), PASSWORD);
    issuer.sql("UPDATE sessions SET user_id = 2");
    is_blacklisted(&issuer.refresh(&theirs.text("refresh")));
    is_shut_out(&issuer, &theirs.text("access"));
}

#[test]
fn expired_sessions_are_deleted_and_no_token_with_life_in_it_suffers() {
    let issuer = TestIssuer::start();
    let count = || {
        let now = START + issuer.clock.elapsed();
        issuer.block_on(issuer.storage.flush_expired(now)).expect("the storage works")
    };
    let refresh = issuer.login("testuser", PASSWORD).text("refresh");
    issuer.login("testuser", PASSWORD);
    assert_eq!(count(), 0);
    issuer.clock.advance(86_399);
    let access = issuer.refresh(&refresh).text("access");
    issuer.clock.advance(7_199);
    assert_eq!(count(), 0);
    assert_eq!(issuer.me(&access).status, 200, "it outlives the refresh token");
    issuer.clock.advance(3);
    assert_eq!(count(), 2);
}

#[test]
fn the_sessions_of_a_deleted_user_are_gone() {
    let issuer = TestIssuer::start();
    let tokens = issuer.login("testuser", PASSWORD);
    issuer.delete(&issuer.user("testuser"));
    is_blacklisted(&issuer.verify(&tokens.text("access")));
    assert_eq!(issuer.log_out(&tokens.text("refresh")).status, 200, "of no use to anybody");
    assert_eq!(issuer.me(&tokens.text("access")).json()["code"], "user_not_found");
}

#[test]
fn a_login_that_is_under_way_does_not_outlive_what_ends_all_sessions() {
    type End = fn(&TestIssuer, &User);
    let ends: [End; 4] = [
        |issuer, user| {
            let (new, now) = (user.password_hash.clone(), issuer.now());
            // Even when the new password is the old one.
            assert!(
                issuer
                    .block_on(issuer.storage.set_password(user.id, None, &new, None, now))
                    .expect("it works")
            );
        },
        |issuer, user| issuer.set_active(user, false),
        |issuer, user| issuer.delete(user),
        |issuer, user| {
            issuer
                .block_on(issuer.storage.revoke_sessions(user.id, None, issuer.now()))
                .expect("it works");
        },
    ];
    for (which, end) in ends.into_iter().enumerate() {
        let issuer = TestIssuer::start();
        let as_read = issuer.user("testuser");
        let session = |id: &str| {
            let first = RefreshToken { jti: id.into(), issued_at: START, expires_at: START + 60 };
            Session::new(id.into(), as_read.id, first, 60, issuer.keys.signing.kid().into())
        };
        let begins =
            |id: &str| issuer.block_on(issuer.storage.insert_session(&session(id), &as_read));
        assert!(begins("before").expect("it works"), "{which}");
        end(&issuer, &as_read);
        assert!(!begins("after").expect("it works"), "{which}");
    }
}

#[test]
fn who_knows_the_old_password_does_not_overrule_a_reset() {
    let issuer = TestIssuer::start();
    let user = issuer.user("testuser");
    let other = issuer.create(Profile::new("other"), "another password").password_hash;
    let set = |old, new| {
        issuer
            .block_on(issuer.storage.set_password(user.id, old, new, None, START))
            .expect("it works")
    };
    assert!(set(None, &other));
    assert!(!set(Some(&user.password_hash), &user.password_hash));
    assert_eq!(issuer.user("testuser").password_hash, other);
}

#[test]
fn a_session_of_simplejwt_is_kept_by_its_user_who_changes_the_password() {
    let issuer = TestIssuer::start();
    let claims = |token_type| json!({ "token_type": token_type, "jti": "d", "user_id": 1 });
    let refresh = foreign(claims("refresh"), START);
    let access = issuer.refresh(&refresh).text("access");
    let change = json!({ "old_password": PASSWORD, "new_password": "a new passphrase" });
    let response =
        issuer.send(&request("POST", "/api/users/me/password/").bearer(&access).json(change));
    assert_eq!(response.status, 200);
    assert_eq!(issuer.verify(&refresh).status, 200);
    assert_eq!(issuer.refresh(&refresh).status, 200);
    assert_eq!(issuer.log_out(&refresh).status, 200);
    is_blacklisted(&issuer.refresh(&refresh));
}
