//! The number of instances under load.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::support::files::{FORM, Files, bytes, form};
use crate::support::metrics::{metrics, metrics_address, sample};
use serde_json::json;

const INSTANCES: u64 = 4;
/// A sixth of 60 s is the time in the queue.
const ARGUMENTS: [&str; 6] =
    ["--max-instances", "4", "--request-timeout", "60", "--metrics-listen", "127.0.0.1:0"];

/// Runs the work, and returns the highest number of instances during it.
fn most_instances(files: &Files, work: impl FnOnce()) -> u64 {
    let address = metrics_address(&files.edge);
    let (is_over, most) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                most.fetch_max(sample(&metrics(address), "edge_instances"), Ordering::Relaxed);
                // Often enough to see short-lived instances.
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        work();
        is_over.store(true, Ordering::Relaxed);
    });
    most.into_inner().max(sample(&metrics(address), "edge_instances"))
}

#[test]
fn a_burst_of_requests_starts_no_more_instances_than_allowed() {
    const CONNECTIONS: usize = 200;
    let Some(files) = Files::start(&ARGUMENTS) else { return };
    let token = files.bearer(1);
    let forged = format!("{}AAAA", &token[..token.len() - 4]);
    let all_are_open = Barrier::new(CONNECTIONS);
    let most = most_instances(&files, || {
        std::thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                scope.spawn(|| {
                    let mut connection = files.edge.connect();
                    all_are_open.wait();
                    for _ in 0..5 {
                        let response = connection.send(
                            "GET",
                            "/protected",
                            &[("Authorization", &forged)],
                            b"",
                        );
                        assert_eq!(response.status, 401, "{}", response.text());
                    }
                });
            }
        });
    });
    assert!((1..=INSTANCES).contains(&most), "{most} instances");
    // Counts instances that have ended too: none was short-lived.
    let text = metrics(metrics_address(&files.edge));
    assert_eq!(sample(&text, "edge_instances_failed_total"), 0, "{}", files.edge.log());
    assert!(!files.edge.log().contains("instance ended"), "{}", files.edge.log());
}

#[test]
fn requests_beyond_full_instances_wait_and_then_get_503_with_retry_after() {
    let Some(files) = Files::start(&ARGUMENTS) else { return };
    let (bearer, body) = (files.bearer(1), form(&bytes(1000, 0)));
    let address = metrics_address(&files.edge);
    let head = format!(
        "POST /upload HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\nContent-Type: {FORM}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let (sent, rest) = body.split_at(body.len() / 2);
    let mut held = Vec::new();
    let most = most_instances(&files, || {
        for _ in 0..INSTANCES * 16 {
            let mut connection = files.edge.connect();
            connection.send_raw(head.as_bytes());
            connection.send_raw(sent);
            held.push(connection);
        }
        let started = Instant::now();
        while sample(&metrics(address), "edge_requests_in_progress") < INSTANCES * 16 {
            assert!(started.elapsed() < crate::support::TIMEOUT, "{}", metrics(address));
            std::thread::sleep(Duration::from_millis(20));
        }
        let started = Instant::now();
        let response = files.edge.get("/", &[]);
        assert_eq!(
            (response.status, response.header("retry-after")),
            (503, Some("1")),
            "{response:?}"
        );
        assert_eq!(response.json(), json!({"detail": "Service Unavailable", "code": "busy"}));
        let waited = started.elapsed();
        assert!(waited >= Duration::from_secs(9) && waited < Duration::from_secs(25), "{waited:?}");

        // The queued request gets the first free capacity.
        let mut waiting = files.edge.connect();
        waiting.send_raw(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        for mut connection in held.drain(..8) {
            connection.send_raw(rest);
            assert_eq!(connection.read_response("POST").map(|response| response.status), Some(200));
        }
        assert_eq!(waiting.read_response("GET").map(|response| response.status), Some(200));
        for mut connection in held.drain(..) {
            connection.send_raw(rest);
            assert_eq!(connection.read_response("POST").map(|response| response.status), Some(200));
        }
    });
    assert_eq!(most, INSTANCES, "64 uploads fill four instances, and no more are started");
    assert_eq!(files.list(&bearer).len() as u64, INSTANCES * 16);
    assert!(!files.edge.log().contains("instance ended"), "{}", files.edge.log());
}

/// An instance that has served its 128 requests and still has a slow one must not block others.
#[test]
fn instances_with_a_slow_upload_continue_to_serve_others() {
    let arguments = ["--max-instances", "1", "--request-timeout", "60"];
    let Some(files) = Files::start(&arguments) else { return };
    let (bearer, body) = (files.bearer(1), form(&bytes(1000, 0)));
    let mut slow = files.edge.connect();
    slow.send_raw(
        format!(
            "POST /upload HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\n\
             Content-Type: {FORM}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .as_bytes(),
    );
    slow.send_raw(&body[..500]);
    let mut connection = files.edge.connect();
    for request in 0..300 {
        assert_eq!(
            connection.send("GET", "/protected", &[("Authorization", &bearer)], b"").status,
            200,
            "{request}"
        );
    }
    slow.send_raw(&body[500..]);
    assert_eq!(slow.read_response("POST").map(|response| response.status), Some(200));
}
