//! `GET` and `DELETE /uploads/{id}`.

use std::fmt::Write;
use std::ops::Range;

use edge_auth::{VerifiedToken, is_format};
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY, ETAG, IF_RANGE,
    RANGE,
};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;

use super::preconditions::{self, Precondition};
use super::responses::{ADMIN, unavailable, user_id_missing};
use crate::host::UploadHost;
use crate::request::Request;
use crate::response::{self, Response};
use crate::storage::{self, FileContent, Owner, Record, UploadId};

/// Media types that are served unchanged, because browsers run none of them as a page of this
/// origin. Every other file is served as `application/octet-stream`.
const PASSIVE: [&str; 14] = [
    "application/json",
    "application/pdf",
    "application/zip",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/plain",
    "video/mp4",
    "video/webm",
];

/// Returns the entity tag of a file, whose content never changes.
fn etag(record: &Record) -> String {
    format!("\"{}\"", record.sha256)
}

/// Returns 412: the file is not the version that the client expects.
fn precondition_failed() -> Response {
    response::error(StatusCode::PRECONDITION_FAILED, "Precondition Failed", "precondition_failed")
}

/// Responds with the content, or with the one range of it that the client requests (RFC 9110,
/// section 14).
pub(crate) async fn download<H: UploadHost>(
    request: Request<'_, H>,
    token: VerifiedToken,
) -> Response {
    let (id, record) = match find(&request, &token).await {
        Ok(file) => file,
        Err(response) => return response,
    };
    let etag = etag(&record);
    match preconditions::evaluate(request.parts, &etag) {
        Precondition::Holds => {}
        Precondition::NotModified => return response::not_modified(&etag),
        Precondition::Failed => return precondition_failed(),
    }
    let size = record.size;
    let (status, range) = match requested_range(request.parts, &etag, size) {
        Requested::Whole => (StatusCode::OK, 0..size),
        Requested::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Requested::Unsatisfiable => {
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            let mut response =
                response::error(status, "Range Not Satisfiable", "range_not_satisfiable");
            response::set(&mut response, CONTENT_RANGE, &format!("bytes */{size}"));
            return response;
        }
    };
    let content_range = format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1));
    let content = FileContent::new(id, range);
    let mut response = response::file(status, content, served_type(&record.content_type));
    if status == StatusCode::PARTIAL_CONTENT {
        response::set(&mut response, CONTENT_RANGE, &content_range);
    }
    response::set(&mut response, ETAG, &etag);
    response::set(&mut response, CONTENT_DISPOSITION, &disposition(&record.filename));
    let headers = response.headers_mut();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // For a browser that shows the file all the same: no scripts, no forms, no origin.
    headers
        .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    response
}

/// Deletes a file.
pub(crate) async fn delete<H: UploadHost>(
    request: Request<'_, H>,
    token: VerifiedToken,
) -> Response {
    #[derive(Serialize)]
    struct Deleted<'a> {
        id: &'a str,
        deleted: bool,
    }
    let (id, record) = match find(&request, &token).await {
        Ok(file) => file,
        Err(response) => return response,
    };
    if preconditions::evaluate(request.parts, &etag(&record)) != Precondition::Holds {
        return precondition_failed();
    }
    match storage::remove(&id, &record, request.host).await {
        Ok(()) => response::ok(&Deleted { id: id.as_str(), deleted: true }),
        Err(error) => unavailable(&error, request.lang(), request.host),
    }
}

/// Finds the file of a request.
///
/// # Errors
/// 404, also for the files of others, whose existence is not disclosed.
async fn find<H: UploadHost>(
    request: &Request<'_, H>,
    token: &VerifiedToken,
) -> Result<(UploadId, Record), Response> {
    let not_found = || response::error(StatusCode::NOT_FOUND, "Not Found", "upload_not_found");
    let lang = request.lang();
    let owner = Owner::of(token).ok_or_else(|| user_id_missing(lang))?;
    let id = UploadId::parse(request.id).ok_or_else(not_found)?;
    let is_admin = || request.state.authorizer.has_role(token, ADMIN);
    match Record::load(&id, request.host).await {
        Ok(Some(record)) if record.belongs_to(&owner) || is_admin() => Ok((id, record)),
        Ok(_) => Err(not_found()),
        Err(error) => Err(unavailable(&error, lang, request.host)),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Requested {
    Whole,
    Part(Range<u64>),
    Unsatisfiable,
}

/// Returns the range that `Range` requests. It applies to `GET` alone; several ranges, other units,
/// malformed values and a range of another version (`If-Range`) are ignored.
fn requested_range(request: &Parts, etag: &str, size: u64) -> Requested {
    let headers = &request.headers;
    if request.method != Method::GET {
        return Requested::Whole;
    }
    let mut values = headers.get_all(RANGE).iter();
    let (Some(range), None) = (values.next().and_then(|value| value.to_str().ok()), values.next())
    else {
        return Requested::Whole;
    };
    if headers.get(IF_RANGE).is_some_and(|version| version != etag) {
        return Requested::Whole;
    }
    let Some((unit, range)) = range.split_once('=') else { return Requested::Whole };
    let Some((first, last)) =
        range.trim().split_once('-').filter(|_| unit.eq_ignore_ascii_case("bytes"))
    else {
        return Requested::Whole;
    };
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(length)) if first.is_empty() => size.saturating_sub(length)..size,
        _ => return Requested::Whole,
    };
    if range.is_empty() { Requested::Unsatisfiable } else { Requested::Part(range) }
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn served_type(content_type: &str) -> HeaderValue {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let passive = PASSIVE.iter().find(|passive| essence.eq_ignore_ascii_case(passive));
    HeaderValue::from_static(passive.copied().unwrap_or("application/octet-stream"))
}

/// Returns the `Content-Disposition` of a download, which is always an attachment (RFC 6266). The
/// name is the last segment of the client's, without characters that are harmful on any system, in
/// ASCII and in UTF-8 (RFC 8187).
fn disposition(filename: &str) -> String {
    let name: String = filename
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control() && !is_format(*c))
        .map(|c| if RESERVED.contains(c) { '_' } else { c })
        .take(100)
        .collect();
    // A leading dot hides a file on Unix; Windows ignores trailing dots and spaces.
    let name = name.trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    let name = if name.is_empty() { "download" } else { name };
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._- ".contains(c) { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// Characters with a special meaning in names on some system.
const RESERVED: &str = "<>:\"|?*";

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn get(headers: &[(http::HeaderName, &str)], method: Method) -> Parts {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn a_range_is_one_piece_of_what_is_there() {
        use Requested::{Part, Unsatisfiable, Whole};
        for (range, expected) in [
            ("bytes=0-0", Part(0..1)),
            ("bytes=2-5", Part(2..6)),
            ("Bytes=8-", Part(8..10)),
            ("bytes=-3", Part(7..10)),
            ("bytes=-99", Part(0..10)),
            ("bytes=5-99", Part(5..10)),
            ("bytes=0-18446744073709551615", Part(0..10)),
            ("bytes=10-", Unsatisfiable),
            ("bytes=10-12", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=5-4", Whole),
            ("bytes=0-1,3-4", Whole),
            ("bytes=-", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=a-b", Whole),
            ("lines=0-1", Whole),
            ("bytes", Whole),
        ] {
            let version = |tag| [(RANGE, range), (IF_RANGE, tag)];
            assert_eq!(
                requested_range(&get(&[(RANGE, range)], Method::GET), "\"v\"", 10),
                expected,
                "{range}"
            );
            assert_eq!(
                requested_range(&get(&version("\"v\""), Method::GET), "\"v\"", 10),
                expected,
                "{range}"
            );
            for other in ["\"other\"", "W/\"v\"", "Fri, 27 Nov 2026 00:00:00 GMT", ""] {
                assert_eq!(
                    requested_range(&get(&version(other), Method::GET), "\"v\"", 10),
                    Whole,
                    "{range} {other}"
                );
            }
            assert_eq!(
                requested_range(&get(&[(RANGE, range)], Method::HEAD), "\"v\"", 10),
                Whole,
                "{range}"
            );
            assert_eq!(
                requested_range(&get(&[(RANGE, range), (RANGE, range)], Method::GET), "\"v\"", 10),
                Whole,
                "{range}"
            );
        }
    }

    #[test]
    fn names_are_harmless_and_types_passive_when_they_are_sent_back() {
        for (name, expected) in [
            ("a.txt", "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt"),
            ("../../etc/passwd", "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"),
            ("C:\\x\\.bashrc", "attachment; filename=\"bashrc\"; filename*=UTF-8''bashrc"),
            (
                "a\"; x=\"b\r\n",
                "attachment; filename=\"a__ x__b\"; filename*=UTF-8''a_%3B%20x%3D_b",
            ),
            (
                "a.txt:stream",
                "attachment; filename=\"a.txt_stream\"; filename*=UTF-8''a.txt_stream",
            ),
            ("a.exe. .", "attachment; filename=\"a.exe\"; filename*=UTF-8''a.exe"),
            ("\u{202e}. .profile", "attachment; filename=\"profile\"; filename*=UTF-8''profile"),
            (
                "%2e%2e%2fa",
                "attachment; filename=\"_2e_2e_2fa\"; filename*=UTF-8''%252e%252e%252fa",
            ),
            ("도장", "attachment; filename=\"__\"; filename*=UTF-8''%EB%8F%84%EC%9E%A5"),
            (
                "cod\u{202e}txt.exe",
                "attachment; filename=\"codtxt.exe\"; filename*=UTF-8''codtxt.exe",
            ),
            ("..", "attachment; filename=\"download\"; filename*=UTF-8''download"),
        ] {
            assert_eq!(disposition(name), expected, "{name:?}");
        }
        for (sent, served) in [
            ("image/PNG", "image/png"),
            ("text/plain; charset=utf-16", "text/plain"),
            ("text/html", "application/octet-stream"),
            ("image/svg+xml", "application/octet-stream"),
            ("text/plain\u{1}", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(served_type(sent), served);
        }
    }
}
