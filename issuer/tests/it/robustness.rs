//! Hostile and unlucky clients: never a 500, never a hang, bounded work.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use issuer::users::{HashingLimits, Profile};
use serde_json::json;

use crate::http::{Response, exchange, request};
use crate::support::{CHEAP_HASHING, Options, PASSWORD, TestIssuer};

#[test]
fn deeply_nested_json_is_a_bad_request() {
    let issuer = TestIssuer::start();
    let deep = "[".repeat(100_000);
    let closed = format!("{deep}{}", "]".repeat(100_000));
    for body in [
        deep.clone(),
        closed.clone(),
        format!("{{\"username\":{closed}}}"),
        "{\"a\":".repeat(40_000),
    ] {
        let response = issuer.send(&request("POST", "/api/token/").json(body));
        assert_eq!(response.status, 400);
        assert!(
            response.text("detail").starts_with("JSON parse error - recursion limit exceeded"),
            "{}",
            response.body
        );
    }
}

#[test]
fn a_huge_body_is_refused_whether_announced_or_not() {
    let issuer = TestIssuer::start();
    let expected = json!({ "detail": "The request body is larger than 262144 bytes." });
    let announced = b"POST /api/token/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Content-Length: 99999999999\r\n\r\n{";
    let chunk = format!("8000\r\n{}\r\n", " ".repeat(0x8000));
    let chunked = format!(
        "POST /api/token/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(9)
    );
    for bytes in [announced.as_slice(), chunked.as_bytes()] {
        let response = Response::parse(&exchange(issuer.address, bytes));
        assert_eq!((response.status, response.json()), (413, expected.clone()));
    }
}

#[test]
fn a_huge_header_is_refused() {
    let issuer = TestIssuer::start();
    let token = "x".repeat(200_000);
    let response = issuer.me(&token);
    assert_eq!(response.status, 431);
    assert_eq!(
        issuer.me(&"x".repeat(20_000)).status,
        401,
        "longer than a token may be, but a header still"
    );
}

#[test]
fn odd_requests_get_a_status_below_500() {
    let issuer = TestIssuer::start();
    let text = "text/plain";
    let requests = [
        request("POST", "/api/token/%00%ff/").json("{}"),
        request("GET", "/api/users/me/?%ff=\u{0}%zz"),
        request("POST", "/api/token/")
            .body("application/x-www-form-urlencoded", b"username=%ff%00&password=%".as_slice()),
        request("POST", "/api/token/")
            .body("application/x-www-form-urlencoded", "&".repeat(200_000)),
        request("POST", "/api/token/")
            .body("multipart/form-data; boundary=\"\"", b"--\r\n\r\n".as_slice()),
        request("POST", "/api/token/")
            .body("multipart/form-data; boundary=X", "--X\r\n".repeat(20_000)),
        request("POST", "/api/token/").body("\u{e9}", b"{}".as_slice()),
        request("POST", "/api/token/").json(format!(
            "{{\"username\":\"{}\",\"password\":\"{}\"}}",
            "가".repeat(30_000),
            "x".repeat(100_000)
        )),
        request("POST", "/api/token/refresh/").json(json!({ "refresh": ".".repeat(200_000) })),
        request("POST", "/api/token/refresh/").json(json!({ "refresh": "a.b.c".repeat(3_000) })),
        request("PROPFIND", "/").body(text, "x"),
        request("GET", "/api/users/me/").header("Authorization", "Bearer \u{ff}\u{fe}"),
        request("GET", "*"),
    ];
    for (i, request) in requests.iter().enumerate() {
        let status = issuer.send(request).status;
        assert!((400..500).contains(&status), "request {i}: {status}");
    }
    assert_eq!(issuer.login("testuser", PASSWORD).status, 200, "and the server lives");
}

#[test]
fn a_path_that_is_not_text_leads_nowhere_and_says_so_as_any_other() {
    let issuer = TestIssuer::start();
    let boss = issuer.administrator();
    let user = issuer.login("testuser", PASSWORD).text("access");
    let not_found = json!({ "detail": "Not found." });
    for (method, path) in [
        ("GET", "/api/users/%ff/"),
        ("PATCH", "/api/users/%c3%28/"),
        ("DELETE", "/api/users/%ed%a0%80/"),
        ("POST", "/api/users/%80/password/"),
    ] {
        let response = issuer.send(&request(method, path).bearer(&boss));
        assert_eq!((response.status, response.json()), (404, not_found.clone()), "{method} {path}");
        assert_eq!(
            issuer.send(&request(method, path).bearer(&user)).status,
            403,
            "{method} {path}"
        );
        assert_eq!(issuer.send(&request(method, path)).status, 401, "{method} {path}");
    }
    for path in ["/api/token/status/%ff", "/docs/%ff", "/docs/index.html%80"] {
        let response = issuer.send(&request("GET", path));
        assert_eq!((response.status, response.json()), (404, not_found.clone()), "{path}");
        assert_eq!(response.header("content-type"), Some("application/json"), "{path}");
    }
}

#[test]
fn a_truncated_body_does_not_affect_other_requests() {
    let issuer = TestIssuer::start();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(issuer.address).expect("the server listens");
        let head = b"POST /api/token/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
             Content-Length: 50\r\n\r\n{\"user";
        stream.write_all(head).expect("the server reads");
        stream.shutdown(Shutdown::Write).expect("an open connection");
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response);
        assert!(!response.starts_with(b"HTTP/1.1 5"), "{}", String::from_utf8_lossy(&response));
    }
    assert_eq!(issuer.login("testuser", PASSWORD).status, 200);
}

#[test]
fn more_logins_than_may_wait_are_turned_away_and_not_piled_up() {
    let hashing = HashingLimits { memory_kib: 16 * 1024, passes: 4, concurrent: 1, waiting: 1 };
    let issuer = TestIssuer::with(Options { hashing, ..Options::default() });
    let responses: Vec<Response> = thread::scope(|scope| {
        let logins: Vec<_> =
            (0..24).map(|_| scope.spawn(|| issuer.login("testuser", PASSWORD))).collect();
        logins.into_iter().map(|login| login.join().expect("a response")).collect()
    });
    let busy = json!({
        "detail": "Too many logins are being checked. Try again in 1 second.", "code": "busy",
    });
    let mut turned_away = 0;
    for response in &responses {
        if response.status != 200 {
            assert_eq!(
                (response.status, response.json(), response.header("retry-after")),
                (503, busy.clone(), Some("1"))
            );
            turned_away += 1;
        }
    }
    assert!((1..24).contains(&turned_away), "{turned_away} of 24 were turned away");
    assert_eq!(issuer.login("testuser", PASSWORD).status, 200, "logins are accepted again");
}

#[test]
fn concurrent_logins_with_django_hashes_never_get_a_wrong_401() {
    let hashing = HashingLimits { memory_kib: 1024, passes: 2, concurrent: 1, waiting: 3 };
    let issuer = TestIssuer::with(Options { hashing, ..Options::default() });
    for _ in 0..5 {
        issuer.sql(
            "UPDATE users SET password_hash = \
             'pbkdf2_sha256$1000$somesalt$y25i8LPk4pDmXiu8ZX5zK4+sHeDu2HUuZ9T+sb5Ynzo='",
        );
        let statuses: Vec<u16> = thread::scope(|scope| {
            let logins: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| issuer.login("testuser", PASSWORD).status))
                .collect();
            logins.into_iter().map(|login| login.join().expect("a response")).collect()
        });
        assert!(
            statuses.contains(&200) && statuses.iter().all(|status| [200, 503].contains(status)),
            "{statuses:?}"
        );
    }
}

#[test]
fn an_unknown_and_an_inactive_user_take_as_long_as_a_wrong_password() {
    let hashing = HashingLimits { memory_kib: 8 * 1024, passes: 2, ..CHEAP_HASHING };
    let issuer = TestIssuer::with(Options { hashing, ..Options::default() });
    let inactive = issuer.create(Profile::new("inactive"), PASSWORD);
    issuer.set_active(&inactive, false);
    let long = "x".repeat(2_000);
    let tries = [
        ("testuser", "wrong"),
        ("nobody", "wrong"),
        ("inactive", PASSWORD),
        ("testuser", long.as_str()),
    ];
    let mut quickest = [Duration::MAX; 4];
    let ratios = |quickest: &[Duration; 4]| {
        let [wrong, others @ ..] = quickest.map(|time| time.as_secs_f64());
        others.map(|time| time / wrong)
    };
    // Without the hash the response takes a small fraction of the time.
    let is_close = |ratio: &f64| (0.5..2.0).contains(ratio);
    // Other work of the machine only adds time, so the minima converge; it can take many rounds
    // until each case has run undisturbed.
    for round in 1..=200 {
        for ((username, password), quickest) in tries.iter().zip(&mut quickest) {
            let start = Instant::now();
            assert_eq!(issuer.login(username, password).status, 401);
            *quickest = start.elapsed().min(*quickest);
        }
        if round >= 20 && ratios(&quickest).iter().all(is_close) {
            break;
        }
    }
    for (name, ratio) in ["unknown", "inactive", "overlong"].iter().zip(ratios(&quickest)) {
        assert!(is_close(&ratio), "{name}: {ratio:.2} times as long as a wrong password");
    }
}

#[test]
fn a_request_needs_exactly_one_valid_host() {
    let issuer = TestIssuer::start();
    let response = |version: &str, hosts: &str| {
        let head = format!("GET /healthz HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
        [issuer.address, issuer.metrics_address]
            .map(|address| Response::parse(&exchange(address, head.as_bytes())))
    };
    for hosts in [
        "",
        "Host:\r\n",
        "Host: a\r\nHost: a\r\n",
        "Host: a\r\nhost: b\r\n",
        "Host: a b\r\n",
        "Host: a@b\r\n",
    ] {
        for response in response("1.1", hosts) {
            let expected = json!({
                "detail": "Exactly one valid Host header is required.", "code": "bad_host",
            });
            assert_eq!((response.status, response.json()), (400, expected), "{hosts:?}");
            assert_eq!(response.header("connection"), Some("close"), "{hosts:?}");
        }
    }
    for (version, hosts) in [("1.1", "Host: a\r\n"), ("1.1", "Host: [::1]:80\r\n"), ("1.0", "")] {
        let [issuer, metrics] = response(version, hosts);
        assert_eq!((issuer.status, metrics.status), (200, 404), "{version} {hosts:?}");
    }
}

#[test]
fn a_request_head_of_more_than_64_kib_is_refused_however_it_arrives() {
    let issuer = TestIssuer::start();
    let head = |padding: usize| {
        let head = "GET /api/users/me/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Padding: ";
        format!("{head}{}\r\n\r\n", "x".repeat(padding))
    };
    let overhead = head(0).len();
    for (bytes, status) in [(64 * 1024, 401), (64 * 1024 + 1, 431), (80_000, 431), (120_000, 431)] {
        let head = head(bytes - overhead);
        assert_eq!(head.len(), bytes);
        assert_eq!(
            Response::parse(&exchange(issuer.address, head.as_bytes())).status,
            status,
            "{bytes} at once"
        );
        let mut stream = TcpStream::connect(issuer.address).expect("the server listens");
        stream.set_nodelay(true).expect("an option");
        for piece in head.as_bytes().chunks(10_000) {
            // The server may have responded already.
            if stream.write_all(piece).is_err() {
                break;
            }
        }
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response);
        assert_eq!(Response::parse(&response).status, status, "{bytes} in pieces");
    }
    // Many short headers count as one long one does.
    let many =
        (0..90).map(|number| format!("X-{number}: {}\r\n", "y".repeat(800))).collect::<String>();
    let head = format!("GET /api/users/me/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{many}\r\n");
    assert_eq!(Response::parse(&exchange(issuer.address, head.as_bytes())).status, 431);
}
