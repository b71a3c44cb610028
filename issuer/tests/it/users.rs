//! Users over HTTP: their own password, their administration, and passwords that Django hashed.

use issuer::users::{Changes, ClaimsChange, LastAdministrator, PasswordHash, Profile};
use serde_json::{Value, json};

use crate::http::{Response, request};
use crate::support::{Options, PASSWORD, START, TestIssuer};
use crate::tokens::foreign;

fn call(
    issuer: &TestIssuer,
    method: &str,
    path: &str,
    token: &str,
    body: Option<Value>,
) -> Response {
    let request = request(method, path).bearer(token);
    issuer.send(&match body {
        Some(body) => request.json(body),
        None => request,
    })
}

#[test]
fn a_new_password_needs_the_old_one_and_ends_the_other_sessions() {
    let issuer = TestIssuer::start();
    let here = issuer.login("testuser", PASSWORD);
    let elsewhere = issuer.login("testuser", PASSWORD);
    let token = here.text("access");
    let change = |old: &str, new: &str| {
        let body = json!({ "old_password": old, "new_password": new });
        call(&issuer, "POST", "/api/users/me/password/", &token, Some(body))
    };
    for (old, new, error) in [
        ("wrong", "new password", json!({ "old_password": ["This is not your password."] })),
        (PASSWORD, "short", json!({ "new_password": ["a password has at least 8 characters"] })),
        (
            "",
            "",
            json!({
                "old_password": ["This field may not be blank."],
                "new_password": ["This field may not be blank."],
            }),
        ),
    ] {
        let response = change(old, new);
        assert_eq!((response.status, response.json()), (400, error));
    }
    assert_eq!(issuer.refresh(&elsewhere.text("refresh")).status, 200, "nothing has changed yet");
    let response = change(PASSWORD, "new password");
    assert_eq!((response.status, response.json()), (200, json!({})));
    assert_eq!(issuer.login("testuser", PASSWORD).status, 401);
    assert_eq!(issuer.login("testuser", "new password").status, 200);
    assert_eq!(issuer.refresh(&here.text("refresh")).status, 200, "this session goes on");
    assert_eq!(issuer.me(&token).status, 200);
    assert_eq!(issuer.refresh(&elsewhere.text("refresh")).text("detail"), "Token is blacklisted");
    assert_eq!(issuer.me(&elsewhere.text("access")).status, 401);
    assert_eq!(issuer.send(&request("POST", "/api/users/me/password/").json("{}")).status, 401);
}

#[test]
fn administration_is_for_administrators() {
    let issuer = TestIssuer::start();
    let boss = issuer.administrator();
    let user = issuer.login("testuser", PASSWORD).text("access");
    let forbidden = json!({
        "detail": "You do not have permission to perform this action.",
        "code": "permission_denied",
    });
    for (method, path) in [
        ("GET", "/api/users/"),
        ("POST", "/api/users/"),
        ("GET", "/api/users/1/"),
        ("PATCH", "/api/users/1/"),
        ("DELETE", "/api/users/1/"),
        ("POST", "/api/users/1/password/"),
    ] {
        let response = call(&issuer, method, path, &user, None);
        assert_eq!((response.status, response.json()), (403, forbidden.clone()), "{method} {path}");
        assert_eq!(issuer.send(&request(method, path)).status, 401, "{method} {path}");
    }
    assert_eq!(call(&issuer, "GET", "/api/users/", &boss, None).status, 200);
    issuer.sql("UPDATE users SET role = 'instructor' WHERE username = 'boss'");
    assert_eq!(
        call(&issuer, "GET", "/api/users/", &boss, None).status,
        403,
        "the record counts, not the token"
    );
}

#[test]
fn an_administrator_lists_creates_and_changes_users() {
    let issuer = TestIssuer::start();
    let boss = issuer.administrator();
    let new = json!({
        "username": "새사용자", "password": "new password", "email": "new@example.com",
        "first_name": "New",
        "role": "editor", "premium": false,
    });
    let response = call(&issuer, "POST", "/api/users/", &boss, Some(new.clone()));
    let mut record = json!({
        "id": 3, "username": "새사용자", "email": "new@example.com", "first_name": "New",
        "last_name": "",
        "role": "editor", "premium": false, "is_active": true,
        "date_joined": "2026-01-01T00:00:00Z",
    });
    assert_eq!((response.status, response.json()), (201, record.clone()));
    assert_eq!(issuer.login("새사용자", "new password").status, 200);
    let changed = json!({ "premium": true, "last_name": "Name", "email": "", "is_active": false });
    let response = call(&issuer, "PATCH", "/api/users/3/", &boss, Some(changed.clone()));
    for (name, value) in changed.as_object().expect("an object") {
        record[name] = value.clone();
    }
    assert_eq!((response.status, response.json()), (200, record.clone()));
    assert_eq!(call(&issuer, "GET", "/api/users/3/", &boss, None).json(), record);
    assert_eq!(issuer.login("새사용자", "new password").status, 401, "inactive");

    let session = issuer.login("testuser", PASSWORD);
    let password = json!({ "password": "another one" });
    assert_eq!(call(&issuer, "POST", "/api/users/1/password/", &boss, Some(password)).status, 200);
    assert_eq!(issuer.me(&session.text("access")).status, 401);
    assert_eq!(issuer.login("testuser", "another one").status, 200);

    let taken = json!({ "username": ["A user with that username already exists."] });
    let bad_role =
        json!({ "role": ["a role has 1 to 64 characters: letters, digits and - _ . :"] });
    for (method, path, body, status, expected) in [
        ("POST", "/api/users/", new, 400, taken),
        ("PATCH", "/api/users/3/", json!({ "role": "two words" }), 400, bad_role.clone()),
        ("PATCH", "/api/users/3/", json!({ "role": "" }), 400, bad_role),
        (
            "PATCH",
            "/api/users/3/",
            json!({ "premium": "maybe" }),
            400,
            json!({ "premium": ["Must be a valid boolean."] }),
        ),
        (
            "PATCH",
            "/api/users/3/",
            json!({ "is_active": null }),
            400,
            json!({ "is_active": ["This field may not be null."] }),
        ),
        ("PATCH", "/api/users/99/", json!({}), 404, json!({ "detail": "Not found." })),
        ("PATCH", "/api/users/x/", json!({}), 404, json!({ "detail": "Not found." })),
        ("GET", "/api/users/+1/", json!({}), 404, json!({ "detail": "Not found." })),
        ("GET", "/api/users/-1/", json!({}), 404, json!({ "detail": "Not found." })),
        (
            "GET",
            "/api/users/99999999999999999999/",
            json!({}),
            404,
            json!({ "detail": "Not found." }),
        ),
        ("DELETE", "/api/users/99/", json!({}), 404, json!({ "detail": "Not found." })),
        (
            "POST",
            "/api/users/99/password/",
            json!({ "password": "long enough" }),
            404,
            json!({ "detail": "Not found." }),
        ),
        (
            "POST",
            "/api/users/",
            json!({ "username": "a b", "password": "short", "email": "a", "role": "two words" }),
            400,
            json!({
                "username": ["a username has 1 to 150 characters: letters, digits and @ . + - _"],
                "email": ["an email address looks like name@example.com and has at most 254 \
                     characters"],
                "role": ["a role has 1 to 64 characters: letters, digits and - _ . :"],
                "password": ["a password has at least 8 characters"],
            }),
        ),
        (
            "POST",
            "/api/users/",
            json!({}),
            400,
            json!({
                "username": ["This field is required."], "password": ["This field is required."],
            }),
        ),
    ] {
        let response = call(&issuer, method, path, &boss, Some(body));
        assert_eq!((response.status, response.json()), (status, expected), "{method} {path}");
    }
}

#[test]
fn a_user_whom_an_administrator_deletes_is_gone_with_all_sessions() {
    let issuer = TestIssuer::start();
    let boss = issuer.administrator();
    let session = issuer.login("testuser", PASSWORD);
    let response = call(&issuer, "DELETE", "/api/users/1/", &boss, None);
    assert_eq!((response.status, response.body.as_str()), (204, ""));
    assert_eq!(issuer.login("testuser", PASSWORD).status, 401);
    assert_eq!(issuer.me(&session.text("access")).json()["code"], "user_not_found");
    assert_eq!(issuer.refresh(&session.text("refresh")).status, 401);
    assert_eq!(
        call(&issuer, "DELETE", "/api/users/1/", &boss, None).status,
        404,
        "and cannot be deleted twice"
    );
    let new = json!({ "username": "testuser", "password": "testpass123" });
    assert_eq!(
        call(&issuer, "POST", "/api/users/", &boss, Some(new)).json()["id"],
        3,
        "the id is not given again"
    );
}

#[test]
fn the_list_comes_in_pages() {
    let issuer = TestIssuer::start();
    let boss = issuer.administrator();
    for number in 0..5 {
        issuer.create(Profile::new(format!("user{number}")), PASSWORD);
    }
    let page = |query: &str| call(&issuer, "GET", &format!("/api/users/{query}"), &boss, None);
    let mut seen = Vec::new();
    let mut next = "?page_size=3".to_owned();
    loop {
        let response = page(&next).json();
        assert_eq!(response["count"], 7);
        for user in response["results"].as_array().expect("a list") {
            assert!(user.get("password_hash").is_none());
            seen.push(user["id"].as_i64().expect("a number"));
        }
        match response["next"].as_str() {
            Some(link) => {
                next = link.strip_prefix("http://localhost/api/users/").expect("a URL").to_owned()
            }
            None => break,
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(
        page("?page=3&page_size=3").json()["previous"],
        "http://localhost/api/users/?page=2&page_size=3"
    );
    let below = TestIssuer::with(Options {
        public_url: Some("https://login.example/auth"),
        ..Options::default()
    });
    let boss_below = below.administrator();
    let first = call(&below, "GET", "/api/users/?page_size=1", &boss_below, None);
    assert_eq!(first.json()["next"], "https://login.example/auth/api/users/?page=2&page_size=1");
    for query in [
        "?page=0",
        "?page=x",
        "?page=9",
        "?page=-1",
        "?page=4294967295&page_size=200",
        "?page=4294967296",
    ] {
        assert_eq!(
            (page(query).status, page(query).json()),
            (404, json!({ "detail": "Invalid page." })),
            "{query}"
        );
    }
    assert_eq!(page("?page_size=200").status, 200);
    let rule = json!({ "page_size": ["Ensure this value is a number from 1 to 200."] });
    for size in ["0", "201", "4294967295", "4294967297", "-1", "x", "", "1.5"] {
        let response = page(&format!("?page_size={size}"));
        assert_eq!((response.status, response.json()), (400, rule.clone()), "{size}");
    }
}

#[test]
fn a_user_with_a_hash_of_djangos_logs_in_and_gets_one_of_ours() {
    let issuer = TestIssuer::start();
    // What Django 5.2 makes of "testpass123", with cheap settings.
    for (name, hash) in [
        ("pbkdf2", "pbkdf2_sha256$1000$somesalt$y25i8LPk4pDmXiu8ZX5zK4+sHeDu2HUuZ9T+sb5Ynzo="),
        (
            "argon2",
            "argon2$argon2id$v=19$m=64,t=1,p=2$c29tZXNhbHQ$Ar1pmI11yswcvAvVtjmUzzuMWag8HmltyU++5kbs5Pw",
        ),
        ("bcrypt", "bcrypt_sha256$$2b$04$qNmzX6FMVhzSW10peb9J3e4Za9mxlDU0bBZ/QdCjWiCZz2MILQVH6"),
    ] {
        let profile = Profile::new(name).checked().expect("a good profile");
        let user = profile.with_password(PasswordHash::from_encoded(hash.into()), START);
        issuer.block_on(issuer.storage.insert_user(&user)).expect("a new user");
        assert_eq!(issuer.login(name, "wrong").status, 401, "{name}");
        assert_eq!(
            issuer.user(name).password_hash.as_str(),
            hash,
            "a wrong password changes nothing"
        );
        for _ in 0..2 {
            assert_eq!(issuer.login(name, PASSWORD).status, 200, "{name}");
            let stored = issuer.user(name).password_hash;
            assert!(
                stored.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"),
                "{}",
                stored.as_str()
            );
        }
        assert_eq!(issuer.login(name, "wrong").status, 401, "{name}");
    }
    let unusable = Profile::new("unusable").checked().expect("a good profile");
    let unusable = unusable.with_password(PasswordHash::from_encoded("!abc".into()), START);
    issuer.block_on(issuer.storage.insert_user(&unusable)).expect("a new user");
    for password in ["!abc", "abc"] {
        assert_eq!(issuer.login("unusable", password).status, 401);
    }
}

#[test]
fn a_parameter_that_is_not_known_is_named_and_not_ignored() {
    let issuer = TestIssuer::start();
    let boss = issuer.administrator();
    for (query, name) in [
        ("?search=boss", "search"),
        ("?page=1&ordering=-id", "ordering"),
        ("?Page=1", "Page"),
        ("?%ED%99%8D=1", "홍"),
        ("?page_size", ""),
        ("?=1", ""),
    ] {
        let response = call(&issuer, "GET", &format!("/api/users/{query}"), &boss, None);
        if query == "?page_size" {
            assert_eq!(response.status, 400, "an invalid page size");
            assert!(response.json().get("page_size").is_some(), "it is known, but no number");
            continue;
        }
        let detail = format!("Unknown query parameter \"{name}\".");
        assert_eq!(
            (response.status, response.json()),
            (400, json!({ "detail": detail, "code": "unknown_parameter" }))
        );
    }
    let long = format!("/api/users/?{}=1", "x".repeat(5_000));
    assert!(
        call(&issuer, "GET", &long, &boss, None).body.len() < 200,
        "not all of it is said back"
    );
    assert_eq!(call(&issuer, "GET", "/api/users/?", &boss, None).status, 200);
    assert_eq!(
        issuer.send(&request("GET", "/api/users/?search=boss")).status,
        401,
        "not before the log-in"
    );
}

#[test]
fn a_lost_role_or_premium_ends_the_sessions_that_carry_it() {
    // The setting; what changes; whether the sessions end.
    let rows = [
        (ClaimsChange::EndLost, json!({ "role": "editor" }), true),
        (ClaimsChange::EndLost, json!({ "role": "instructor" }), false),
        (ClaimsChange::EndLost, json!({ "role": "admin" }), false),
        (ClaimsChange::End, json!({ "role": "admin" }), true),
        (ClaimsChange::EndLost, json!({ "premium": false }), true),
        (ClaimsChange::EndLost, json!({ "premium": true }), false),
        (ClaimsChange::EndLost, json!({ "email": "new@example.com" }), false),
        (ClaimsChange::End, json!({ "premium": false }), true),
        (ClaimsChange::AtRefresh, json!({ "role": "editor", "premium": false }), false),
        (ClaimsChange::AtRefresh, json!({ "is_active": false }), true),
    ];
    for (on_claims_change, changes, ends) in rows {
        let issuer = TestIssuer::with(Options { on_claims_change, ..Options::default() });
        let boss = issuer.administrator();
        let session = issuer.login("testuser", PASSWORD);
        let named_none = foreign(
            json!({ "token_type": "access", "jti": "a", "user_id": 1, "role": "instructor" }),
            START,
        );
        let response = call(&issuer, "PATCH", "/api/users/1/", &boss, Some(changes.clone()));
        assert_eq!(response.status, 200, "{}", response.body);
        let expected = if ends { 401 } else { 200 };
        let name = format!("{on_claims_change:?} {changes}");
        for token in [&session.text("access"), &named_none] {
            assert_eq!(issuer.me(token).status, expected, "{name}");
        }
        assert_eq!(issuer.verify(&session.text("access")).status, expected, "{name}");
        assert_eq!(issuer.refresh(&session.text("refresh")).status, expected, "{name}");
        assert_eq!(
            call(&issuer, "GET", "/api/users/", &boss, None).status,
            200,
            "another user's sessions go on"
        );
    }
    // Gaining premium ends sessions only if the setting says so.
    for (on_claims_change, status) in [(ClaimsChange::EndLost, 200), (ClaimsChange::End, 401)] {
        let issuer = TestIssuer::with(Options { on_claims_change, ..Options::default() });
        issuer.sql("UPDATE users SET premium = NOT premium");
        let session = issuer.login("testuser", PASSWORD);
        let changes = Changes { premium: Some(true), on_claims_change, ..Changes::default() };
        issuer
            .block_on(issuer.storage.update_user(1, &changes, issuer.now()))
            .expect("the storage works");
        assert_eq!(issuer.me(&session.text("access")).status, status, "{on_claims_change:?}");
    }
}

#[test]
fn the_last_administrator_stays() {
    let issuer = TestIssuer::start();
    let boss = issuer.administrator();
    let path = format!("/api/users/{}/", issuer.user("boss").id);
    let refused = json!({
        "detail": "This is the last active administrator. Make another one first.",
        "code": "last_administrator",
    });
    let removals = [
        ("PATCH", Some(json!({ "role": "editor" }))),
        ("PATCH", Some(json!({ "is_active": false, "email": "gone@example.com" }))),
        ("DELETE", None),
    ];
    let inactive =
        issuer.create(Profile { role: "admin".into(), ..Profile::new("inactive") }, PASSWORD);
    issuer.set_active(&inactive, false);
    for (method, body) in &removals {
        let response = call(&issuer, method, &path, &boss, body.clone());
        assert_eq!((response.status, response.json()), (409, refused.clone()), "{method} {body:?}");
    }
    let unchanged = issuer.user("boss");
    assert!(
        unchanged.is_active && unchanged.role == "admin" && unchanged.email.is_empty(),
        "all or nothing"
    );
    for harmless in [
        json!({ "role": "admin" }),
        json!({ "is_active": true }),
        json!({ "email": "b@example.com" }),
    ] {
        assert_eq!(call(&issuer, "PATCH", &path, &boss, Some(harmless)).status, 200);
    }
    assert_eq!(call(&issuer, "DELETE", "/api/users/1/", &boss, None).status, 204, "others may go");
    issuer.set_active(&inactive, true);
    assert_eq!(call(&issuer, "DELETE", &path, &boss, None).status, 204, "there is another one");
}

#[test]
fn two_administrators_cannot_remove_each_other_at_the_same_moment() {
    let issuer = TestIssuer::start();
    for round in 0..12 {
        issuer.sql("UPDATE users SET role = 'instructor'");
        let ids = ["a", "b"].map(|name| {
            let profile =
                Profile { role: "admin".into(), ..Profile::new(format!("{name}{round}")) };
            issuer.create(profile, PASSWORD).id
        });
        let now = issuer.now();
        let removals = issuer.block_on(async {
            let demote = Changes { role: Some("editor".into()), ..Changes::default() };
            let (first, second) = (issuer.storage.update_user(ids[0], &demote, now), async {
                match round % 2 {
                    0 => issuer
                        .storage
                        .delete_user(ids[1], LastAdministrator::Stays, now)
                        .await
                        .is_ok(),
                    _ => issuer.storage.update_user(ids[1], &demote, now).await.is_ok(),
                }
            });
            let (first, second) = tokio::join!(first, second);
            [first.is_ok(), second]
        });
        assert_eq!(removals.iter().filter(|done| **done).count(), 1, "{removals:?}");
        assert_eq!(
            issuer.number("SELECT COUNT(*) FROM users WHERE role = 'admin' AND is_active"),
            1
        );
    }
}

#[test]
fn a_password_that_django_would_refuse_is_refused_wherever_one_is_chosen() {
    let issuer = TestIssuer::start();
    let boss = issuer.administrator();
    let token = issuer.login("testuser", PASSWORD).text("access");
    for (password, rule) in [
        ("password", "a password is not one of the most common ones"),
        ("        ", "a password is not white space alone"),
        ("31415926535", "a password is not digits alone"),
        ("testuser2", "a password is not similar to the username"),
    ] {
        let own = json!({ "old_password": PASSWORD, "new_password": password });
        let new = json!({ "username": "testuser1", "password": password });
        for (path, token, body, field) in [
            ("/api/users/me/password/", &token, own, "new_password"),
            ("/api/users/1/password/", &boss, json!({ "password": password }), "password"),
            ("/api/users/", &boss, new, "password"),
        ] {
            let response = call(&issuer, "POST", path, token, Some(body));
            assert_eq!(
                (response.status, response.json()),
                (400, json!({ field: [rule] })),
                "{path} {password:?}"
            );
        }
    }
    let email = json!({ "old_password": PASSWORD, "new_password": "example.test" });
    let response = call(&issuer, "POST", "/api/users/me/password/", &token, Some(email));
    assert_eq!(
        response.json(),
        json!({ "new_password": ["a password is not similar to the email address"] })
    );
    assert_eq!(issuer.login("testuser", PASSWORD).status, 200, "an old one goes on working");
}
