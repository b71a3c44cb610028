//! Requests cancelled at every suspension point, as when the process is killed there: each change
//! is stored completely or not at all.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use issuer::users::Profile;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{Options, PASSWORD, TestIssuer};

const NEW_PASSWORD: &str = "another password";

/// When a request is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// When it returns `Pending`: the awaited operation has just begun.
    Waiting,
    /// When it is woken: the awaited operation is done, but the request is not polled again.
    Woken,
}

/// Sends a request and cancels it at its `nth` suspension point, from 1. Returns `None`, or the
/// status if the request completed before that point.
async fn give_up(
    issuer: &TestIssuer,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &Value,
    (nth, moment): (usize, Moment),
) -> Option<u16> {
    let mut request = axum::http::Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Body::from(body.to_string())).expect("a request");
    let mut response = pin!(issuer.router.clone().oneshot(request));
    let mut waits = 0;
    poll_fn(move |context| {
        if waits == nth {
            return Poll::Ready(None);
        }
        match response.as_mut().poll(context) {
            Poll::Ready(response) => {
                Poll::Ready(response.ok().map(|response| response.status().as_u16()))
            }
            Poll::Pending => {
                waits += 1;
                if waits == nth && moment == Moment::Waiting {
                    Poll::Ready(None)
                } else {
                    Poll::Pending
                }
            }
        }
    })
    .await
}

/// Cancels a request at its first suspension point, its second, and so on, until it completes.
/// `prepare` makes the request for a new user with this number; `check` asserts that no change is
/// incomplete.
fn at_every_wait(
    issuer: &TestIssuer,
    prepare: impl Fn(usize) -> (&'static str, String, Option<String>, Value),
    check: impl Fn(usize),
) {
    let mut number = 0;
    for moment in [Moment::Waiting, Moment::Woken] {
        let (mut nth, mut hurried) = (1, 0);
        loop {
            number += 1;
            let (method, path, token, body) = prepare(number);
            let done = issuer.block_on(give_up(
                issuer,
                method,
                &path,
                token.as_deref(),
                &body,
                (nth, moment),
            ));
            // Immediately, and after operations in progress at the database.
            check(number);
            std::thread::sleep(Duration::from_millis(10));
            check(number);
            let Some(status) = done else {
                nth += 1;
                continue;
            };
            assert_eq!(status, 200, "{method} {path}");
            if nth > 1 {
                break;
            }
            // The number of suspensions depends on timing. A request that never suspends would
            // test nothing.
            hurried += 1;
            assert!(hurried < 100, "{method} {path} never waited");
        }
    }
}

/// A new user's name, and the tokens of two sessions.
fn two_sessions(issuer: &TestIssuer, number: usize) -> (String, [Value; 2]) {
    let name = format!("user{number}");
    issuer.create(Profile::new(&name), PASSWORD);
    let sessions = [(); 2].map(|()| issuer.login(&name, PASSWORD).json());
    (name, sessions)
}

fn text(tokens: &Value, name: &str) -> String {
    tokens[name].as_str().expect("a token").to_owned()
}

/// Sessions of a user, and how many of them were ended.
fn sessions_of(issuer: &TestIssuer, name: &str) -> (i64, i64) {
    let count = |condition: &str| {
        let of = format!("user_id = (SELECT id FROM users WHERE username = '{name}')");
        issuer.number(&format!("SELECT COUNT(*) FROM sessions WHERE {of} AND {condition}"))
    };
    (count("1 = 1"), count("revoked_at IS NOT NULL"))
}

#[test]
fn a_changed_password_and_the_end_of_the_other_sessions_come_together() {
    let issuer = TestIssuer::start();
    let old_hash = |name: &str| issuer.user(name).password_hash;
    let hashes = std::cell::RefCell::new(std::collections::HashMap::new());
    at_every_wait(
        &issuer,
        |number| {
            let (name, sessions) = two_sessions(&issuer, number);
            hashes.borrow_mut().insert(number, old_hash(&name).as_str().to_owned());
            let body = json!({ "old_password": PASSWORD, "new_password": NEW_PASSWORD });
            ("POST", "/api/users/me/password/".into(), Some(text(&sessions[0], "access")), body)
        },
        |number| {
            // One statement sees one state.
            let old = &hashes.borrow()[&number];
            let halves = issuer.number(&format!(
                "SELECT COUNT(*) FROM users WHERE username = 'user{number}' AND (password_hash <> '{old}') <> \
                 EXISTS (SELECT 1 FROM sessions WHERE user_id = users.id AND revoked_at IS NOT \
                 NULL)"
            ));
            assert_eq!(halves, 0, "user{number}");
            assert!(
                sessions_of(&issuer, &format!("user{number}")).1 <= 1,
                "one's own session goes on"
            );
        },
    );
}

#[test]
fn a_deactivated_user_has_no_session_left() {
    let issuer = TestIssuer::start();
    let administrator = issuer.administrator();
    at_every_wait(
        &issuer,
        |number| {
            let (name, _) = two_sessions(&issuer, number);
            let path = format!("/api/users/{}/", issuer.user(&name).id);
            (
                "PATCH",
                path,
                Some(administrator.clone()),
                json!({ "is_active": false, "role": "editor" }),
            )
        },
        |number| {
            let states = issuer.number(&format!(
                "SELECT COUNT(*) FROM users WHERE username = 'user{number}' AND ( \
                 (is_active AND role <> 'editor' AND sessions_ended_at = 0 AND NOT EXISTS \
                 (SELECT 1 FROM sessions WHERE user_id = users.id AND revoked_at IS NOT NULL)) OR \
                 (NOT is_active AND role = 'editor' AND sessions_ended_at > 0 AND NOT EXISTS \
                 (SELECT 1 FROM sessions WHERE user_id = users.id AND revoked_at IS NULL)))"
            ));
            assert_eq!(states, 1, "user{number} is neither as before nor as wanted");
        },
    );
}

#[test]
fn a_logout_of_all_ends_all_or_none() {
    let issuer = TestIssuer::start();
    at_every_wait(
        &issuer,
        |number| {
            let (_, sessions) = two_sessions(&issuer, number);
            (
                "POST",
                "/api/token/blacklist/all/".into(),
                Some(text(&sessions[0], "access")),
                json!({}),
            )
        },
        |number| {
            let whole = issuer.number(&format!(
                "SELECT COUNT(*) FROM users WHERE username = 'user{number}' AND (SELECT COUNT(*) FROM sessions \
                 WHERE user_id = users.id AND revoked_at IS NOT NULL) = (CASE sessions_ended_at \
                 WHEN 0 THEN 0 ELSE 2 END)"
            ));
            assert_eq!(whole, 1, "user{number}");
        },
    );
}

#[test]
fn a_session_goes_on_after_a_rotation_that_was_cut_off() {
    let issuer = TestIssuer::with(Options { rotation: true, ..Options::default() });
    let tokens = std::cell::RefCell::new(std::collections::HashMap::new());
    at_every_wait(
        &issuer,
        |number| {
            let (_, sessions) = two_sessions(&issuer, number);
            let token = text(&sessions[0], "refresh");
            tokens.borrow_mut().insert(number, token.clone());
            ("POST", "/api/token/refresh/".into(), None, json!({ "refresh": token }))
        },
        |number| {
            let token = tokens.borrow()[&number].clone();
            let successor = issuer.refresh(&token);
            assert_eq!(
                successor.status, 200,
                "the response may be lost, the session is not: {}",
                successor.body
            );
            assert_eq!(
                issuer.refresh(&token).text("refresh"),
                successor.text("refresh"),
                "there is one successor"
            );
            assert_eq!(issuer.verify(&successor.text("refresh")).status, 200);
            assert_eq!(sessions_of(&issuer, &format!("user{number}")), (2, 0));
        },
    );
}

#[test]
fn a_login_that_was_cut_off_leaves_a_whole_session_or_none() {
    let issuer = TestIssuer::with(Options {
        public_url: Some("https://issuer.example"),
        ..Options::default()
    });
    at_every_wait(
        &issuer,
        |number| {
            let name = format!("user{number}");
            issuer.create(Profile::new(&name), PASSWORD);
            ("POST", "/api/token/".into(), None, json!({ "username": name, "password": PASSWORD }))
        },
        |number| {
            let name = format!("user{number}");
            let (sessions, ended) = sessions_of(&issuer, &name);
            assert!(sessions <= 1 && ended == 0, "{sessions} sessions, {ended} ended");
            let placeless = issuer.number(
                "SELECT COUNT(*) FROM sessions WHERE status_list IS NULL OR status_idx IS NULL",
            );
            assert_eq!(placeless, 0);
        },
    );
}
