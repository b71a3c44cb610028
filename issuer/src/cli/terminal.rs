//! Escaping of untrusted text, so that it cannot move the cursor of a terminal, hide or forge
//! lines, or change the direction of text.

use std::fmt::Write as _;

/// Returns whether a terminal only displays the character.
pub(super) fn is_plain(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

/// Escapes text for a terminal: other than plain characters become `\u{..}`.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) { out.push(c) } else { out.extend(c.escape_default()) }
    }
    out
}

/// Escapes JSON text for a terminal. Other than plain characters can only occur in strings, and
/// become `\uXXXX`; line breaks only occur between members, and stay.
pub(super) fn json_escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_plain(c) || c == '\n' {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("a String takes everything");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_act_on_a_terminal_are_escaped() {
        for (text, shown) in [
            (r#"{"a":"\n 가é\"'"}"#, r#"{"a":"\n 가é\"'"}"#),
            ("\u{1b}[2J", r"\u{1b}[2J"),
            ("a\r\nb\tc", r"a\r\nb\tc"),
            ("\u{7f}\u{9b}\u{0}", r"\u{7f}\u{9b}\u{0}"),
            (
                "\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}",
                r"\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}",
            ),
        ] {
            assert_eq!(escaped(text), shown);
        }
        assert_eq!(json_escaped("{\n  \"a\": \"b\"\n}"), "{\n  \"a\": \"b\"\n}");
        assert_eq!(
            json_escaped("\"\u{9b}\u{202e}\u{e0001}가\""),
            r#""\u009b\u202e\udb40\udc01가""#
        );
    }
}
