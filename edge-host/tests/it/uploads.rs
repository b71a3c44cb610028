//! Uploads over HTTP, against the built component in the real program.

use std::sync::Barrier;
use std::time::Duration;

use crate::support::component;
use crate::support::files::{CHUNK, FORM, Files, bytes, form, hex, upload};
use aws_lc_rs::digest::{SHA256, digest};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;

#[test]
fn a_file_is_stored_listed_read_back_in_parts_and_deleted() {
    let Some(files) = Files::start(&[]) else { return };
    let (bearer, stranger) = (files.bearer(1), files.bearer(2));
    let authorized = [("Authorization", bearer.as_str())];
    let content = bytes(3_000_000, 0);
    let mut connection = files.edge.connect();
    let response = upload(&mut connection, &bearer, &content);
    assert_eq!(response.status, 200, "{}", response.text());
    let receipt = response.json();
    assert_eq!(
        (&receipt["filename"], &receipt["size"], &receipt["content_type"], &receipt["sha256"]),
        (
            &json!("보고서.bin"),
            &json!(3_000_000),
            &json!("image/png"),
            &json!(hex(digest(&SHA256, &content).as_ref()))
        )
    );
    assert_eq!(files.list(&bearer), std::slice::from_ref(&receipt));
    assert!(files.list(&stranger).is_empty());

    let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
    let response = connection.send("GET", &path, &authorized, b"");
    assert_eq!((response.status, response.header("content-type")), (200, Some("image/png")));
    assert!(
        response
            .header("content-disposition")
            .is_some_and(|value| value.starts_with("attachment; "))
    );
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    assert!(response.body == content);
    let head = connection.send("HEAD", &path, &authorized, b"");
    assert_eq!((head.status, head.header("content-length")), (200, Some("3000000")));
    let part = [authorized[0], ("Range", "bytes=1048570-2097160")];
    let response = connection.send("GET", &path, &part, b"");
    assert_eq!(
        (response.status, response.header("content-range")),
        (206, Some("bytes 1048570-2097160/3000000"))
    );
    assert!(response.body == content[1_048_570..=2_097_160]);

    assert_eq!(files.edge.get(&path, &[("Authorization", &stranger)]).status, 404);
    assert_eq!(connection.send("DELETE", &path, &[("Authorization", &stranger)], b"").status, 404);
    assert_eq!(connection.send("DELETE", &path, &authorized, b"").status, 200);
    assert_eq!(connection.send("GET", &path, &authorized, b"").status, 404);
    assert_eq!(files.keys(), Vec::<String>::new());
}

#[test]
fn files_survive_a_restart() {
    let Some(component) = component() else { return };
    let Some(mut files) = Files::start(&[]) else { return };
    let bearer = files.bearer(1);
    let receipt = upload(&mut files.edge.connect(), &bearer, b"kept").json();
    files.edge = Files::edge(&component, &files.signer, files.state.path(), &[]);
    let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
    assert_eq!(files.edge.get(&path, &[("Authorization", &bearer)]).body, b"kept");
}

#[test]
fn invalid_uploads_are_refused_by_the_contract() {
    let Some(files) = Files::start(&["--variable", "upload_limit=100000"]) else { return };
    let bearer = files.bearer(1);
    let mut connection = files.edge.connect();
    let mut send = |content_type: &str, body: &[u8]| {
        connection.send(
            "POST",
            "/upload",
            &[("Authorization", &bearer), ("Content-Type", content_type)],
            body,
        )
    };
    let response = send(FORM, b"--XX--\r\n");
    assert_eq!(
        (response.status, &response.json()["detail"]),
        (
            422,
            &json!([{"type": "missing", "loc": ["body", "file"], "msg": "Field required", "input": null}])
        )
    );
    let response = send("multipart/form-data", b"x");
    assert_eq!(
        (response.status, &response.json()["detail"]),
        (400, &json!("Missing boundary in multipart."))
    );
    assert_eq!(send(FORM, &form(&bytes(100_000, 0))).status, 200);
    let response = send(FORM, &form(&bytes(100_001, 0)));
    assert_eq!((response.status, &response.json()["code"]), (413, &json!("upload_too_large")));

    let mut connection = files.edge.connect();
    connection.send_raw(
        format!(
            "POST /upload HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\n\
             Content-Type: {FORM}\r\nContent-Length: 1000000\r\n\r\n"
        )
        .as_bytes(),
    );
    let response = connection.read_response("POST").expect("before any byte of the body");
    assert_eq!((response.status, response.header("connection")), (413, Some("close")));
    let response =
        files.edge.connect().send("POST", "/upload", &[("Content-Type", FORM)], &form(b"x"));
    assert_eq!((response.status, &response.json()["detail"]), (401, &json!("Not authenticated")));
    assert_eq!(files.list(&bearer).len(), 1);
}

#[test]
fn a_body_above_the_hosts_limit_is_refused_before_it_is_sent() {
    let Some(files) = Files::start(&["--max-body", "1", "--variable", "upload_limit=104857600"])
    else {
        return;
    };
    let bearer = files.bearer(1);
    let head = |length: &str| {
        format!(
            "POST /upload HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\n\
             Accept-Language: en\r\nContent-Type: {FORM}\r\n{length}\r\n\r\n"
        )
    };
    let mut announced = files.edge.connect();
    announced.send_raw(head("Content-Length: 1048577").as_bytes());
    let mut unannounced = files.edge.connect();
    unannounced.send_raw(head("Transfer-Encoding: chunked").as_bytes());
    let body = form(&bytes(1_048_576, 0));
    unannounced.send_raw(format!("{:x}\r\n", body.len()).as_bytes());
    unannounced.send_raw(&body);
    for connection in [&mut announced, &mut unannounced] {
        let response = connection.read_response("POST").expect("a response");
        let detail = "The body is larger than the 1048576 bytes that this server takes";
        assert_eq!(
            (response.status, response.json()),
            (413, json!({"detail": detail, "code": "upload_too_large"}))
        );
        assert_eq!(response.header("connection"), Some("close"));
        assert!(
            response.header("x-request-id").is_some(),
            "the component's own: a page of another origin may read it"
        );
    }
    assert_eq!(files.keys(), Vec::<String>::new());
    let length = form(b"").len();
    assert_eq!(
        upload(&mut files.edge.connect(), &bearer, &bytes(1_048_576 - length, 0)).status,
        200,
        "just as large"
    );
}

/// Unfinished uploads must not fill the disk beyond the quota.
#[test]
fn unfinished_uploads_are_within_the_quota() {
    const QUOTA: u64 = 1024 * 1024;
    let Some(files) = Files::start(&["--variable", "upload_quota=1048576"]) else { return };
    let (bearer, body) = (files.bearer(1), form(&bytes(780_000, 0)));
    let mut held = Vec::new();
    for index in 0..40 {
        let mut connection = files.edge.connect();
        let length = if index % 2 == 0 {
            format!("Content-Length: {}", body.len())
        } else {
            "Transfer-Encoding: chunked".to_owned()
        };
        connection.send_raw(
            format!(
                "POST /upload HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\n\
                 Content-Type: {FORM}\r\n{length}\r\n\r\n"
            )
            .as_bytes(),
        );
        if index % 2 == 1 {
            connection.send_raw(format!("{:x}\r\n", body.len()).as_bytes());
        }
        connection.send_raw(&body[..body.len() - 1000]);
        held.push(connection);
    }
    let chunks = || files.keys().iter().filter(|key| key.starts_with("chunk/")).count() * CHUNK;
    // They are sent at full speed, and the quota bounds what is stored.
    for _ in 0..40 {
        assert!(chunks() as u64 <= QUOTA, "{} bytes are stored", chunks());
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(held);
    files.settle(&Vec::new(), |keys| keys);
    assert_eq!(upload(&mut files.edge.connect(), &bearer, &bytes(780_000, 0)).status, 200);
}

/// Raises the limit of open files, and returns how many connections this process can open.
fn connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(200)
}

/// 2,000 concurrent uploads, of which a third is aborted.
#[test]
fn of_concurrent_uploads_the_aborted_leave_nothing_and_the_others_are_complete() {
    const WORKERS: usize = 20;
    let total = connections().min(2000);
    if total < 2000 {
        crate::support::skipped(format_args!(
            "{} of 2000 uploads, for want of open files",
            2000 - total
        ));
    }
    let Some(files) = Files::start(&[
        "--max-connections",
        "2100",
        "--request-timeout",
        // A sixth of it is the longest wait for an instance, also on a busy machine.
        "1200",
        "--variable",
        "idle_timeout=300",
    ]) else {
        return;
    };
    let files = &files;
    let size = |index: usize| [10, 5_000, 70_000, 300_000, 1_500_000][index % 5];
    let is_broken = |index: usize| index.is_multiple_of(3);
    let all_have_begun = Barrier::new(WORKERS);
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let all_have_begun = &all_have_begun;
            scope.spawn(move || {
                let bearer = files.bearer(worker as u64 % 4);
                let begun: Vec<_> = (worker..total)
                    .step_by(WORKERS)
                    .map(|index| {
                        let body = form(&bytes(size(index), index));
                        let mut connection = files.edge.connect();
                        connection.wait_up_to(Duration::from_secs(300));
                        let length = body.len();
                        let head = format!(
                            "POST /upload HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\n\
                             Content-Type: {FORM}\r\nContent-Length: {length}\r\n\r\n"
                        );
                        connection.send_raw(head.as_bytes());
                        let sent = length * (index % 10) / 10;
                        connection.send_raw(&body[..sent]);
                        (index, connection, sent)
                    })
                    .collect();
                all_have_begun.wait();
                for (index, mut connection, sent) in begun {
                    if is_broken(index) {
                        continue;
                    }
                    let content = bytes(size(index), index);
                    connection.send_raw(&form(&content)[sent..]);
                    let response = connection.read_response("POST").expect("a response");
                    assert_eq!(response.status, 200, "{}", response.text());
                    assert_eq!(response.json()["sha256"], hex(digest(&SHA256, &content).as_ref()));
                }
            });
        }
    });
    let whole = (0..total).filter(|index| !is_broken(*index));
    let chunks: usize = whole.clone().map(|index| size(index).div_ceil(CHUNK)).sum();
    let expected = (whole.count(), chunks, 0);
    files.settle(&expected, |keys| {
        let of = |prefix: &str| keys.iter().filter(|key| key.starts_with(prefix)).count();
        (of("upload/"), of("chunk/"), of("pending/"))
    });
    let memory = files.edge.peak_memory_mib() as usize;
    println!("{total} uploads: {expected:?} records, chunks, pending; peak memory {memory} MiB");
    // An upload holds one chunk in memory, whatever the length of the file; the rest is the
    // instance.
    let bound = 256 + total * 2 * CHUNK / (1024 * 1024);
    assert!(memory < bound, "{memory} MiB, of which {bound} are expected at most");
    assert!(!files.edge.log().contains("instance ended"), "{}", files.edge.log());
}
