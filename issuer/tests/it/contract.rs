//! The wire contract, row by row: status, headers that matter, whole body.

use serde_json::{Value, json};

use crate::http::{Request, Response, request};
use crate::support::{Options, PASSWORD, TestIssuer};

const LOGIN: &str = "/api/token/";
const REFRESH: &str = "/api/token/refresh/";
const VERIFY: &str = "/api/token/verify/";
const BLACKLIST: &str = "/api/token/blacklist/";
const ME: &str = "/api/users/me/";

fn post(path: &str) -> Request {
    request("POST", path)
}

#[track_caller]
fn expect(response: &Response, name: &str, status: u16, body: &Value) {
    assert_eq!((response.status, &response.json()), (status, body), "{name}");
    assert_eq!(response.header("content-type"), Some("application/json"), "{name}");
    assert_eq!(response.header("cache-control"), Some("no-store"), "{name}");
    let challenge = (status == 401).then_some("Bearer realm=\"api\"");
    assert_eq!(response.header("www-authenticate"), challenge, "{name}");
}

#[test]
fn a_login_returns_both_tokens_and_the_user() {
    let issuer = TestIssuer::start();
    let user = json!({
        "id": 1, "username": "testuser", "email": "test@example.com", "first_name": "Test",
        "last_name": "User",
    });
    let boundary = "--X\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\ntestuser\r\n\
                    --X\r\nContent-Disposition: form-data; \
                    name=\"password\"\r\n\r\ntestpass123\r\n--X--\r\n";
    let requests = [
        ("JSON", post(LOGIN).json(json!({ "username": "testuser", "password": PASSWORD }))),
        (
            "JSON with a charset",
            post(LOGIN).body(
                "Application/JSON; charset=utf-8",
                r#"{"username":"testuser","password":"testpass123"}"#,
            ),
        ),
        (
            "extra members",
            post(LOGIN).json(json!({ "username": "testuser", "password": PASSWORD, "x": [{}] })),
        ),
        (
            "white space around the name",
            post(LOGIN).json(json!({ "username": " testuser\n", "password": PASSWORD })),
        ),
        (
            "the last of two",
            post(LOGIN).json(r#"{"username":"x","password":"testpass123","username":"testuser"}"#),
        ),
        (
            "form",
            post(LOGIN).body(
                "application/x-www-form-urlencoded",
                "username=test%75ser&password=testpass123",
            ),
        ),
        ("multipart", post(LOGIN).body("multipart/form-data; boundary=X", boundary)),
    ];
    for (name, request) in requests {
        let response = issuer.send(&request);
        let tokens = ["access", "refresh"].map(|member| response.text(member));
        for token in &tokens {
            assert_eq!(token.split('.').count(), 3, "{name}: {token}");
        }
        let [access, refresh] = tokens;
        expect(
            &response,
            name,
            200,
            &json!({
                "access": access, "refresh": refresh, "user": user,
            }),
        );
    }
}

#[test]
fn a_login_that_is_not_right_is_refused_in_the_same_words() {
    let issuer = TestIssuer::start();
    let inactive = issuer.create(issuer::users::Profile::new("inactive"), PASSWORD);
    issuer.set_active(&inactive, false);
    for (name, username, password) in [
        ("wrong password", "testuser", "wrong"),
        ("unknown user", "nobody", PASSWORD),
        ("inactive user", "inactive", PASSWORD),
        ("inactive user, wrong password", "inactive", "wrong"),
        ("name in other letters", "TestUser", PASSWORD),
        ("white space is part of a password", "testuser", " testpass123 "),
        ("a password of white space", "testuser", "   "),
        ("overlong password", "testuser", &"x".repeat(5000)),
    ] {
        let response = issuer.login(username, password);
        expect(
            &response,
            name,
            401,
            &json!({ "detail": "No active account found with the given credentials" }),
        );
    }
}

#[test]
fn an_invalid_body_is_refused_with_every_error() {
    let issuer = TestIssuer::start();
    const REQUIRED: &str = "This field is required.";
    const BLANK: &str = "This field may not be blank.";
    const NULL: &str = "This field may not be null.";
    const NOT_TEXT: &str = "Not a valid string.";
    const NUL: &str = "Null characters are not allowed.";
    let rows = [
        ("{}", json!({ "username": [REQUIRED], "password": [REQUIRED] })),
        (r#"{"username":"testuser"}"#, json!({ "password": [REQUIRED] })),
        (r#"{"username":null,"password":""}"#, json!({ "username": [NULL], "password": [BLANK] })),
        (
            r#"{"username":" \t ","password":null}"#,
            json!({ "username": [BLANK], "password": [NULL] }),
        ),
        (
            r#"{"username":["a"],"password":{}}"#,
            json!({ "username": [NOT_TEXT], "password": [NOT_TEXT] }),
        ),
        (
            r#"{"username":true,"password":1}"#,
            json!({ "username": [NOT_TEXT], "password": [NOT_TEXT] }),
        ),
        (
            r#"{"username":"a\u0000","password":"b\u0000c"}"#,
            json!({ "username": [NUL], "password": [NUL] }),
        ),
        (
            "[]",
            json!({ "non_field_errors": ["Invalid data. Expected a dictionary, but got list."] }),
        ),
        (
            "\"x\"",
            json!({ "non_field_errors": ["Invalid data. Expected a dictionary, but got str."] }),
        ),
        ("1", json!({ "non_field_errors": ["Invalid data. Expected a dictionary, but got int."] })),
        (
            "1.5",
            json!({ "non_field_errors": ["Invalid data. Expected a dictionary, but got float."] }),
        ),
        (
            "1e2",
            json!({ "non_field_errors": ["Invalid data. Expected a dictionary, but got float."] }),
        ),
        (
            "-0",
            json!({ "non_field_errors": ["Invalid data. Expected a dictionary, but got int."] }),
        ),
        (
            "123456789012345678901234",
            json!({ "non_field_errors": ["Invalid data. Expected a dictionary, but got int."] }),
        ),
        (
            "true",
            json!({ "non_field_errors": ["Invalid data. Expected a dictionary, but got bool."] }),
        ),
        ("null", json!({ "non_field_errors": ["No data provided"] })),
    ];
    for (body, expected) in rows {
        expect(&issuer.send(&post(LOGIN).json(body)), body, 400, &expected);
    }
    for (path, field) in [(REFRESH, "refresh"), (VERIFY, "token"), (BLACKLIST, "refresh")] {
        for (body, error) in
            [("null", NULL), ("\" \"", BLANK), ("[1]", NOT_TEXT), ("\"a\\u0000\"", NUL)]
        {
            let response = issuer.send(&post(path).json(format!("{{\"{field}\":{body}}}")));
            expect(&response, body, 400, &json!({ field: [error] }));
        }
        expect(&issuer.send(&post(path).json("{}")), path, 400, &json!({ field: [REQUIRED] }));
        expect(&issuer.send(&post(path)), "nothing at all", 400, &json!({ field: [REQUIRED] }));
    }
    let file = "--X\r\nContent-Disposition: form-data; name=\"username\"; filename=\"a\"\r\n\r\n\
         testuser\r\n--X--\r\n";
    let response = issuer.send(&post(LOGIN).body("multipart/form-data; boundary=X", file));
    expect(&response, "a file", 400, &json!({ "username": [NOT_TEXT], "password": [REQUIRED] }));
}

/// As in Django, which skips the part; in none of its charsets is the name that of a field.
#[test]
fn a_part_whose_name_is_not_utf_8_is_ignored() {
    let issuer = TestIssuer::start();
    let part = |parameters: &[u8], value: &str| {
        let head = b"--X\r\nContent-Disposition: form-data; name=";
        [&head[..], parameters, b"\r\n\r\n", value.as_bytes(), b"\r\n"].concat()
    };
    let send = |parts: &[&[u8]]| {
        let body = [&parts.concat()[..], b"--X--\r\n"].concat();
        issuer.send(&post(LOGIN).body("multipart/form-data; boundary=X", body))
    };
    let (username, password) = (part(b"\"username\"", "testuser"), part(b"\"password\"", PASSWORD));
    for parameters in [
        &b"\"\xff\xfe\""[..],
        b"\"username\xff\"",
        b"\"username\xc0\x80\"",
        b"\"\xed\xa0\x80\"",
        b"username\xff",
        b"\"\xff\"; filename=\"a\"",
        b"\"username\xff\"; filename=\"\xfe\"",
    ] {
        let (name, other) = (parameters.escape_ascii().to_string(), part(parameters, "nobody"));
        for parts in [
            [&other, &username, &password],
            [&username, &other, &password],
            [&username, &password, &other],
        ] {
            let response = send(&parts.map(Vec::as_slice));
            assert_eq!(
                (response.status, response.json()["user"]["username"].as_str()),
                (200, Some("testuser")),
                "{name}"
            );
        }
        let expected = json!({ "username": ["This field is required."] });
        expect(&send(&[&other, &password]), &name, 400, &expected);
    }
}

#[test]
fn a_body_that_does_not_parse_is_refused_with_the_reason() {
    let issuer = TestIssuer::start();
    let json = "application/json";
    let rows: [(&str, &str, &[u8], &str); 8] = [
        ("not JSON", json, b"{bad", "JSON parse error - key must be a string at line 1 column 2"),
        ("NaN", json, b"NaN", "JSON parse error - expected value at line 1 column 1"),
        (
            "something after it",
            json,
            b"{} x",
            "JSON parse error - trailing characters at line 1 column 4",
        ),
        (
            "cut off",
            json,
            b"{\"username\":\"a",
            "JSON parse error - EOF while parsing a string at line 1 column 14",
        ),
        (
            "a lone surrogate",
            json,
            br#"{"username":"\ud800"}"#,
            "JSON parse error - unexpected end of hex escape at line 1 column 20",
        ),
        (
            "not UTF-8",
            json,
            b"{\"username\":\"\xff\"}",
            "JSON parse error - invalid unicode code point at line 1 column 14",
        ),
        (
            "no boundary",
            "multipart/form-data",
            b"x",
            "Multipart form parse error - Invalid `boundary` for `multipart/form-data` request",
        ),
        (
            "cut off multipart",
            "multipart/form-data; boundary=X",
            b"x",
            "Multipart form parse error - incomplete multipart stream",
        ),
    ];
    for (name, content_type, body, detail) in rows {
        let response = issuer.send(&post(LOGIN).body(content_type, body));
        expect(&response, name, 400, &json!({ "detail": detail }));
    }
}

#[test]
fn a_body_in_another_charset_is_not_taken_for_another_text() {
    let issuer = TestIssuer::start();
    issuer.create(issuer::users::Profile::new("jos\u{e9}"), PASSWORD);
    let form = |name: &str| format!("username={name}&password={PASSWORD}").into_bytes();
    let json = |name: &[u8]| {
        [b"{\"username\":\"", name, b"\",\"password\":\"", PASSWORD.as_bytes(), b"\"}"].concat()
    };
    for (content_type, body, status) in [
        ("application/x-www-form-urlencoded; charset=ISO-8859-1", form("testuser"), 200),
        ("application/x-www-form-urlencoded; charset=ISO-8859-1", form("jos%E9"), 415),
        ("application/x-www-form-urlencoded; charset=\"UTF-8\"", form("jos%C3%A9"), 200),
        ("application/x-www-form-urlencoded", form("jos%C3%A9"), 200),
        ("application/json; charset=latin-1", json(b"testuser"), 200),
        ("application/json; charset=latin-1", json(b"jos\xe9"), 415),
        ("application/json; charset=latin-1", json("jos\u{e9}".as_bytes()), 415),
        ("application/json; charset=utf-7", json(b"testuser"), 415),
        ("application/json; charset=utf-8", json("jos\u{e9}".as_bytes()), 200),
    ] {
        let response = issuer.send(&post(LOGIN).body(content_type, body.clone()));
        assert_eq!(response.status, status, "{content_type} {}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn another_content_type_is_refused_by_its_name() {
    let issuer = TestIssuer::start();
    for content_type in
        ["text/plain", "text/plain; charset=utf-8", "application/vnd.api+json", "json"]
    {
        let response = issuer.send(&post(LOGIN).body(content_type, "{}"));
        let detail = format!("Unsupported media type \"{content_type}\" in request.");
        expect(&response, content_type, 415, &json!({ "detail": detail }));
    }
    let untyped =
        b"POST /api/token/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
    let response = Response::parse(&crate::http::exchange(issuer.address, untyped));
    expect(&response, "none", 415, &json!({ "detail": "Unsupported media type \"\" in request." }));
}

#[test]
fn another_method_gets_405_with_the_allowed_ones() {
    let issuer = TestIssuer::start();
    let rows = [
        (LOGIN, "GET", "POST"),
        (REFRESH, "PUT", "POST"),
        (VERIFY, "DELETE", "POST"),
        (BLACKLIST, "GET", "POST"),
        (ME, "POST", "GET,HEAD"),
        (ME, "BREW", "GET,HEAD"),
    ];
    for (path, method, allow) in rows {
        let response = issuer.send(&request(method, path));
        let name = format!("{method} {path}");
        expect(
            &response,
            &name,
            405,
            &json!({ "detail": format!("Method \"{method}\" not allowed.") }),
        );
        assert_eq!(response.header("allow"), Some(allow), "{name}");
    }
    let made_up = "X".repeat(10_000);
    let response = issuer.send(&request(&made_up, "/api/token/"));
    let said = made_up.get(..40).expect("it is longer");
    assert_eq!(
        (response.status, response.text("detail")),
        (405, format!("Method \"{said}\" not allowed."))
    );
}

#[test]
fn a_missing_slash_is_redirected_permanently_and_a_post_keeps_its_body() {
    let issuer = TestIssuer::start();
    let rows = [
        ("GET", "/api/users/me", 301, "/api/users/me/"),
        ("HEAD", "/api/users/me?a=/&b", 301, "/api/users/me/?a=/&b"),
        ("POST", "/api/token", 308, "/api/token/"),
        ("POST", "/api/token/refresh?x=1", 308, "/api/token/refresh/?x=1"),
        ("PUT", "/api/token/verify", 308, "/api/token/verify/"),
        ("POST", "/api/token/blacklist", 308, "/api/token/blacklist/"),
    ];
    for (method, path, status, location) in rows {
        let response = issuer.send(&request(method, path));
        assert_eq!(
            (response.status, response.header("location")),
            (status, Some(location)),
            "{method} {path}"
        );
    }
    // Behind a proxy that takes a prefix away.
    let below = TestIssuer::with(Options {
        public_url: Some("https://login.example/auth"),
        ..Options::default()
    });
    let response = below.send(&request("POST", "/api/token?x=1"));
    assert_eq!(response.header("location"), Some("/auth/api/token/?x=1"));
    for path in
        ["/", "/api", "/api/", "//evil.example", "/api/token//", "/api/users/me/x", "/API/TOKEN/"]
    {
        expect(&issuer.send(&request("GET", path)), path, 404, &json!({ "detail": "Not found." }));
    }
}

#[test]
fn me_shows_the_user_of_an_access_token() {
    let issuer = TestIssuer::start();
    let token = issuer.login("testuser", PASSWORD).text("access");
    let user = json!({
        "id": 1, "username": "testuser", "email": "test@example.com", "first_name": "Test",
        "last_name": "User",
    });
    expect(&issuer.me(&token), "me", 200, &user);
    let response =
        issuer.send(&request("GET", ME).header("Authorization", &format!("bearer   {token}")));
    expect(&response, "the scheme in other letters", 200, &user);
}

#[test]
fn me_refuses_missing_and_malformed_credentials() {
    let issuer = TestIssuer::start();
    let token = issuer.login("testuser", PASSWORD).text("access");
    let bearer = format!("Bearer {token}");
    let missing = json!({ "detail": "Authentication credentials were not provided." });
    let malformed = json!({ "detail": "Authorization header must contain two space-delimited \
         values", "code": "bad_authorization_header" });
    let rows: [(&[&str], &Value); 7] = [
        (&[], &missing),
        (&[""], &missing),
        (&["Basic dGVzdDp0ZXN0"], &missing),
        (&[token.as_str()], &missing),
        (&["Bearer"], &malformed),
        (&["Bearer a b"], &malformed),
        (&[&bearer, &bearer], &malformed),
    ];
    for (headers, body) in rows {
        let request = headers
            .iter()
            .fold(request("GET", ME), |request, value| request.header("Authorization", value));
        expect(&issuer.send(&request), &format!("{headers:?}"), 401, body);
    }
}

#[test]
fn me_refuses_a_bad_token_and_says_why() {
    let issuer = TestIssuer::start();
    let tokens = issuer.login("testuser", PASSWORD);
    let (access, refresh) = (tokens.text("access"), tokens.text("refresh"));
    let refused = |message: &str, reason: &str| {
        json!({
            "detail": "Given token not valid for any token type",
            "code": "token_not_valid",
            "reason": reason,
            "messages": [{ "token_class": "AccessToken", "token_type": "access", "message": message }],
        })
    };
    let mut tampered = access.clone();
    let last = tampered.pop().expect("not empty");
    tampered.push(if last == 'A' { 'Q' } else { 'A' });
    expect(&issuer.me("abc"), "garbage", 401, &refused("Token is invalid", "token_malformed"));
    expect(&issuer.me("\u{e9}"), "not ASCII", 401, &refused("Token is invalid", "token_malformed"));
    expect(
        &issuer.me(&tampered),
        "tampered",
        401,
        &refused("Token is invalid", "signature_invalid"),
    );
    expect(
        &issuer.me(&refresh),
        "refresh token",
        401,
        &refused("Token has wrong type", "token_type_mismatch"),
    );
    issuer.clock.advance(7_199);
    assert_eq!(issuer.me(&access).status, 200, "until its last second");
    issuer.clock.advance(1);
    expect(&issuer.me(&access), "expired", 401, &refused("Token is expired", "token_expired"));
}

#[test]
fn me_refuses_a_user_who_is_gone_or_inactive() {
    let issuer = TestIssuer::start();
    let user = issuer.user("testuser");
    let token = issuer.login("testuser", PASSWORD).text("access");
    issuer.set_active(&user, false);
    expect(
        &issuer.me(&token),
        "inactive",
        401,
        &json!({ "detail": "User is inactive", "code": "user_inactive" }),
    );
    issuer.sql("DELETE FROM users");
    expect(
        &issuer.me(&token),
        "gone",
        401,
        &json!({ "detail": "User not found", "code": "user_not_found" }),
    );
}

#[test]
fn refresh_and_verify_refuse_a_bad_token_and_say_why() {
    let issuer = TestIssuer::start();
    let tokens = issuer.login("testuser", PASSWORD);
    let (access, refresh) = (tokens.text("access"), tokens.text("refresh"));
    let refused = |message: &str, reason: &str| {
        json!({
            "detail": message, "code": "token_not_valid", "reason": reason,
        })
    };
    expect(&issuer.refresh("abc"), "garbage", 401, &refused("Token is invalid", "token_malformed"));
    expect(
        &issuer.refresh(&access),
        "access token",
        401,
        &refused("Token has wrong type", "token_type_mismatch"),
    );
    expect(&issuer.log_out("abc"), "garbage", 401, &refused("Token is invalid", "token_malformed"));
    expect(
        &issuer.log_out(&access),
        "access token",
        401,
        &refused("Token has wrong type", "token_type_mismatch"),
    );
    for token in [&access, &refresh] {
        expect(&issuer.post(VERIFY, json!({ "token": token })), "good", 200, &json!({}));
    }
    let garbage = issuer.post(VERIFY, json!({ "token": "a.b.c" }));
    expect(&garbage, "verify garbage", 401, &refused("Token is invalid", "base64_invalid"));
    issuer.clock.advance(86_399);
    assert_eq!(issuer.refresh(&refresh).status, 200, "until its last second");
    issuer.clock.advance(1);
    let expired = refused("Token is expired", "token_expired");
    expect(&issuer.refresh(&refresh), "expired", 401, &expired);
    for token in [&access, &refresh] {
        expect(&issuer.post(VERIFY, json!({ "token": token })), "verify expired", 401, &expired);
    }
}

#[test]
fn a_refresh_for_a_user_who_is_gone_or_inactive_is_refused() {
    let issuer = TestIssuer::start();
    let user = issuer.user("testuser");
    let token = issuer.login("testuser", PASSWORD).text("refresh");
    let refused = json!({ "detail": "No active account found for the given token." });
    issuer.set_active(&user, false);
    expect(&issuer.refresh(&token), "inactive", 401, &refused);
    issuer.set_active(&user, true);
    let ended = json!({
        "detail": "Token is blacklisted", "code": "token_not_valid", "reason": "token_revoked",
    });
    expect(&issuer.refresh(&token), "active again, but the session has ended", 401, &ended);
    let token = issuer.login("testuser", PASSWORD).text("refresh");
    assert_eq!(issuer.refresh(&token).status, 200);
    issuer.delete(&user);
    expect(&issuer.refresh(&token), "gone", 401, &refused);
}
