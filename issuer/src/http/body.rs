//! Request bodies as Django REST framework reads them: JSON, form or multipart, down to text
//! fields.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::Value;
use utoipa::openapi::{ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
use zeroize::Zeroizing;

use super::ApiError;

/// Largest body read, in bytes: sixteen times the largest token.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What happens to white space around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whitespace {
    /// Stripped, as for every text field of REST framework.
    Stripped,
    /// Kept: it belongs to a password.
    Kept,
}

/// The named values of a body, and the faults found while taking them out.
#[derive(Debug)]
pub(super) struct Fields {
    values: HashMap<String, Field>,
    faults: Vec<(&'static str, &'static str)>,
}

#[derive(Debug)]
enum Field {
    Text(Zeroizing<String>),
    Bool(bool),
    Null,
    NotText,
}

impl Fields {
    async fn read(request: Request) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = read_bytes(&parts.headers, body, BODY_TIMEOUT).await?;
        let values = if bytes.is_empty() {
            HashMap::new()
        } else {
            let content_type =
                parts.headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("?"));
            let charset = Charset::of(content_type);
            let is_readable = |is_ascii: fn(&[u8]) -> bool| match charset {
                Charset::Utf8 => true,
                Charset::ExtendedAscii => is_ascii(&bytes),
                Charset::Unknown => false,
            };
            match content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str()
            {
                "application/json" if is_readable(<[u8]>::is_ascii) => from_json(&bytes)?,
                "application/x-www-form-urlencoded" if is_readable(is_ascii_form) => {
                    from_form(&bytes)
                }
                "multipart/form-data" if is_readable(<[u8]>::is_ascii) => {
                    from_multipart(Request::from_parts(parts, Body::from(bytes))).await?
                }
                _ => return Err(ApiError::UnsupportedMediaType(content_type.to_owned())),
            }
        };
        Ok(Self { values, faults: Vec::new() })
    }

    /// Takes a required text field; an empty text stands in for a faulty one until [`read`]
    /// refuses the body.
    ///
    /// `min_length` and `pattern` of the schemas say to the OpenAPI document what is demanded here.
    pub(super) fn text(&mut self, name: &'static str, whitespace: Whitespace) -> Zeroizing<String> {
        let fault = match self.values.remove(name) {
            None => "This field is required.",
            Some(Field::Null) => "This field may not be null.",
            Some(Field::NotText | Field::Bool(_)) => "Not a valid string.",
            Some(Field::Text(text)) => {
                let text = match whitespace {
                    Whitespace::Stripped => Zeroizing::new(text.trim().to_owned()),
                    Whitespace::Kept => text,
                };
                if text.is_empty() {
                    "This field may not be blank."
                } else if text.contains('\0') {
                    "Null characters are not allowed."
                } else {
                    return text;
                }
            }
        };
        self.faults.push((name, fault));
        Zeroizing::default()
    }

    /// Takes a text field that may be missing, or empty.
    pub(super) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        let text = match self.values.get(name) {
            None => return None,
            Some(Field::Text(text)) if text.trim().is_empty() => Zeroizing::default(),
            Some(_) => self.text(name, Whitespace::Stripped),
        };
        Some(text.to_string())
    }

    /// Takes a yes or no that may be missing, as [`Flag`] describes it; forms have words alone.
    pub(super) fn optional_flag(&mut self, name: &'static str) -> Option<bool> {
        match self.values.remove(name)? {
            Field::Bool(value) => return Some(value),
            Field::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "on" | "yes" => return Some(true),
                "false" | "0" | "off" | "no" => return Some(false),
                _ => {}
            },
            Field::Null => {
                self.faults.push((name, "This field may not be null."));
                return None;
            }
            Field::NotText => {}
        }
        self.faults.push((name, "Must be a valid boolean."));
        None
    }
}

/// For the document: a yes or no, or a word for one.
pub(super) struct Flag;

impl utoipa::PartialSchema for Flag {
    fn schema() -> RefOr<Schema> {
        let words = ["true", "1", "on", "yes", "false", "0", "off", "no"];
        let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
        OneOfBuilder::new().item(ObjectBuilder::new().schema_type(Type::Boolean)).item(word).into()
    }
}

impl utoipa::ToSchema for Flag {}

/// What an operation wants in its body.
pub(super) trait FromFields: Sized {
    /// Takes the fields it wants. What stands in for a faulty one is never used: the faults refuse
    /// the body.
    fn take(fields: &mut Fields) -> Self;
}

/// Reads the body of a request.
///
/// # Errors
/// 400 with all faults, 408, 413 or 415, each as REST framework words it.
pub(super) async fn read<T: FromFields>(request: Request) -> Result<T, ApiError> {
    let mut fields = Fields::read(request).await?;
    let body = T::take(&mut fields);
    if fields.faults.is_empty() { Ok(body) } else { Err(ApiError::Fields(fields.faults)) }
}

/// The charset that a body's type names.
enum Charset {
    /// The only one that is read here; it is meant where none is named.
    Utf8,
    /// One in which ASCII is the same. Other characters would be taken for other ones, and a user
    /// for another one.
    ExtendedAscii,
    /// Any other.
    Unknown,
}

impl Charset {
    fn of(content_type: &str) -> Self {
        // Quotes and all: a boundary may have a semicolon.
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

/// Whether nothing in a form stands for a byte beyond ASCII.
fn is_ascii_form(bytes: &[u8]) -> bool {
    bytes.is_ascii()
        && !bytes
            .windows(2)
            .any(|pair| matches!(pair, [b'%', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F']))
}

async fn read_bytes(headers: &HeaderMap, body: Body, timeout: Duration) -> Result<Bytes, ApiError> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > MAX_BODY_BYTES as u64) {
        return Err(ApiError::BodyTooLarge(MAX_BODY_BYTES));
    }
    match tokio::time::timeout(timeout, axum::body::to_bytes(body, MAX_BODY_BYTES)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_length_limit(&error) => Err(ApiError::BodyTooLarge(MAX_BODY_BYTES)),
        Ok(Err(_)) => Err(ApiError::Parse("The request body could not be read.".into())),
        Err(_) => Err(ApiError::BodyTimeout),
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error)
        .is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
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
        // By its text: what no integer of ours can hold is one of Python's all the same.
        Value::Number(_) if bytes.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) => {
            return Err(ApiError::NotADictionary("float"));
        }
        Value::Number(_) => return Err(ApiError::NotADictionary("int")),
    };
    let field = |value| match value {
        Value::String(text) => Field::Text(Zeroizing::new(text)),
        Value::Null => Field::Null,
        Value::Bool(value) => Field::Bool(value),
        _ => Field::NotText,
    };
    Ok(members.into_iter().map(|(name, value)| (name, field(value))).collect())
}

/// A name that comes twice keeps its last value, as in Django.
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
            Field::NotText
        } else {
            Field::Text(Zeroizing::new(
                part.text().await.map_err(|error| failed(error.body_text()))?,
            ))
        };
        values.insert(name, value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use super::*;

    /// A body of which nothing ever arrives.
    struct Silence;

    impl http_body::Body for Silence {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_arrive_is_given_up() {
        let headers = HeaderMap::new();
        let read = read_bytes(&headers, Body::new(Silence), Duration::from_millis(20)).await;
        assert!(matches!(read, Err(ApiError::BodyTimeout)), "{read:?}");
    }
}
