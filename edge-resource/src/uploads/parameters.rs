//! Header values with parameters, as forms have them: `form-data; name="file"; filename="a.txt"`
//! (RFC 9110, section 5.6.6).
//!
//! The form parser's own reader finds parameters inside quoted strings, and rejects boundaries that
//! clients use.

/// Returns the text before the first semicolon.
pub(super) fn kind(value: &[u8]) -> &[u8] {
    pieces(value).next().unwrap_or_default().trim_ascii()
}

/// Returns the unquoted value of the first parameter of this name, in any case.
pub(super) fn value_of(value: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    all(value).find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| unquoted(value))
}

/// Iterates over names and raw values.
pub(super) fn all(value: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    pieces(value).skip(1).filter_map(|piece| {
        let (name, value) = piece.split_at_checked(piece.iter().position(|byte| *byte == b'=')?)?;
        Some((name.trim_ascii(), value.get(1..)?.trim_ascii()))
    })
}

/// Splits at semicolons outside quoted strings.
fn pieces(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    value.split(move |byte| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match byte {
            _ if was_escaped => {}
            b'\\' => is_escaped = is_quoted,
            b'"' => is_quoted = !is_quoted,
            _ => {}
        }
        *byte == b';' && !is_quoted
    })
}

/// Removes the quotation marks of a quoted string. A backslash escapes only a quote or another
/// backslash, because clients send file names with unescaped ones.
pub(super) fn unquoted(value: &[u8]) -> Vec<u8> {
    let Some(inside) = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
        return value.to_vec();
    };
    let mut bytes = inside.iter().copied().peekable();
    let mut text = Vec::with_capacity(inside.len());
    while let Some(byte) = bytes.next() {
        let escaped = bytes.next_if(|next| byte == b'\\' && matches!(next, b'"' | b'\\'));
        text.push(escaped.unwrap_or(byte));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_outside_quoted_strings() {
        for (value, name, expected) in [
            (&b"form-data; name=\"file\""[..], &b"name"[..], Some(&b"file"[..])),
            (b"form-data;NAME = file ;x=y", b"name", Some(b"file")),
            (
                b"form-data; filename=\"a name=x; name=y.txt\"; name=\"file\"",
                b"name",
                Some(b"file"),
            ),
            (b"form-data; name=\"a\\\"; b\\\\c\\d\"", b"name", Some(b"a\"; b\\c\\d")),
            (b"form-data; filename=a b.txt", b"filename", Some(b"a b.txt")),
            (b"form-data; filename=\"\"", b"filename", Some(b"")),
            (b"form-data; name=\"x; filename=a\"", b"filename", None),
            (b"form-data; name=\"x\\\"; filename=a\"", b"filename", None),
            (b"form-data; xname=a", b"name", None),
            (b"name=a", b"name", None),
            (b"form-data; name", b"name", None),
            (
                b"multipart/form-data ; boundary = ===a/b:c?=,; charset=x",
                b"boundary",
                Some(b"===a/b:c?=,"),
            ),
            (b"multipart/form-data;\t;;boundary=\"a;b\"", b"boundary", Some(b"a;b")),
            (b"", b"name", None),
        ] {
            assert_eq!(
                value_of(value, name).as_deref(),
                expected,
                "{}",
                String::from_utf8_lossy(value)
            );
        }
    }

    #[test]
    fn the_kind_precedes_the_parameters() {
        for (value, expected) in [
            (&b" form-data ; name=a"[..], &b"form-data"[..]),
            (b"multipart/form-data", b"multipart/form-data"),
            (b";x", b""),
            (b"", b""),
        ] {
            assert_eq!(kind(value), expected);
        }
    }
}
