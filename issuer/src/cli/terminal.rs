//! Text from elsewhere, shown on a terminal so that it cannot move the cursor, hide or forge
//! lines, or turn the direction of the text.

use std::fmt::Write as _;

/// Whether a terminal shows the character and does nothing else.
pub(super) fn is_plain(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

/// Text for a terminal: what is not plain is written `\u{..}`.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) { out.push(c) } else { out.extend(c.escape_default()) }
    }
    out
}

/// The same for JSON text, where a character that is not plain can only stand in a string: it is
/// written `\uXXXX`. Line breaks are never part of a string there, but stand between the members.
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
    fn characters_that_act_on_a_terminal_are_written_out() {
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
