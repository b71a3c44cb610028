//! A verdict for people, and the same for programs.
//!
//! Everything that comes out of the token is untrusted: it is shown escaped, so that it cannot move the cursor, hide
//! or forge lines, or turn the direction of the text.

mod json;
mod text;
mod words;

use std::fmt::{self, Write as _};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use verifier_core::{Explanation, Lang, UnixTime};

/// A verdict to be shown.
pub(super) struct Report<'a> {
    /// What was found out.
    pub(super) explanation: &'a Explanation,
    /// The instant of the check.
    pub(super) now: UnixTime,
    /// The language of the sentences.
    pub(super) lang: Lang,
}

/// The members of a JSON object as they stand in the text: in order, doubles included, values untouched.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Whether a terminal shows the character and does nothing else.
fn is_plain(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

/// Text for a terminal: what is not plain is written `\u{..}`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) { out.push(c) } else { out.extend(c.escape_default()) }
    }
    out
}

/// The same for JSON text, where a character that is not plain can only stand in a string: it is written `\uXXXX`.
fn json_escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_plain(c) {
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
            ("\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}", r"\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}"),
        ] {
            assert_eq!(escaped(text), shown);
        }
        assert_eq!(json_escaped("\"\u{9b}\u{202e}\u{e0001}가\""), r#""\u009b\u202e\udb40\udc01가""#);
    }

    #[test]
    fn members_keep_order_doubles_and_the_text_of_values() {
        let members = Members::read(r#"{"b":1e400,"a":[ 1 ],"b":null}"#).expect("an object");
        let seen: Vec<_> = members.0.iter().map(|(name, value)| (name.as_str(), value.get())).collect();
        assert_eq!(seen, [("b", "1e400"), ("a", "[ 1 ]"), ("b", "null")]);
        for other in ["[]", "1", "{", "", "{} x"] {
            assert!(Members::read(other).is_none(), "{other}");
        }
        assert!(Members::read(&format!("{{\"a\":{}", "[".repeat(100_000))).is_none(), "too deep, and no overflow");
    }
}
