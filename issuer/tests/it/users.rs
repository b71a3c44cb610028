//! Users over HTTP: their own password, and their administration. And passwords that Django hashed.

use issuer::users::{PasswordHash, Profile};
use serde_json::{Value, json};

use crate::http::{Answer, request};
use crate::support::{Options, PASSWORD, START, TestIssuer};

fn call(issuer: &TestIssuer, method: &str, path: &str, token: &str, body: Option<Value>) -> Answer {
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
    for (old, new, fault) in [
        ("wrong", "new password", json!({ "old_password": ["This is not your password."] })),
        (PASSWORD, "short", json!({ "new_password": ["a password has at least 8 characters"] })),
        (
            "",
            "",
            json!({ "old_password": ["This field may not be blank."], "new_password": ["This field may not be blank."] }),
        ),
    ] {
        let answer = change(old, new);
        assert_eq!((answer.status, answer.json()), (400, fault));
    }
    assert_eq!(issuer.refresh(&elsewhere.text("refresh")).status, 200, "nothing has changed yet");
    let answer = change(PASSWORD, "new password");
    assert_eq!((answer.status, answer.json()), (200, json!({})));
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
    let forbidden =
        json!({ "detail": "You do not have permission to perform this action.", "code": "permission_denied" });
    for (method, path) in [
        ("GET", "/api/users/"),
        ("POST", "/api/users/"),
        ("GET", "/api/users/1/"),
        ("PATCH", "/api/users/1/"),
        ("DELETE", "/api/users/1/"),
        ("POST", "/api/users/1/password/"),
    ] {
        let answer = call(&issuer, method, path, &user, None);
        assert_eq!((answer.status, answer.json()), (403, forbidden.clone()), "{method} {path}");
        assert_eq!(issuer.send(&request(method, path)).status, 401, "{method} {path}");
    }
    assert_eq!(call(&issuer, "GET", "/api/users/", &boss, None).status, 200);
    issuer.sql("UPDATE users SET role = 'instructor' WHERE username = 'boss'");
    assert_eq!(call(&issuer, "GET", "/api/users/", &boss, None).status, 403, "the record counts, not the token");
}

#[test]
fn an_administrator_lists_creates_and_changes_users() {
    let issuer = TestIssuer::start();
    let boss = issuer.administrator();
    let new = json!({
        "username": "새사용자", "password": "new password", "email": "new@example.com", "first_name": "New",
        "role": "editor", "premium": false,
    });
    let answer = call(&issuer, "POST", "/api/users/", &boss, Some(new.clone()));
    let mut record = json!({
        "id": 3, "username": "새사용자", "email": "new@example.com", "first_name": "New", "last_name": "",
        "role": "editor", "premium": false, "is_active": true, "date_joined": "2026-01-01T00:00:00Z",
    });
    assert_eq!((answer.status, answer.json()), (201, record.clone()));
    assert_eq!(issuer.login("새사용자", "new password").status, 200);
    let changed = json!({ "premium": true, "last_name": "Name", "email": "", "is_active": false });
    let answer = call(&issuer, "PATCH", "/api/users/3/", &boss, Some(changed.clone()));
    for (name, value) in changed.as_object().expect("an object") {
        record[name] = value.clone();
    }
    assert_eq!((answer.status, answer.json()), (200, record.clone()));
    assert_eq!(call(&issuer, "GET", "/api/users/3/", &boss, None).json(), record);
    assert_eq!(issuer.login("새사용자", "new password").status, 401, "inactive");

    let session = issuer.login("testuser", PASSWORD);
    let password = json!({ "password": "another one" });
    assert_eq!(call(&issuer, "POST", "/api/users/1/password/", &boss, Some(password)).status, 200);
    assert_eq!(issuer.me(&session.text("access")).status, 401);
    assert_eq!(issuer.login("testuser", "another one").status, 200);

    let taken = json!({ "username": ["A user with that username already exists."] });
    let bad_role = json!({ "role": ["a role has 1 to 64 characters: letters, digits and - _ . :"] });
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
        ("GET", "/api/users/99999999999999999999/", json!({}), 404, json!({ "detail": "Not found." })),
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
                "email": ["an email address looks like name@example.com and has at most 254 characters"],
                "role": ["a role has 1 to 64 characters: letters, digits and - _ . :"],
                "password": ["a password has at least 8 characters"],
            }),
        ),
        (
            "POST",
            "/api/users/",
            json!({}),
            400,
            json!({ "username": ["This field is required."], "password": ["This field is required."] }),
        ),
    ] {
        let answer = call(&issuer, method, path, &boss, Some(body));
        assert_eq!((answer.status, answer.json()), (status, expected), "{method} {path}");
    }
}

#[test]
fn a_user_whom_an_administrator_deletes_is_gone_with_all_sessions() {
    let issuer = TestIssuer::start();
    let boss = issuer.administrator();
    let session = issuer.login("testuser", PASSWORD);
    let answer = call(&issuer, "DELETE", "/api/users/1/", &boss, None);
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(issuer.login("testuser", PASSWORD).status, 401);
    assert_eq!(issuer.me(&session.text("access")).json()["code"], "user_not_found");
    assert_eq!(issuer.refresh(&session.text("refresh")).status, 401);
    assert_eq!(call(&issuer, "DELETE", "/api/users/1/", &boss, None).status, 404, "and cannot be deleted twice");
    let new = json!({ "username": "testuser", "password": "testpass123" });
    assert_eq!(call(&issuer, "POST", "/api/users/", &boss, Some(new)).json()["id"], 3, "the id is not given again");
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
        let answer = page(&next).json();
        assert_eq!(answer["count"], 7);
        for user in answer["results"].as_array().expect("a list") {
            assert!(user.get("password_hash").is_none());
            seen.push(user["id"].as_i64().expect("a number"));
        }
        match answer["next"].as_str() {
            Some(link) => next = link.strip_prefix("/api/users/").expect("a path").to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(page("?page=3&page_size=3").json()["previous"], "/api/users/?page=2&page_size=3");
    let below = TestIssuer::with(Options { public_url: Some("https://login.example/auth"), ..Options::default() });
    let boss_below = below.administrator();
    let first = call(&below, "GET", "/api/users/?page_size=1", &boss_below, None);
    assert_eq!(first.json()["next"], "/auth/api/users/?page=2&page_size=1");
    for query in ["?page=0", "?page=x", "?page=9", "?page=-1", "?page=4294967295&page_size=4294967295"] {
        assert_eq!((page(query).status, page(query).json()), (404, json!({ "detail": "Invalid page." })), "{query}");
    }
}

#[test]
fn a_user_with_a_hash_of_djangos_logs_in_and_gets_one_of_ours() {
    let issuer = TestIssuer::start();
    // What Django 5.2 makes of "testpass123", with cheap settings.
    for (name, hash) in [
        ("pbkdf2", "pbkdf2_sha256$1000$somesalt$y25i8LPk4pDmXiu8ZX5zK4+sHeDu2HUuZ9T+sb5Ynzo="),
        ("argon2", "argon2$argon2id$v=19$m=64,t=1,p=2$c29tZXNhbHQ$Ar1pmI11yswcvAvVtjmUzzuMWag8HmltyU++5kbs5Pw"),
        ("bcrypt", "bcrypt_sha256$$2b$04$qNmzX6FMVhzSW10peb9J3e4Za9mxlDU0bBZ/QdCjWiCZz2MILQVH6"),
    ] {
        let profile = Profile::new(name).checked().expect("a good profile");
        let user = profile.with_password(PasswordHash::from_elsewhere(hash.into()), START);
        issuer.block_on(issuer.storage.insert_user(&user)).expect("a new user");
        assert_eq!(issuer.login(name, "wrong").status, 401, "{name}");
        assert_eq!(issuer.user(name).password_hash.as_str(), hash, "a wrong password changes nothing");
        for _ in 0..2 {
            assert_eq!(issuer.login(name, PASSWORD).status, 200, "{name}");
            let stored = issuer.user(name).password_hash;
            assert!(stored.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", stored.as_str());
        }
        assert_eq!(issuer.login(name, "wrong").status, 401, "{name}");
    }
    let unusable = Profile::new("unusable").checked().expect("a good profile");
    let unusable = unusable.with_password(PasswordHash::from_elsewhere("!abc".into()), START);
    issuer.block_on(issuer.storage.insert_user(&unusable)).expect("a new user");
    for password in ["!abc", "abc"] {
        assert_eq!(issuer.login("unusable", password).status, 401);
    }
}
