//! Text that is safe to show: terminals obey some characters, others hide or reorder text, and
//! addresses may hold secrets.

use std::fmt::{self, Write};

use http::Uri;
use serde::Serialize;

/// Returns whether a character is invisible or changes the order of text.
#[must_use]
pub const fn is_format(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Returns the text as one line, with control and format characters escaped as in Rust: `\u{1b}`.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_format(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// Returns a value as one line of ASCII JSON. A program on the way to the reader that escapes
/// control characters in its own way would break the JSON.
///
/// # Errors
/// When the value cannot be serialized.
pub(crate) fn json_line(value: &impl Serialize) -> serde_json::Result<String> {
    let json = serde_json::to_string(value)?;
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        // Beyond ASCII, JSON has characters in strings alone (RFC 8259, section 7).
        if c == ' ' || c.is_ascii_graphic() {
            line.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing into a string cannot fail.
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    Ok(line)
}

/// Shows an address without user information and query, which may hold secrets.
pub(crate) struct WithoutSecrets<'a>(pub(crate) &'a Uri);

impl fmt::Display for WithoutSecrets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(uri) = self;
        write!(f, "{}://{}", uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default())?;
        if let Some(port) = uri.port_u16() {
            write!(f, ":{port}")?;
        }
        f.write_str(uri.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_json_is_ascii_and_means_the_same() {
        let text = "/uploads/\u{9b}31m\u{1b}[2J\u{7f}\r\n\u{202e}도장\u{1f512}\"\\";
        let line = json_line(&text).expect("a string");
        assert!(line.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{line}");
        assert_eq!(serde_json::from_str::<String>(&line).expect("JSON"), text);
    }

    #[test]
    fn other_lines_keep_their_letters_and_show_their_controls() {
        assert_eq!(
            one_line("error: 도장\n\u{9b}x\u{1b}[0m\u{202e}"),
            "error: 도장\\n\\u{9b}x\\u{1b}[0m\\u{202e}"
        );
    }
}
