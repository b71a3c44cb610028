//! Spans as an OTLP collector receives them, and export without a collector.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use prost::Message as _;
use serde_json::json;

use super::program::{Server, WorkingDirectory, login, succeeds};
use crate::http::request;

const PASSWORD: &str = "testpass123";
const SENT: &str = "a-secret-that-was-sent";

/// A collector: stores the protobuf messages posted to `/v1/traces`.
struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Bytes>>>,
    authorizations: Arc<Mutex<Vec<Option<String>>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Collector {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let received = Arc::<Mutex<Vec<Bytes>>>::default();
        let authorizations = Arc::<Mutex<Vec<Option<String>>>>::default();
        let seen = Arc::clone(&authorizations);
        let take = |State(received): State<Arc<Mutex<Vec<Bytes>>>>,
                    headers: HeaderMap,
                    body: Bytes| async move {
            assert_eq!(headers[CONTENT_TYPE], "application/x-protobuf");
            let authorization =
                headers.get(AUTHORIZATION).map(|value| value.to_str().expect("text").to_owned());
            seen.lock().expect("no panic").push(authorization);
            received.lock().expect("no panic").push(body);
            (
                [(CONTENT_TYPE, "application/x-protobuf")],
                ExportTraceServiceResponse::default().encode_to_vec(),
            )
        };
        let router =
            axum::Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&received));
        let listener =
            runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("an address");
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, received, authorizations, _runtime: runtime }
    }

    /// All spans, and the service that sent them.
    fn spans(&self) -> Vec<(String, Span)> {
        let received = self.received.lock().expect("no panic");
        let decoded = received
            .iter()
            .map(|body| ExportTraceServiceRequest::decode(body.clone()).expect("protobuf"));
        let resources = decoded.flat_map(|request| request.resource_spans);
        let named = resources.flat_map(|resource| {
            let service =
                attributes(&resource.resource.expect("a resource").attributes)["service.name"]
                    .clone();
            let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            spans.map(|span| (service.clone(), span)).collect::<Vec<_>>()
        });
        named.collect()
    }
}

fn attributes(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |pair: &KeyValue| match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{}: {other:?}", pair.key),
    };
    attributes.iter().map(|pair| (pair.key.clone(), text(pair))).collect()
}

fn start(dir: &WorkingDirectory, collector: &str) -> Server {
    let no_proxy = "127.0.0.1".to_owned();
    let url = collector.to_owned();
    Server::start_with(dir, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &url), ("NO_PROXY", &no_proxy)])
}

fn with_user() -> WorkingDirectory {
    let dir = WorkingDirectory::with_keys();
    succeeds(&dir.run_with_input(
        &["users", "create", "--username", "testuser", "--password-stdin"],
        PASSWORD,
    ));
    dir
}

#[test]
fn a_collector_gets_a_span_for_each_request_and_no_secret() {
    let (dir, collector) = (with_user(), Collector::start());
    let server = start(&dir, &format!("http://{}", collector.address));
    let tokens = login(server.address, "testuser", PASSWORD);
    assert_eq!(tokens.status, 200);
    let (access, refresh) = (tokens.text("access"), tokens.text("refresh"));
    let parent =
        |flags: &str| format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
    let me = request("GET", "/api/users/me/?token=a-secret-that-was-sent").bearer(&access);
    let response = me
        .header("traceparent", &parent("01"))
        .header("X-Request-Id", "the-one")
        .send(server.address);
    assert_eq!(response.status, 200);
    // A caller whose trace is not sampled.
    let unsampled = request("GET", "/public.pem").header("traceparent", &parent("00"));
    assert_eq!(unsampled.send(server.address).status, 200);
    let elsewhere = request("BREW", &format!("/pot/{SENT}"))
        .header("Cookie", SENT)
        .header("traceparent", "nonsense");
    assert_eq!(elsewhere.send(server.address).status, 404);
    let body = json!({ "refresh": refresh, SENT: SENT });
    assert_eq!(request("POST", "/api/token/refresh/").json(body).send(server.address).status, 200);
    // The shutdown flushes the remaining spans.
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, Some(0));

    let spans = collector.spans();
    let names: Vec<&str> = spans.iter().map(|(_, span)| span.name.as_str()).collect();
    assert_eq!(
        names,
        ["POST /api/token/", "GET /api/users/me/", "_OTHER", "POST /api/token/refresh/"]
    );
    for ((service, span), (method, route, status)) in spans.iter().zip([
        ("POST", Some("/api/token/"), "200"),
        ("GET", Some("/api/users/me/"), "200"),
        ("_OTHER", None, "404"),
        ("POST", Some("/api/token/refresh/"), "200"),
    ]) {
        assert_eq!(
            (service.as_str(), span.kind),
            ("issuer", SpanKind::Server as i32),
            "{}",
            span.name
        );
        let mut expected = BTreeMap::from([
            ("http.request.method", method),
            ("http.response.status_code", status),
        ]);
        expected.extend(route.map(|route| ("http.route", route)));
        let mut found = attributes(&span.attributes);
        let id = found.remove("request.id").expect("the request's id");
        assert!(log.contains(&format!("id=\"{id}\"")), "the log has it too");
        assert_eq!(
            found,
            expected.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
        );
        assert!(
            span.events.is_empty() && span.end_time_unix_nano > span.start_time_unix_nano,
            "{span:?}"
        );
        assert!(
            span.status.as_ref().is_none_or(|status| status.code == StatusCode::Unset as i32),
            "{span:?}"
        );
        let trace: String = span.trace_id.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(log.contains(&format!("trace_id={trace}")), "{log}");
    }
    let (_, continued) = &spans[1];
    assert_eq!(continued.trace_id, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes());
    assert_eq!(continued.parent_span_id, 0xb7ad_6b71_6920_3331_u64.to_be_bytes());
    assert_eq!(attributes(&continued.attributes)["request.id"], "the-one");
    for (_, other) in [&spans[0], &spans[2], &spans[3]] {
        assert!(
            other.parent_span_id.is_empty() && other.trace_id != continued.trace_id,
            "a separate trace"
        );
    }
    for body in &*collector.received.lock().expect("no panic") {
        for secret in [PASSWORD, &access, &refresh, SENT, "Bearer", "testuser"] {
            assert!(!body.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
        }
    }
}

#[test]
fn a_collector_that_is_down_or_silent_disturbs_neither_requests_nor_the_end() {
    let dir = with_user();
    let closed =
        TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    for collector in [closed, silent.local_addr().expect("an address")] {
        let server = start(&dir, &format!("http://{collector}"));
        // More than the queue of the exporter holds by default.
        let start = Instant::now();
        for _ in 0..2_500 {
            assert_eq!(request("GET", "/public.pem").send(server.address).status, 200);
        }
        assert_eq!(login(server.address, "testuser", PASSWORD).status, 200);
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
        server.signal("TERM");
        let asked = Instant::now();
        let (code, log) = server.wait();
        assert_eq!(code, Some(0), "{log}");
        assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    }
}

#[test]
fn without_the_setting_no_trace_is_kept() {
    let dir = with_user();
    let server = Server::start(&dir, &[]);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assert_eq!(
        request("GET", "/public.pem").header("traceparent", parent).send(server.address).status,
        200
    );
    server.signal("TERM");
    let (_, log) = server.wait();
    assert!(!log.contains("trace_id"), "{log}");
}

#[test]
fn credentials_of_a_collector_are_sent_and_never_logged() {
    let dir = with_user();
    for (userinfo, authorization) in [
        // `me:hun@ter2` and `me`, as RFC 7617 section 2 has it.
        ("me:hun%40ter2@", Some("Basic bWU6aHVuQHRlcjI=")),
        ("me@", Some("Basic bWU6")),
        ("", None),
    ] {
        let collector = Collector::start();
        let url = format!("http://{userinfo}{}", collector.address);
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &url),
            ("NO_PROXY", &"127.0.0.1".to_owned()),
            ("ISSUER_LOG", &"trace".to_owned()),
        ];
        let server = Server::start_with(&dir, &variables);
        assert_eq!(request("GET", "/public.pem").send(server.address).status, 200);
        server.signal("TERM");
        let (code, log) = server.wait();
        assert_eq!(code, Some(0));
        let sent = collector.authorizations.lock().expect("no panic").clone();
        assert!(
            !sent.is_empty() && sent.iter().all(|sent| sent.as_deref() == authorization),
            "{sent:?}"
        );
        for secret in ["hun%40ter2", "hun@ter2", "bWU6", "me@127.0.0.1"] {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
    }
    // An unreachable collector: the failure is logged with its URL.
    let closed =
        TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let url = format!("http://me:hunter2@{closed}");
    let server = Server::start_with(
        &dir,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &url),
            ("NO_PROXY", &"127.0.0.1".to_owned()),
            ("ISSUER_LOG", &"debug".to_owned()),
        ],
    );
    assert_eq!(request("GET", "/public.pem").send(server.address).status, 200);
    server.signal("TERM");
    let (_, log) = server.wait();
    assert!(
        log.contains(&format!("http://{closed}/v1/traces")) && !log.contains("hunter2"),
        "{log}"
    );
}
