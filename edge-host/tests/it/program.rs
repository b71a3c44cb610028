//! The program itself: errors, limits and shutdown.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::metrics::{metrics, metrics_address, sample};
use crate::support::{
    Connection, Edge, Issuer, Scratch, TIMEOUT, component, edge_host, edge_host_with, now,
};
use serde_json::json;
use test_support::claims::access_claims;
use test_support::signer::Signer;

/// Expects a failure with exactly one line on standard error, which begins with `error: `.
fn one_line_error(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{stderr}");
    assert_eq!(output.stdout, b"");
    let lines: Vec<&str> = stderr.lines().filter(|line| !line.contains(" INFO ")).collect();
    assert_eq!(lines.len(), 1, "{stderr}");
    assert!(lines[0].starts_with("error: "), "{stderr}");
    lines[0].to_owned()
}

#[test]
fn a_failed_start_prints_one_line_with_advice() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    let (missing, not_wasm, a_file) = (
        scratch.path().join("no.wasm"),
        scratch.path().join("text.wasm"),
        scratch.path().join("file"),
    );
    let (broken, module) = (scratch.path().join("broken.wasm"), scratch.path().join("module.wasm"));
    std::fs::write(&not_wasm, "text").expect("written");
    std::fs::write(&a_file, "").expect("written");
    std::fs::write(&broken, b"\0asm\x0d\0\x01\0garbage").expect("written");
    std::fs::write(&module, b"\0asm\x01\0\0\0").expect("written");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address").to_string();
    let shared = scratch.path().join("shared");
    std::fs::create_dir(&shared).expect("made");
    std::fs::set_permissions(&shared, Permissions::from_mode(0o707)).expect("changed");
    let shared = shared.to_str().expect("UTF-8");
    let of_a_group = scratch.path().join("of-a-group");
    std::fs::create_dir(&of_a_group).expect("made");
    std::fs::set_permissions(&of_a_group, Permissions::from_mode(0o770)).expect("changed");
    let of_a_group = of_a_group.to_str().expect("UTF-8");
    let (state, a_file) = (state.to_str().expect("UTF-8"), a_file.to_str().expect("UTF-8"));

    for (component, arguments, words) in [
        (&not_wasm, vec!["--metrics-listen", taken.as_str()], vec!["in use", "--metrics-listen"]),
        (&missing, vec![], vec!["does not exist", "cargo build"]),
        (&not_wasm, vec![], vec!["not a WebAssembly file"]),
        (&broken, vec![], vec!["broken.wasm", "not a component"]),
        (&module, vec![], vec!["module.wasm"]),
        (&not_wasm, vec!["--listen", taken.as_str()], vec!["in use", "--listen"]),
        (&not_wasm, vec!["--listen", "nowhere"], vec!["cannot listen on nowhere"]),
        (&not_wasm, vec!["--state-dir", a_file], vec!["state directory", "--state-dir"]),
        (&not_wasm, vec!["--state-dir", shared], vec!["others may write", "chmod go-w"]),
        (&not_wasm, vec!["--state-dir", of_a_group], vec!["others may write", "chmod go-w"]),
        (&not_wasm, vec!["--variable", "leeway"], vec!["--variable", "name=value"]),
        (&not_wasm, vec!["--variable", "Leeway=1"], vec!["--variable", "lower-case"]),
        (
            &not_wasm,
            vec!["--variable", "public_key=@/no/such/file"],
            vec!["public_key", "/no/such/file"],
        ),
    ] {
        let mut command = edge_host();
        command.arg(component);
        for (flag, default) in [("--listen", "127.0.0.1:0"), ("--state-dir", state)] {
            if !arguments.contains(&flag) {
                command.args([flag, default]);
            }
        }
        let output = command.args(&arguments).output().expect("the program runs");
        let error = one_line_error(&output);
        for word in words {
            assert!(error.contains(word), "{error}");
        }
    }
    // Arguments that clap rejects have its format, without a backtrace.
    for arguments in [
        vec!["x.wasm", "--allow-outbound", "localhost:8000"],
        vec!["x.wasm", "--request-timeout", "0"],
        vec![],
    ] {
        let output = edge_host().args(&arguments).output().expect("the program runs");
        assert!(!output.status.success());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.starts_with("error: ") && !stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
fn a_signal_shuts_the_program_down_gracefully() {
    let Some(component) = component() else { return };
    for name in ["INT", "TERM"] {
        let mut edge = Edge::start(&component, &[]);
        let mut kept = edge.connect();
        assert_eq!(kept.send("GET", "/", &[], b"").status, 200);
        edge.signal(name);
        let status = edge.wait(Duration::from_secs(8)).expect("the program ends");
        assert!(status.success(), "{status:?}: {}", edge.log());
        assert!(!edge.log().contains("instance ended"), "{}", edge.log());
    }
}

#[test]
fn too_large_and_malformed_requests_are_rejected_and_the_program_continues() {
    let Some(component) = component() else { return };
    let edge = Edge::start(&component, &["--max-body", "1"]);
    for (request, status) in [
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), Some(400)),
        ("GET / HTTP/1.0\r\n\r\n".to_owned(), Some(200)),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n".to_owned(), Some(400)),
        ("GET / HTTP/1.1\r\nHost: user@edge\r\n\r\n".to_owned(), Some(400)),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), Some(400)),
        ("GET http://edge.test/ HTTP/1.1\r\nHost: edge.test\r\n\r\n".to_owned(), Some(200)),
        ("OPTIONS * HTTP/1.1\r\nHost: edge.test\r\n\r\n".to_owned(), Some(200)),
        ("nonsense\r\n\r\n".to_owned(), Some(400)),
        (format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(100_000)), Some(431)),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(100_000)), Some(431)),
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "x: y\r\n".repeat(200)), Some(431)),
        (
            "POST /protected HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n".to_owned(),
            Some(405),
        ),
        (
            "POST /protected HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello".to_owned(),
            Some(405),
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
                .to_owned(),
            Some(400),
        ),
    ] {
        let start = request.chars().take(60).collect::<String>();
        let mut connection = edge.connect();
        connection.send_raw(request.as_bytes());
        assert_eq!(
            connection.read_response("GET").map(|response| response.status),
            status,
            "{start:?}"
        );
        assert_eq!(edge.get("/", &[]).status, 200, "after {start:?}");
    }
}

#[test]
fn a_component_that_takes_too_long_or_too_much_is_stopped() {
    let Some(component) = component() else { return };
    let issuer = Issuer::start(json!({"keys": []}));
    issuer.change(|document| document.delay = Duration::from_secs(60));
    let url = format!("jwks_url={}", issuer.origin());
    let slow = ["--request-timeout", "1", "--allow-outbound", &issuer.origin(), "--variable", &url];
    let edge = Edge::start(&component, &slow);
    let response = edge.with_token("/protected", "a.b.c");
    assert_eq!((response.status, &response.json()["code"]), (504, &json!("component_timeout")));
    assert_eq!(edge.get("/", &[]).status, 200);

    let edge = Edge::start(&component, &["--max-memory", "1"]);
    let response = edge.get("/", &[]);
    assert_eq!((response.status, &response.json()["code"]), (503, &json!("no_instance")));
}

#[test]
fn variables_come_from_arguments_files_and_the_environment_in_this_order() {
    let Some(component) = component() else { return };
    let scratch = Scratch::new();
    let file = scratch.path().join("key.pem");
    std::fs::write(&file, Signer::generated("k1").public_pem()).expect("written");
    let from_the_file = format!("public_key=@{}", file.display());
    let edge = Edge::start(&component, &["--variable", &from_the_file]);
    assert_eq!(edge.get("/", &[]).json()["keys"]["count"], 1);

    let keys =
        json!({"keys": [Signer::generated("k1").jwk(), Signer::generated("k2").jwk()]}).to_string();
    for (arguments, count) in [(vec![], 2), (vec!["--variable", &from_the_file], 1)] {
        let mut command = edge_host_with(&component, scratch.path());
        command.env("SPIN_VARIABLE_PUBLIC_KEY", &keys).args(&arguments);
        let edge = Edge::start_command(command);
        assert_eq!(edge.get("/", &[]).json()["keys"]["count"], count, "{arguments:?}");
    }
}

#[test]
fn metrics_are_served_on_a_separate_address() {
    let Some(component) = component() else { return };
    let edge = Edge::start(&component, &["--metrics-listen", "127.0.0.1:0"]);
    let address = metrics_address(&edge);
    let mut connection = edge.connect();
    for (path, status) in
        [("/", 200), ("/", 200), ("/nowhere", 404), ("/metrics", 404), ("/protected", 401)]
    {
        assert_eq!(connection.send("GET", path, &[], b"").status, status);
    }
    let text = metrics(address);
    for (name, expected) in [
        ("edge_requests_total{status=\"2xx\"}", 2),
        ("edge_requests_total{status=\"4xx\"}", 3),
        ("edge_requests_total{status=\"5xx\"}", 0),
        ("edge_request_duration_seconds_count", 5),
        ("edge_requests_in_progress", 0),
        ("edge_connections", 1),
        ("edge_instances", 1),
        ("edge_instances_started_total", 1),
        ("edge_instances_failed_total", 0),
    ] {
        assert_eq!(sample(&text, name), expected, "{name}");
    }
    assert!(sample(&text, "edge_instance_memory_bytes") >= 65536);
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: edge.test\r\n\r\n").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("a response");
    assert!(text.starts_with("HTTP/1.1 404 "), "the component is not here: {text}");
}

#[test]
fn idle_connections_do_not_block_the_metrics() {
    let Some(component) = component() else { return };
    let edge = Edge::start(&component, &["--metrics-listen", "127.0.0.1:0"]);
    let address = metrics_address(&edge);
    let silent: Vec<_> =
        (0..40).map(|_| TcpStream::connect(address).expect("a connection")).collect();
    let started = Instant::now();
    for _ in 0..3 {
        metrics(address);
    }
    // A connection may take ten seconds.
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    drop(silent);
}

#[test]
fn a_variable_that_the_component_does_not_read_is_rejected() {
    let Some(component) = component() else { return };
    for (from_environment, variable, words) in [
        (
            false,
            "acess_rules=[]",
            "no variable `acess_rules`; it reads access_rules, any_audience, audience,",
        ),
        (false, "issuer_url=http://localhost:8000", "--allow-outbound"),
        (true, "LEWAY", "no variable `leway`"),
    ] {
        let scratch = Scratch::new();
        let mut command = edge_host_with(&component, scratch.path());
        if from_environment {
            command.env(format!("SPIN_VARIABLE_{variable}"), "5");
        } else {
            command.args(["--variable", variable]);
        }
        let error = one_line_error(&command.output().expect("the program runs"));
        assert!(error.contains(words), "{error}");
    }
}

/// `edge-host ... 2>&1 | head -1`: requests are served after the reader of the log has ended.
#[test]
fn a_closed_log_pipe_does_not_end_the_program() {
    let Some(component) = component() else { return };
    let scratch = Scratch::new();
    let mut command = edge_host_with(&component, scratch.path());
    command.env("RUST_LOG", "info,access=debug");
    let (log, writer) = std::io::pipe().expect("a pipe");
    let mut child =
        command.stdout(Stdio::piped()).stderr(writer).spawn().expect("the program starts");
    drop(command);
    drop(log);
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    stdout.read_line(&mut line).expect("its address");
    drop(stdout);
    let address =
        line.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok());
    let mut connection = Connection::new(address.expect("an address"));
    for _ in 0..3 {
        assert_eq!(connection.send("GET", "/protected", &[], b"").status, 401);
    }
    assert!(child.try_wait().expect("a child").is_none(), "it goes on");
    let _ = child.kill();
    let _ = child.wait();

    // An error on a closed pipe is an exit code without a panic.
    let (log, writer) = std::io::pipe().expect("a pipe");
    drop(log);
    let status = edge_host()
        .arg("/no/such.wasm")
        .arg("--state-dir")
        .arg(scratch.path())
        .stderr(writer)
        .status();
    assert_eq!(status.expect("the program runs").code(), Some(1));
    let (output, writer) = std::io::pipe().expect("a pipe");
    drop(output);
    let status = edge_host().arg("--help").stdout(writer).status();
    assert_ne!(status.expect("the program runs").code(), Some(101), "a panic");
}

#[test]
fn shutdown_finishes_the_requests_in_progress_and_starts_no_others() {
    let Some(component) = component() else { return };
    let (scratch, signer) = (Scratch::new(), Signer::generated("k1"));
    let key = format!("public_key={}", signer.public_pem());
    let mut edge = Edge::start_in(scratch.path(), &component, &["--variable", &key]);
    let bearer = signer.token(&access_claims(now()));
    let body = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n\
         content\r\n--XX--\r\n";
    let (now, later) = body.split_at(body.len() / 2);
    let mut upload = edge.connect();
    upload.send_raw(
        format!(
            "POST /upload HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {bearer}\r\n\
             Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: \
             {}\r\n\r\n{now}",
            body.len()
        )
        .as_bytes(),
    );
    // The response shows that the request before it has reached the program.
    assert_eq!(edge.get("/", &[]).status, 200);
    edge.signal("TERM");
    assert!(edge.logs("stopping"), "{}", edge.log());
    assert!(TcpStream::connect(edge.address).is_err(), "the port is closed");
    upload.send_raw(later.as_bytes());
    assert_eq!(upload.read_response("POST").map(|response| response.status), Some(200));
    let status = edge.wait(TIMEOUT).expect("the program ends");
    assert!(status.success(), "{status:?}: {}", edge.log());
}

#[test]
fn requests_beyond_the_shutdown_timeout_are_cut_off() {
    let Some(component) = component() else { return };
    let issuer = Issuer::start(json!({"keys": []}));
    issuer.change(|document| document.delay = Duration::from_secs(60));
    let url = format!("jwks_url={}", issuer.origin());
    let arguments =
        ["--shutdown-timeout", "1", "--allow-outbound", &issuer.origin(), "--variable", &url];
    let mut edge = Edge::start(&component, &arguments);
    let mut connection = edge.connect();
    connection
        .send_raw(b"GET /protected HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a.b.c\r\n\r\n");
    while issuer.requests() == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    edge.signal("TERM");
    let status = edge.wait(TIMEOUT).expect("the program ends");
    assert!(status.success(), "{status:?}: {}", edge.log());
    assert!(edge.logs("cut off"), "{}", edge.log());
}
