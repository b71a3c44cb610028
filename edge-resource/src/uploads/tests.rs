//! Uploads on the handler logic alone, with a store in memory.

mod bounds;
mod failures;
mod forms;
mod lists;

use std::time::Duration;

use bytes::Bytes;
use edge_auth::{Host, hex};
use futures_util::{StreamExt, stream};
use http::header::{
    ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue,
    IF_MATCH, IF_NONE_MATCH, RANGE, VARY,
};
use http::request::Parts;
use http::{HeaderName, Method, Request, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use test_support::claims::{access_claims, with};
use test_support::signer::Signer;

use crate::limits::{CHUNK, FILE_OVERHEAD};
use crate::response::{Body, Response};
use crate::service::Service;
use crate::settings::Variables;
use crate::testing::{NOW, TestHost};
use edge_component::request_body::BodyError;

const LIMIT: usize = 3 * CHUNK;

struct Edge {
    service: Service,
    host: TestHost,
    signer: Signer,
}

impl Edge {
    fn new() -> Self {
        Self::with_quota("")
    }

    fn with_quota(quota: &str) -> Self {
        let signer = Signer::generated("k1");
        let host = TestHost::default();
        let mut variables = Variables::default();
        variables.auth.public_key = signer.public_pem();
        variables.resource.upload_limit = LIMIT.to_string();
        variables.resource.upload_quota = quota.to_owned();
        Self { service: Service::new(&variables, &host), host, signer }
    }

    fn bearer(&self, changes: &Value) -> String {
        format!("Bearer {}", self.signer.token(&with(access_claims(NOW), changes)))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        bearer: &str,
        headers: &[(HeaderName, &str)],
    ) -> Response {
        self.service
            .handle(&request(method, path, bearer, headers), stream::empty(), &self.host)
            .await
    }

    /// Sends a body in pieces of this size, followed by the upkeep.
    async fn upload(
        &self,
        bearer: &str,
        content_type: &str,
        body: &[u8],
        piece: usize,
    ) -> Response {
        let pieces: Vec<_> =
            body.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let request = request(Method::POST, "/upload", bearer, &[(CONTENT_TYPE, content_type)]);
        let response = self.service.handle(&request, stream::iter(pieces), &self.host).await;
        self.service.upkeep(&self.host).await;
        response
    }

    async fn content(&self, response: Response) -> Vec<u8> {
        let announced = response.headers()[CONTENT_LENGTH]
            .to_str()
            .expect("text")
            .parse::<usize>()
            .expect("a number");
        let Body::File(mut content) = response.into_body() else { panic!("no content") };
        let mut bytes = Vec::new();
        while let Some(piece) = content.next(&self.host).await.expect("the store works") {
            bytes.extend(piece);
        }
        assert_eq!(bytes.len(), announced);
        bytes
    }

    fn keys(&self) -> Vec<String> {
        self.host.store.borrow().keys().filter(|key| *key != "swept").cloned().collect()
    }
}

fn request(method: Method, path: &str, bearer: &str, headers: &[(HeaderName, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(path).header(AUTHORIZATION, bearer);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.body(()).expect("a valid request").into_parts().0
}

const FORM: &str = "multipart/form-data; boundary=XX";

fn form(content: &[u8]) -> Vec<u8> {
    let head = "--XX\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n\
                --XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../a \
                b.txt\"\r\nContent-Type: text/plain\r\n\r\n";
    [head.as_bytes(), content, b"\r\n--XX--\r\n"].concat()
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 31 % 251) as u8).collect()
}

fn json_of(response: &Response) -> Value {
    match response.body() {
        Body::Text(text) => serde_json::from_str(text).expect("JSON"),
        Body::File(_) => panic!("a file"),
    }
}

#[tokio::test]
async fn a_file_of_any_size_comes_back_byte_for_byte() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    for length in [0, 1, 1000, CHUNK - 1, CHUNK, CHUNK + 1, LIMIT] {
        for piece in [7919, 65_536] {
            let content = bytes(length);
            let response = edge.upload(&bearer, FORM, &form(&content), piece).await;
            assert_eq!(response.status(), StatusCode::OK, "{:?}", response.body());
            let receipt = json_of(&response);
            assert_eq!(receipt["filename"], "../a b.txt");
            assert_eq!(receipt["size"], length);
            assert_eq!(receipt["content_type"], "text/plain");
            assert_eq!(receipt["sha256"], hex(&Sha256::digest(&content)));

            let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
            let response = edge.send(Method::GET, &path, &bearer, &[]).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()[CONTENT_TYPE], "text/plain");
            assert_eq!(
                response.headers()["content-disposition"],
                "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"
            );
            assert!(edge.content(response).await == content, "{length} bytes");

            assert_eq!(
                edge.send(Method::DELETE, &path, &bearer, &[]).await.status(),
                StatusCode::OK
            );
            assert_eq!(
                edge.send(Method::GET, &path, &bearer, &[]).await.status(),
                StatusCode::NOT_FOUND
            );
            assert_eq!(edge.keys(), Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn a_range_is_read_across_chunks() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let content = bytes(2 * CHUNK + 10);
    let receipt = json_of(&edge.upload(&bearer, FORM, &form(&content), 50_000).await);
    let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
    let last = content.len() - 1;
    for (first, last) in [(0, 0), (CHUNK - 1, CHUNK), (5, 2 * CHUNK + 3), (last, last)] {
        let response = edge
            .send(Method::GET, &path, &bearer, &[(RANGE, &format!("bytes={first}-{last}"))])
            .await;
        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(
            response.headers()[CONTENT_RANGE],
            format!("bytes {first}-{last}/{}", content.len()).as_str()
        );
        assert!(edge.content(response).await == content[first..=last]);
    }
    let response = edge.send(Method::GET, &path, &bearer, &[(RANGE, "bytes=99999999-")]).await;
    assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(response.headers()[CONTENT_RANGE], format!("bytes */{}", content.len()).as_str());
}

#[tokio::test]
async fn preconditions_are_honoured_and_head_ignores_ranges() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let receipt = json_of(&edge.upload(&bearer, FORM, &form(b"0123456789"), 100).await);
    let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
    let etag = format!("\"{}\"", receipt["sha256"].as_str().expect("a hash"));

    let head = edge.send(Method::HEAD, &path, &bearer, &[(RANGE, "bytes=0-1")]).await;
    assert_eq!(
        (head.status(), &head.headers()[CONTENT_LENGTH]),
        (StatusCode::OK, &HeaderValue::from_static("10"))
    );
    let known = edge
        .send(Method::GET, &path, &bearer, &[(IF_NONE_MATCH, &etag), (RANGE, "bytes=0-1")])
        .await;
    let nothing = Body::Text(String::new());
    assert_eq!((known.status(), known.body()), (StatusCode::NOT_MODIFIED, &nothing));
    assert_eq!(
        (known.headers()[ETAG].to_str().ok(), known.headers().get(CONTENT_LENGTH)),
        (Some(&*etag), None)
    );
    for method in [Method::GET, Method::DELETE] {
        let other = edge.send(method, &path, &bearer, &[(IF_MATCH, "\"other\"")]).await;
        assert_eq!(other.status(), StatusCode::PRECONDITION_FAILED);
    }
    let stranger = edge.bearer(&json!({"user_id": 8}));
    assert_eq!(
        edge.send(Method::GET, &path, &stranger, &[(IF_NONE_MATCH, "*")]).await.status(),
        StatusCode::NOT_FOUND,
        "a condition does not reveal that a file exists"
    );
    assert_eq!(
        edge.send(Method::DELETE, &path, &bearer, &[(IF_MATCH, &etag)]).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn files_are_readable_by_owner_and_administrators_alone() {
    let edge = Edge::new();
    let owner = edge.bearer(&json!({"user_id": 7}));
    let receipt = json_of(&edge.upload(&owner, FORM, &form(b"mine"), 100).await);
    let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
    for (user, status) in [
        (json!({"user_id": 8}), StatusCode::NOT_FOUND),
        (json!({"user_id": 7.5}), StatusCode::NOT_FOUND),
        (json!({"user_id": "7"}), StatusCode::OK),
        (json!({"user_id": 9, "role": "admin"}), StatusCode::OK),
        (json!({"user_id": null}), StatusCode::FORBIDDEN),
    ] {
        let response = edge.send(Method::GET, &path, &edge.bearer(&user), &[]).await;
        assert_eq!(response.status(), status, "{user}");
    }
    let stranger = edge.bearer(&json!({"user_id": 8}));
    assert_eq!(
        edge.send(Method::DELETE, &path, &stranger, &[]).await.status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        json_of(&edge.send(Method::GET, "/uploads", &stranger, &[]).await),
        json!({"uploads": [], "next": null})
    );
    assert_eq!(
        json_of(&edge.send(Method::GET, "/uploads", &owner, &[]).await)["uploads"][0],
        receipt
    );
    for id in ["x", "../swept", &"0".repeat(48), &"A".repeat(48)] {
        let response = edge.send(Method::GET, &format!("/uploads/{id}"), &owner, &[]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{id}");
    }
}

#[tokio::test]
async fn a_413_states_the_limit_that_is_exceeded() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let with_a_note = |content: &[u8]| {
        let note = "x".repeat(100_000);
        let head =
            format!("--XX\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n{note}\r\n");
        [head.as_bytes(), &form(content)].concat()
    };
    let file = format!("The file is larger than {LIMIT} bytes");
    let form_too_large = format!(
        "The form is too large: the file may have {LIMIT} bytes, and all else 65536 together"
    );
    let announced = (LIMIT + 70_000).to_string();
    let host = "The body is larger than the 1000 bytes that this server takes";
    let pieces = |body: &[u8]| {
        body.chunks(16_384).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect::<Vec<_>>()
    };
    for (headers, pieces, detail) in [
        (vec![], pieces(&form(&bytes(LIMIT + 1))), file.as_str()),
        (vec![], pieces(&with_a_note(&bytes(LIMIT))), &form_too_large),
        (vec![(CONTENT_LENGTH, announced.as_str())], vec![], &form_too_large),
        (vec![], vec![Err(BodyError::TooLarge(Some(1000)))], host),
        (vec![], vec![Err(BodyError::TooLarge(None))], "The body is larger than this server takes"),
    ] {
        let headers = [headers, vec![(CONTENT_TYPE, FORM), (ACCEPT_LANGUAGE, "en")]].concat();
        let request = request(Method::POST, "/upload", &bearer, &headers);
        let response = edge.service.handle(&request, stream::iter(pieces), &edge.host).await;
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "{detail}");
        assert_eq!(json_of(&response), json!({"detail": detail, "code": "upload_too_large"}));
    }
}

#[tokio::test]
async fn texts_are_localized_except_those_of_the_wire_contract() {
    let edge = Edge::with_quota("5000");
    let bearer = edge.bearer(&json!({}));
    let without_user = edge.bearer(&json!({"user_id": null}));
    let part = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n";
    let twice = [part, part, "--XX--\r\n"].concat().into_bytes();
    let long_name = [&part.replace("\"a\"", &format!("\"{}\"", "a".repeat(1025))), "--XX--\r\n"]
        .concat()
        .into_bytes();
    let body = |body: &[u8]| vec![Ok(Bytes::copy_from_slice(body))];
    let mut all = Vec::new();
    for (bearer, form, body) in [
        (&bearer, FORM, body(&twice)),
        (&bearer, FORM, body(&long_name)),
        (&bearer, FORM, body(&form(&bytes(1500)))),
        (&bearer, FORM, vec![Err(BodyError::Broken)]),
        (&bearer, FORM, vec![Err(BodyError::Stalled)]),
        (&bearer, FORM, vec![Err(BodyError::TooLarge(Some(1000)))]),
        (&bearer, FORM, vec![Err(BodyError::TooLarge(None))]),
        (&without_user, FORM, vec![]),
        // Texts of the wire contract, and of the servers that it describes.
        (&bearer, "multipart/form-data", vec![]),
        (&bearer, FORM, body(b"--YY\r\n")),
        (&bearer, FORM, body(b"--XX--\r\n")),
    ] {
        let mut responses = Vec::new();
        for language in ["ko", "en"] {
            let headers = [(CONTENT_TYPE, form), (ACCEPT_LANGUAGE, language)];
            let request = request(Method::POST, "/upload", bearer, &headers);
            responses
                .push(edge.service.handle(&request, stream::iter(body.clone()), &edge.host).await);
        }
        all.push(responses);
    }
    for query in ["limit=0", "after=x", "foo=1", "limit=5&limit=5"] {
        let path = format!("/uploads?{query}");
        all.push(vec![
            edge.send(Method::GET, &path, &bearer, &[(ACCEPT_LANGUAGE, "ko")]).await,
            edge.send(Method::GET, &path, &bearer, &[(ACCEPT_LANGUAGE, "en")]).await,
        ]);
    }
    let is_korean = |text: &str| text.chars().any(|c| matches!(c, '가'..='힣'));
    let fixed = ["boundary_missing", "multipart_malformed", "file_missing"];
    let mut codes = Vec::new();
    for responses in all {
        let [korean, english] = [json_of(&responses[0]), json_of(&responses[1])];
        let code = korean["code"].as_str().expect("a code").to_owned();
        assert_eq!(
            (responses[0].status(), &korean["code"]),
            (responses[1].status(), &english["code"])
        );
        if fixed.contains(&code.as_str()) {
            assert_eq!(korean, english);
        } else {
            let text = |body: &Value| {
                let detail = &body["detail"];
                detail.as_str().or_else(|| detail[0]["msg"].as_str()).expect("a text").to_owned()
            };
            assert!(is_korean(&text(&korean)) && !is_korean(&text(&english)), "{korean} {english}");
            assert!(
                responses[0].headers().get_all(VARY).iter().any(|value| value == "Accept-Language"),
                "{code}"
            );
        }
        codes.push(code);
    }
    assert_eq!(
        codes,
        [
            "file_repeated",
            "filename_too_long",
            "upload_quota_exceeded",
            "body_incomplete",
            "upload_too_slow",
            "upload_too_large",
            "upload_too_large",
            "user_id_missing",
            "boundary_missing",
            "multipart_malformed",
            "file_missing",
            "query_invalid",
            "query_invalid",
            "query_invalid",
            "query_invalid",
        ]
    );
}

#[tokio::test]
async fn a_content_length_above_the_limit_is_refused_before_the_body_is_read() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let length = (LIMIT + 70_000).to_string();
    let headers = [(CONTENT_TYPE, FORM), (CONTENT_LENGTH, length.as_str())];
    let untouched = stream::poll_fn(|_| -> std::task::Poll<Option<Result<Bytes, BodyError>>> {
        panic!("read")
    });
    let request = request(Method::POST, "/upload", &bearer, &headers);
    let response = edge.service.handle(&request, untouched, &edge.host).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_users_files_keep_within_the_quota_and_deleting_makes_room() {
    let overhead = usize::try_from(FILE_OVERHEAD).expect("small");
    let edge = Edge::with_quota(&(2 * (CHUNK + overhead)).to_string());
    let (one, other) = (edge.bearer(&json!({})), edge.bearer(&json!({"user_id": 2})));
    let full = form(&bytes(CHUNK));
    let receipt = json_of(&edge.upload(&one, FORM, &full, 50_000).await);
    let too_much = edge.upload(&one, FORM, &form(&bytes(CHUNK + 1)), 50_000).await;
    assert_eq!(
        (too_much.status(), &json_of(&too_much)["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("upload_quota_exceeded"))
    );
    assert_eq!(edge.keys().len(), 3, "a chunk, a size and a record: what was refused left nothing");
    assert_eq!(edge.upload(&one, FORM, &full, 50_000).await.status(), StatusCode::OK);
    let empty = edge.upload(&one, FORM, &form(b""), 50_000).await;
    assert_eq!(json_of(&empty)["code"], "upload_quota_exceeded", "an empty file counts too");
    assert_eq!(
        edge.upload(&other, FORM, &full, 50_000).await.status(),
        StatusCode::OK,
        "of another user"
    );

    let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
    assert_eq!(edge.send(Method::DELETE, &path, &one, &[]).await.status(), StatusCode::OK);
    assert_eq!(edge.upload(&one, FORM, &full, 50_000).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn uploads_at_the_same_time_never_exceed_the_quota() {
    let overhead = usize::try_from(FILE_OVERHEAD).expect("small");
    let edge = Edge::with_quota(&(2 * (1000 + overhead)).to_string());
    let (bearer, body) = (edge.bearer(&json!({})), form(&bytes(1000)));
    let one = || edge.upload(&bearer, FORM, &body, 100);
    let responses = tokio::join!(one(), one(), one(), one());
    let statuses =
        [responses.0.status(), responses.1.status(), responses.2.status(), responses.3.status()];
    let stored = statuses.iter().filter(|status| **status == StatusCode::OK).count();
    assert!(stored <= 2, "{statuses:?}");
    let of = |prefix: &str| edge.keys().iter().filter(|key| key.starts_with(prefix)).count();
    assert_eq!(
        (of("upload/"), of("size/"), of("chunk/"), of("pending/")),
        (stored, stored, stored, 0)
    );
}
