//! Media types of request bodies: JSON, forms and multipart.

use std::collections::HashMap;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde_json::Value;
use zeroize::Zeroizing;

use super::fields::{Field, Fields};
use crate::http::error::ApiError;

/// Parses a body by its `Content-Type`. An empty body has no fields, whatever its type.
///
/// # Errors
/// 400 for malformed content, 415 for another type or charset.
pub(super) async fn parse(parts: Parts, bytes: Bytes) -> Result<Fields, ApiError> {
    if bytes.is_empty() {
        return Ok(Fields::default());
    }
    let content_type =
        parts.headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("?"));
    let charset = Charset::of(content_type);
    let is_readable = |is_ascii: fn(&[u8]) -> bool| match charset {
        Charset::Utf8 => true,
        Charset::ExtendedAscii => is_ascii(&bytes),
        Charset::Unknown => false,
    };
    let essence = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let values = match essence.as_str() {
        "application/json" if is_readable(<[u8]>::is_ascii) => from_json(&bytes)?,
        "application/x-www-form-urlencoded" if is_readable(is_ascii_form) => from_form(&bytes),
        "multipart/form-data" if is_readable(<[u8]>::is_ascii) => {
            from_multipart(Request::from_parts(parts, Body::from(bytes))).await?
        }
        _ => return Err(ApiError::UnsupportedMediaType(content_type.to_owned())),
    };
    Ok(Fields::new(values))
}

/// The charset that a media type names.
enum Charset {
    /// The default, and the only one that is decoded.
    Utf8,
    /// One that agrees with UTF-8 on ASCII. Decoding other characters as UTF-8 could change a user
    /// name into another user's.
    ExtendedAscii,
    Unknown,
}

impl Charset {
    fn of(content_type: &str) -> Self {
        // Parsed with its quotes: a boundary may contain a semicolon.
        let Some(named) = content_type.parse::<mime::Mime>().ok().and_then(|kind| {
            kind.get_param(mime::CHARSET).map(|charset| charset.as_str().to_ascii_lowercase())
        }) else {
            return Self::Utf8;
        };
        let extends_ascii =
            ["iso-8859-", "windows-125", "latin", "us-ascii", "ascii", "cp125", "euc-", "koi8-"];
        match named.as_str() {
            "utf-8" | "utf8" => Self::Utf8,
            other if extends_ascii.iter().any(|known| other.starts_with(known)) => {
                Self::ExtendedAscii
            }
            _ => Self::Unknown,
        }
    }
}

/// Returns whether a form is ASCII before and after percent-decoding.
fn is_ascii_form(bytes: &[u8]) -> bool {
    bytes.is_ascii()
        && !bytes
            .windows(2)
            .any(|pair| matches!(pair, [b'%', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F']))
}

fn from_json(bytes: &[u8]) -> Result<HashMap<String, Field>, ApiError> {
    let value = serde_json::from_slice(bytes)
        .map_err(|error| ApiError::Parse(format!("JSON parse error - {error}")))?;
    let members = match value {
        Value::Object(members) => members,
        Value::Null => return Err(ApiError::NoData),
        Value::Array(_) => return Err(ApiError::NotADictionary("list")),
        Value::String(_) => return Err(ApiError::NotADictionary("str")),
        Value::Bool(_) => return Err(ApiError::NotADictionary("bool")),
        // Decided by the text: Python's integers are unbounded, so that a large one is no float.
        Value::Number(_) if bytes.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) => {
            return Err(ApiError::NotADictionary("float"));
        }
        Value::Number(_) => return Err(ApiError::NotADictionary("int")),
    };
    let field = |value| match value {
        Value::String(text) => Field::Text(Zeroizing::new(text)),
        Value::Null => Field::Null,
        Value::Bool(value) => Field::Bool(value),
        _ => Field::Other,
    };
    Ok(members.into_iter().map(|(name, value)| (name, field(value))).collect())
}

/// Parses a form. The last value of a repeated name counts, as in Django.
fn from_form(bytes: &[u8]) -> HashMap<String, Field> {
    form_urlencoded::parse(bytes)
        .map(|(name, value)| (name.into_owned(), Field::Text(Zeroizing::new(value.into_owned()))))
        .collect()
}

async fn from_multipart(request: Request) -> Result<HashMap<String, Field>, ApiError> {
    let failed = |reason: String| ApiError::Parse(format!("Multipart form parse error - {reason}"));
    let mut parts =
        Multipart::from_request(request, &()).await.map_err(|error| failed(error.body_text()))?;
    let mut values = HashMap::new();
    while let Some(part) = parts.next_field().await.map_err(|error| failed(error.body_text()))? {
        let Some(name) = part.name().map(str::to_owned) else { continue };
        let value = if part.file_name().is_some() {
            Field::Other
        } else {
            Field::Text(Zeroizing::new(
                part.text().await.map_err(|error| failed(error.body_text()))?,
            ))
        };
        values.insert(name, value);
    }
    Ok(values)
}
