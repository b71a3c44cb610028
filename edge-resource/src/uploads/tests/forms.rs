//! Parsing of forms: the names of parts and files, and the boundary.

use super::*;

/// The error of a form without a file.
fn field_required() -> serde_json::Value {
    json!({"type": "missing", "loc": ["body", "file"], "msg": "Field required", "input": null})
}

#[tokio::test]
async fn a_file_may_be_named_in_the_extended_form_alone() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let form = |parameters: &[u8]| {
        let head = b"--XX\r\nContent-Disposition: form-data; name=\"file\"; ";
        [&head[..], parameters, b"\r\n\r\nx\r\n--XX--\r\n"].concat()
    };
    for (parameters, name) in [
        ("filename*=UTF-8''%EB%B3%B4%EA%B3%A0%EC%84%9C.pdf", "보고서.pdf"),
        ("filename=\"plain.pdf\"; filename*=UTF-8''other.pdf", "plain.pdf"),
        ("filename*=EUC-KR''other.pdf; filename=\"plain.pdf\"", "plain.pdf"),
        ("filename=\"a\\\\b \\\"c\\\".txt\"", "a\\b \"c\".txt"),
        ("filename=a b.txt", "a b.txt"),
        ("filename*=\"UTF-8''%EB%B3%B4%EA%B3%A0%EC%84%9C.pdf\"", "보고서.pdf"),
    ] {
        let response = edge.upload(&bearer, FORM, &form(parameters.as_bytes()), 1000).await;
        assert_eq!(
            (response.status(), &json_of(&response)["filename"]),
            (StatusCode::OK, &json!(name)),
            "{parameters}"
        );
    }
    let response = edge.upload(&bearer, FORM, &form(b"filename=\"\xba\xb8.txt\""), 1000).await;
    assert_eq!(
        (response.status(), &json_of(&response)["filename"]),
        (StatusCode::OK, &json!("\u{ba}\u{b8}.txt"))
    );
    let kept = edge.keys();
    let long = format!("filename*=UTF-8''{}", "%EA%B0%80".repeat(342));
    for (parameters, status, code) in [
        ("filename*=UTF-8''a%00b", 400, "multipart_malformed"),
        ("filename*=EUC-KR''a", 400, "multipart_malformed"),
        (&long, 422, "filename_too_long"),
    ] {
        let response = edge.upload(&bearer, FORM, &form(parameters.as_bytes()), 1000).await;
        assert_eq!(
            (response.status().as_u16(), &json_of(&response)["code"]),
            (status, &json!(code)),
            "{parameters}"
        );
    }
    assert_eq!(edge.keys(), kept);
}

#[tokio::test]
async fn an_unfilled_file_input_is_ignored_beside_a_file() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let part = |name: &str, content: &str| {
        format!(
            "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n\
             {content}\r\n"
        )
    };
    let file = part("a", "x");
    for blank in [part("", ""), part(" ", ""), part("\t", ""), part("\u{3000}", "")] {
        for parts in [[&blank, &file], [&file, &blank], [&blank, &blank]] {
            let body = format!("{}{}--XX--\r\n", parts[0], parts[1]);
            let response = edge.upload(&bearer, FORM, body.as_bytes(), 1000).await;
            let receipt = json_of(&response);
            if parts == [&blank, &blank] {
                assert_eq!(
                    (response.status().as_u16(), &receipt["code"]),
                    (422, &json!("file_missing")),
                    "{body}"
                );
            } else {
                let (name, size) = (&receipt["filename"], &receipt["size"]);
                assert_eq!(
                    (response.status().as_u16(), name, size),
                    (200, &json!("a"), &json!(1)),
                    "{body}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_form_with_only_an_unfilled_file_input_stores_nothing() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let note = "--XX\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n";
    for blank in [
        "filename=\"\"\r\nContent-Type: application/octet-stream",
        "filename=\"\"",
        "filename*=UTF-8''",
        "filename=\" \"",
        "filename=\"\t \"",
        "filename=\"\u{3000}\"",
        "filename*=UTF-8''%20%E3%80%80",
    ] {
        let head =
            format!("--XX\r\nContent-Disposition: form-data; name=\"file\"; {blank}\r\n\r\n\r\n");
        for body in [
            format!("{head}--XX--\r\n"),
            format!("{note}{head}--XX--\r\n"),
            format!("{head}{note}--XX--\r\n"),
        ] {
            let response = edge.upload(&bearer, FORM, body.as_bytes(), 1000).await;
            assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
            assert_eq!(
                json_of(&response),
                json!({"detail": [field_required()], "code": "file_missing"})
            );
            assert_eq!(edge.keys(), Vec::<String>::new(), "{body}");
        }
    }
    // A part with a name or content is a file.
    for (name, content) in [("a", ""), (" ", "x"), ("", "x")] {
        let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
        let body = format!("--XX\r\n{head}\r\n\r\n{content}\r\n--XX--\r\n");
        assert_eq!(
            edge.upload(&bearer, FORM, body.as_bytes(), 1000).await.status(),
            StatusCode::OK,
            "{body}"
        );
    }
}

#[tokio::test]
async fn parts_whose_names_are_not_utf_8_are_other_fields() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let part = |name: &[u8]| {
        let head = b"--XX\r\nContent-Disposition: form-data; name=\"";
        [&head[..], name, b"\"; filename=\"a\"\r\n\r\nx\r\n"].concat()
    };
    for name in [&b"\xff\xfe"[..], b"file\xff", b"\xeb\xb3", b"\xed\xa0\x80", b"\xc0\x80"] {
        let alone = [part(name), b"--XX--\r\n".to_vec()].concat();
        let response = edge.upload(&bearer, FORM, &alone, 1000).await;
        assert_eq!(
            (response.status().as_u16(), &json_of(&response)["code"]),
            (422, &json!("file_missing")),
            "{name:?}"
        );
        let beside = [part(name), part(b"file"), part(name), b"--XX--\r\n".to_vec()].concat();
        let response = edge.upload(&bearer, FORM, &beside, 7).await;
        assert_eq!(
            (response.status(), &json_of(&response)["size"]),
            (StatusCode::OK, &json!(1)),
            "{name:?}"
        );
    }
}

#[tokio::test]
async fn a_boundary_is_read_as_clients_write_it() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    for (content_type, boundary) in [
        ("multipart/form-data; boundary====abc==", "===abc=="),
        ("multipart/form-data ; boundary = a/b:c?(d),e", "a/b:c?(d),e"),
        ("Multipart/Form-Data;\t;; charset=utf-8; BOUNDARY=\"a b;c\"", "a b;c"),
    ] {
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n\
             x\r\n--{boundary}--\r\n"
        );
        let response = edge.upload(&bearer, content_type, body.as_bytes(), 1000).await;
        assert_eq!(response.status(), StatusCode::OK, "{content_type}");
    }
    for (content_type, status, code) in [
        ("multipart/form-data; boundary", 400, "boundary_missing"),
        ("multipart/form-data; x=\"boundary=XX\"", 400, "boundary_missing"),
        ("multipart/form-datax; boundary=XX", 422, "file_missing"),
        ("multipart/mixed; boundary=XX", 422, "file_missing"),
    ] {
        let response = edge.upload(&bearer, content_type, b"--XX--\r\n", 1000).await;
        assert_eq!(
            (response.status().as_u16(), &json_of(&response)["code"]),
            (status, &json!(code)),
            "{content_type}"
        );
    }
}

#[tokio::test]
async fn an_invalid_form_is_refused_and_leaves_nothing() {
    let edge = Edge::new();
    let bearer = edge.bearer(&json!({}));
    let big = form(&bytes(2 * CHUNK));
    let text_field =
        b"--XX\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--XX--\r\n";
    let part = |name: &str| {
        format!(
            "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n\
             x\r\n"
        )
    };
    let twice = [part("a"), part("b"), "--XX--\r\n".to_owned()].concat();
    let twice_blank = [part("a"), part(""), "--XX--\r\n".to_owned()].concat();
    let long_name = part(&"a".repeat(1025)) + "--XX--\r\n";
    let cut_name = b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\0b\"\r\n\
         \r\nx\r\n--XX--\r\n";
    let long_head = [&b"--XX\r\nX: "[..], &[b'a'; 100_000]].concat();
    for (name, content_type, body, status, code) in [
        ("no form", "application/json", &b"{}"[..], 422, "file_missing"),
        ("no type", "", b"x", 422, "file_missing"),
        ("no boundary", "multipart/form-data", b"x", 400, "boundary_missing"),
        ("empty boundary", "multipart/form-data; boundary=", b"x", 400, "boundary_missing"),
        ("no field", FORM, b"--XX--\r\n", 422, "file_missing"),
        ("a text of that name", FORM, text_field, 422, "file_missing"),
        ("two files", FORM, twice.as_bytes(), 422, "file_repeated"),
        ("a second one without a name", FORM, twice_blank.as_bytes(), 422, "file_repeated"),
        ("a name of 1025 bytes", FORM, long_name.as_bytes(), 422, "filename_too_long"),
        ("a name with NUL", FORM, cut_name, 400, "multipart_malformed"),
        ("nothing", FORM, b"", 422, "file_missing"),
        ("another boundary", FORM, b"--YY\r\n\r\n", 400, "multipart_malformed"),
        ("no end", FORM, &big[..big.len() - 4], 400, "multipart_malformed"),
        ("cut in the middle", FORM, &big[..CHUNK + CHUNK / 2], 400, "multipart_malformed"),
        ("too large", FORM, &form(&bytes(LIMIT + 1)), 413, "upload_too_large"),
        ("a head without end", FORM, &long_head, 400, "multipart_malformed"),
        ("a preamble without end", FORM, &[b'-'; 200_000], 400, "multipart_malformed"),
    ] {
        let response = edge.upload(&bearer, content_type, body, 16_384).await;
        assert_eq!(
            (response.status().as_u16(), &json_of(&response)["code"]),
            (status, &json!(code)),
            "{name}"
        );
        assert_eq!(edge.keys(), Vec::<String>::new(), "{name}");
    }
    let missing = json_of(&edge.upload(&bearer, FORM, b"--XX--\r\n", 100).await);
    assert_eq!(missing["detail"], json!([field_required()]));
    assert_eq!(
        edge.upload("Bearer x", FORM, &form(b"x"), 100).await.status(),
        StatusCode::UNAUTHORIZED
    );
}
