//! `GET` and `DELETE /uploads/{id}`.

use std::fmt::Write;
use std::ops::Range;

use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY, ETAG, IF_RANGE,
    RANGE,
};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;

use super::conditions::{self, Condition};
use super::sweep::remove_chunks;
use super::{CHUNK, Owner, Record, UploadId, not_found, unavailable};
use crate::host::{Host, StoreError};
use crate::printable::is_format;
use crate::response::{self, Body, Response};

/// Media types that are served as they are. Browsers run none of them as a page of this origin;
/// every other file is `application/octet-stream`.
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

/// A part of a stored file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    id: UploadId,
    range: Range<u64>,
}

impl Content {
    /// How many bytes it is.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    /// Takes the next piece off the front; nothing when there is none left.
    ///
    /// # Errors
    /// [`StoreError`], also when the file has been deleted meanwhile.
    pub async fn next(&mut self, host: &impl Host) -> Result<Option<Vec<u8>>, StoreError> {
        if self.range.is_empty() {
            return Ok(None);
        }
        let chunk = CHUNK as u64;
        let (index, start) = (self.range.start / chunk, self.range.start % chunk);
        let length = self.length().min(chunk - start);
        let key = self.id.chunk_key(index);
        let gone = || StoreError(format!("{key} is gone"));
        let mut bytes = host.load(&key).await?.ok_or_else(gone)?;
        let (start, length) =
            (usize::try_from(start).unwrap_or(usize::MAX), usize::try_from(length).unwrap_or(0));
        if bytes.len() < start.saturating_add(length) {
            return Err(gone());
        }
        bytes.truncate(start + length);
        bytes.drain(..start);
        self.range.start += length as u64;
        Ok(Some(bytes))
    }
}

/// The version of a file, which never changes.
fn etag(record: &Record) -> String {
    format!("\"{}\"", record.sha256)
}

/// 412: the file is not the version that the client means.
fn precondition_failed() -> Response {
    response::error(StatusCode::PRECONDITION_FAILED, "Precondition Failed", "precondition_failed")
}

/// Answers with the content, or with the one range of it that was asked for (RFC 9110, section 14).
pub async fn download(
    request: &Parts,
    id: &str,
    owner: &Owner,
    is_admin: bool,
    host: &impl Host,
) -> Response {
    let (id, record) = match find(request, id, owner, is_admin, host).await {
        Ok(found) => found,
        Err(turned_away) => return turned_away,
    };
    let etag = etag(&record);
    match conditions::evaluate(request, &etag) {
        Condition::Holds => {}
        Condition::NotModified => return response::not_modified(&etag),
        Condition::Failed => return precondition_failed(),
    }
    let mut response = match wanted(request, &etag, record.size) {
        Wanted::Whole => response::with_body(
            StatusCode::OK,
            Body::Content(Content { id, range: 0..record.size }),
            served_type(&record.content_type),
        ),
        Wanted::Part(range) => {
            let content_range = format!("bytes {}-{}/{}", range.start, range.end - 1, record.size);
            let mut response = response::with_body(
                StatusCode::PARTIAL_CONTENT,
                Body::Content(Content { id, range }),
                served_type(&record.content_type),
            );
            set(&mut response, CONTENT_RANGE, &content_range);
            response
        }
        Wanted::Nothing => {
            let mut response = response::error(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "Range Not Satisfiable",
                "range_not_satisfiable",
            );
            set(&mut response, CONTENT_RANGE, &format!("bytes */{}", record.size));
            return response;
        }
    };
    set(&mut response, ETAG, &etag);
    set(&mut response, CONTENT_DISPOSITION, &disposition(&record.filename));
    let headers = response.headers_mut();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // For the browser that shows it all the same: no scripts, no forms, no origin.
    headers
        .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    response
}

/// Deletes a file.
pub async fn delete(
    request: &Parts,
    id: &str,
    owner: &Owner,
    is_admin: bool,
    host: &impl Host,
) -> Response {
    #[derive(Serialize)]
    struct Deleted<'a> {
        id: &'a str,
        deleted: bool,
    }
    let (id, record) = match find(request, id, owner, is_admin, host).await {
        Ok(found) => found,
        Err(turned_away) => return turned_away,
    };
    if conditions::evaluate(request, &etag(&record)) != Condition::Holds {
        return precondition_failed();
    }
    match remove(&id, &record, host).await {
        Ok(()) => response::ok(&Deleted { id: &id.0, deleted: true }),
        Err(error) => unavailable(&error, request, host),
    }
}

/// Removes a file. A full disk may refuse the note that it begins, and must not keep the file for
/// that: then the record goes last, so that a removal that breaks off can be repeated.
async fn remove(id: &UploadId, record: &Record, host: &impl Host) -> Result<(), StoreError> {
    let chunks = record.size.div_ceil(CHUNK as u64);
    let noted = host.save(&id.pending_key(), host.now_seconds().to_string().as_bytes()).await;
    if let Err(error) = &noted {
        host.log(format_args!(
            "warning: key-value store: a file is deleted without a note: {error}"
        ));
    } else {
        host.remove(&id.record_key()).await?;
    }
    remove_chunks(id, chunks, host).await?;
    host.remove(&id.size_key(record.size)).await?;
    if noted.is_err() {
        host.remove(&id.record_key()).await?;
    }
    // Also after a failure: the note may have been written all the same.
    host.remove(&id.pending_key()).await
}

async fn find(
    request: &Parts,
    id: &str,
    owner: &Owner,
    is_admin: bool,
    host: &impl Host,
) -> Result<(UploadId, Record), Response> {
    let id = UploadId::parse(id).ok_or_else(not_found)?;
    match Record::load(&id, host).await {
        Ok(Some(record)) if is_admin || record.owner == owner.0 => Ok((id, record)),
        Ok(_) => Err(not_found()),
        Err(error) => Err(unavailable(&error, request, host)),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    Nothing,
}

/// What `Range` asks for. It is for `GET` alone; several ranges, other units and what cannot be
/// read are ignored, as is a range of another version than the client has (`If-Range`).
fn wanted(request: &Parts, etag: &str, size: u64) -> Wanted {
    let headers = &request.headers;
    if request.method != Method::GET {
        return Wanted::Whole;
    }
    let mut values = headers.get_all(RANGE).iter();
    let (Some(range), None) = (values.next().and_then(|value| value.to_str().ok()), values.next())
    else {
        return Wanted::Whole;
    };
    if headers.get(IF_RANGE).is_some_and(|version| version != etag) {
        return Wanted::Whole;
    }
    let Some((unit, range)) = range.split_once('=') else { return Wanted::Whole };
    let Some((first, last)) =
        range.trim().split_once('-').filter(|_| unit.eq_ignore_ascii_case("bytes"))
    else {
        return Wanted::Whole;
    };
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(length)) if first.is_empty() => size.saturating_sub(length)..size,
        _ => return Wanted::Whole,
    };
    if range.is_empty() { Wanted::Nothing } else { Wanted::Part(range) }
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn served_type(content_type: &str) -> HeaderValue {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let passive = PASSIVE.iter().find(|passive| essence.eq_ignore_ascii_case(passive));
    HeaderValue::from_static(passive.copied().unwrap_or("application/octet-stream"))
}

/// Always an attachment (RFC 6266). The name is the last part of the client's, without what could
/// hurt on any system, once in ASCII and once in UTF-8 (RFC 8187).
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
    // Hidden on Unix before a dot; on Windows, what is after the name is not there.
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

/// Characters that are more than a character of a name to some system.
const RESERVED: &str = "<>:\"|?*";

fn set(response: &mut Response, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

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
        use Wanted::{Nothing, Part, Whole};
        for (range, expected) in [
            ("bytes=0-0", Part(0..1)),
            ("bytes=2-5", Part(2..6)),
            ("Bytes=8-", Part(8..10)),
            ("bytes=-3", Part(7..10)),
            ("bytes=-99", Part(0..10)),
            ("bytes=5-99", Part(5..10)),
            ("bytes=0-18446744073709551615", Part(0..10)),
            ("bytes=10-", Nothing),
            ("bytes=10-12", Nothing),
            ("bytes=-0", Nothing),
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
                wanted(&get(&[(RANGE, range)], Method::GET), "\"v\"", 10),
                expected,
                "{range}"
            );
            assert_eq!(
                wanted(&get(&version("\"v\""), Method::GET), "\"v\"", 10),
                expected,
                "{range}"
            );
            for other in ["\"other\"", "W/\"v\"", "Fri, 27 Nov 2026 00:00:00 GMT", ""] {
                assert_eq!(
                    wanted(&get(&version(other), Method::GET), "\"v\"", 10),
                    Whole,
                    "{range} {other}"
                );
            }
            assert_eq!(
                wanted(&get(&[(RANGE, range)], Method::HEAD), "\"v\"", 10),
                Whole,
                "{range}"
            );
            assert_eq!(
                wanted(&get(&[(RANGE, range), (RANGE, range)], Method::GET), "\"v\"", 10),
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
