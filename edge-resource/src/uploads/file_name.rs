//! The names of form fields and files, from `Content-Disposition`.

use http::header::CONTENT_DISPOSITION;
use multer::Field;

use super::form::FormError;
use super::parameters;

/// The parameter whose value has a charset and is percent-encoded (RFC 8187).
const EXTENDED: &[u8] = b"filename*";

/// Returns the name of the field to which a part belongs.
pub(super) fn field_name(part: &Field<'_>) -> Option<String> {
    parameters::value_of(disposition(part), b"name").map(text)
}

/// Returns the name of a part's file: `filename`, or, from clients that send it alone, `filename*`,
/// which RFC 7578 forbids (section 4.2). `None` for a part that is not a file.
///
/// # Errors
/// [`FormError::Malformed`] for a `filename*` that is not the UTF-8 form of RFC 8187, has a control
/// character, or occurs twice.
pub(super) fn file_name(part: &Field<'_>) -> Result<Option<String>, FormError> {
    let disposition = disposition(part);
    match parameters::value_of(disposition, b"filename") {
        Some(name) => Ok(Some(text(name))),
        None => extended(disposition),
    }
}

fn disposition<'a>(part: &'a Field<'_>) -> &'a [u8] {
    part.headers().get(CONTENT_DISPOSITION).map(|value| value.as_bytes()).unwrap_or_default()
}

/// Decodes a name; one that is not UTF-8 as ISO 8859-1, the historic charset of HTTP, without its
/// control characters. An upload does not fail because of an unknown charset.
fn text(bytes: Vec<u8>) -> String {
    let latin_1 = |byte: &u8| match byte {
        0x80..=0x9f => char::REPLACEMENT_CHARACTER,
        byte => char::from(*byte),
    };
    String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().iter().map(latin_1).collect())
}

fn extended(disposition: &[u8]) -> Result<Option<String>, FormError> {
    let mut values =
        parameters::all(disposition).filter(|(name, _)| name.eq_ignore_ascii_case(EXTENDED));
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        // The grammar has no quotation marks, but some clients write them.
        (Some((_, value)), None) => {
            decode(&parameters::unquoted(value)).map(Some).ok_or(FormError::Malformed)
        }
        (Some(_), Some(_)) => Err(FormError::Malformed),
    }
}

/// Decodes an `ext-value` in UTF-8 (RFC 8187, section 3.2.1).
fn decode(value: &[u8]) -> Option<String> {
    let mut sections = value.splitn(3, |byte| *byte == b'\'');
    let (charset, language, mut rest) = (sections.next()?, sections.next()?, sections.next()?);
    let is_language = language.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    if !charset.eq_ignore_ascii_case(b"UTF-8") || !is_language {
        return None;
    }
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let ([high, low], after) = after.split_first_chunk::<2>()?;
            bytes.push(digit(*high)? << 4 | digit(*low)?);
            rest = after;
        } else if first.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(first) {
            bytes.push(*first);
        } else {
            return None;
        }
    }
    String::from_utf8(bytes).ok().filter(|name| !name.chars().any(char::is_control))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extended_name_is_found_and_decoded() {
        for (disposition, name) in [
            ("form-data; name=\"file\"; filename*=UTF-8''a.txt", "a.txt"),
            (
                "form-data; name=\"file\"; FileName*=utf-8'ko'%eb%b3%B4%EA%B3%A0%EC%84%9C.txt",
                "보고서.txt",
            ),
            ("form-data; filename*=UTF-8''%E2%82%AC%20rates; name=\"file\"", "€ rates"),
            ("form-data;filename* = UTF-8'en-GB'a%27b ;name=file", "a'b"),
            ("form-data; filename*=UTF-8''", ""),
            ("form-data; name=\"a;\\\";b\"; filename*=UTF-8''!#$&+-.^_`|~", "!#$&+-.^_`|~"),
            ("form-data; filename*=UTF-8''%2e%2e%2Fa", "../a"),
            ("form-data; name=\"file\"; filename*=\"UTF-8''%E2%82%AC%20rates.txt\"", "€ rates.txt"),
            ("form-data; filename*=\"UTF-8''\"; name=file", ""),
        ] {
            assert_eq!(
                extended(disposition.as_bytes()),
                Ok(Some(name.to_owned())),
                "{disposition}"
            );
        }
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_read_byte_by_byte() {
        assert_eq!(text("보고서.txt".into()), "보고서.txt");
        assert_eq!(text(b"\xba\xb8.txt".to_vec()), "\u{ba}\u{b8}.txt");
        assert_eq!(text(b"\x9b31m".to_vec()), "\u{fffd}31m");
    }

    #[test]
    fn a_lookalike_is_not_an_extended_name() {
        for disposition in [
            "form-data; name=\"file\"",
            "form-data; name=\"x; filename*=UTF-8''a\"",
            "form-data; name=\"x\\\"; filename*=UTF-8''a\"",
            "form-data; xfilename*=UTF-8''a",
            "form-data; filename*",
            "",
        ] {
            assert_eq!(extended(disposition.as_bytes()), Ok(None), "{disposition}");
        }
    }

    #[test]
    fn a_malformed_extended_name_is_refused() {
        for value in [
            "a.txt",
            "UTF-8'a.txt",
            "'' a",
            "''a",
            "ISO-8859-1''a",
            "UTF-8'e n'a",
            "UTF-8''a b",
            "UTF-8''a'b",
            "UTF-8''a\"b",
            "\"UTF-8''a",
            "\"UTF-8''a\"b\"",
            "\"\"UTF-8''a\"\"",
            "UTF-8''보고서",
            "UTF-8''%",
            "UTF-8''%4",
            "UTF-8''%4g",
            "UTF-8''%+4",
            "UTF-8''%EB%B3",
            "UTF-8''%C0%AF",
            "UTF-8''a%00b",
            "UTF-8''a%0D%0Ab",
            "UTF-8''a; filename*=UTF-8''b",
        ] {
            let disposition = format!("form-data; name=\"file\"; filename*={value}");
            assert_eq!(extended(disposition.as_bytes()), Err(FormError::Malformed), "{value}");
        }
    }
}
