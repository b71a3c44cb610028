//! The report of a verification, as text or JSON.
//!
//! Everything in a token is untrusted, and is escaped for the terminal.

mod json;
mod text;
mod words;

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use verifier_core::{Explanation, Lang, UnixTime};

use super::terminal::{escaped, json_escaped};

/// A verdict to print.
pub(super) struct Report<'a> {
    /// The steps of the verification.
    pub(super) explanation: &'a Explanation,
    /// Time of the verification.
    pub(super) now: UnixTime,
    /// Language of the report.
    pub(super) lang: Lang,
}

/// Why the token is refused.
#[derive(Clone, Serialize)]
struct Reason {
    code: &'static str,
    text: &'static str,
    /// Quotes the token.
    detail: String,
}

impl Report<'_> {
    /// Returns why the token is refused, which is also why the failed check failed.
    fn reason(&self) -> Option<Reason> {
        let refusal = self.explanation.verdict.as_ref().err()?;
        let code = refusal.code();
        let (text, detail) = (code.text(self.lang), refusal.to_string());
        Some(Reason { code: code.as_str(), text, detail })
    }
}

/// The members of a JSON object as written: in order, with duplicates, values unparsed.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_order_doubles_and_the_text_of_values() {
        let members = Members::read(r#"{"b":1e400,"a":[ 1 ],"b":null}"#).expect("an object");
        let seen: Vec<_> =
            members.0.iter().map(|(name, value)| (name.as_str(), value.get())).collect();
        assert_eq!(seen, [("b", "1e400"), ("a", "[ 1 ]"), ("b", "null")]);
        for other in ["[]", "1", "{", "", "{} x"] {
            assert!(Members::read(other).is_none(), "{other}");
        }
        assert!(
            Members::read(&format!("{{\"a\":{}", "[".repeat(100_000))).is_none(),
            "too deep, and no overflow"
        );
    }
}
