//! The table: key texts by name, and one row for each verdict.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use test_support::claims::NOW;
use test_support::vectors::{Row, Verdict};

/// The table.
#[derive(Default)]
pub struct Rows {
    keys: BTreeMap<&'static str, String>,
    rows: Vec<Row>,
    class: &'static str,
}

/// The default policy's `leeway` and `futureLeeway`, written out here so that the table does not
/// depend on the verifier.
const DEFAULT_LEEWAYS: [(&str, u64); 2] = [("leeway", 0), ("futureLeeway", 5)];

/// What a row expects whose token is accepted.
pub const ACCEPT: &str = "accept";

impl Rows {
    /// Sets the class of the following rows.
    pub fn class(&mut self, class: &'static str) {
        self.class = class;
    }

    /// Adds a key text under a name. A name can be added again with the same text.
    pub fn keys(&mut self, name: &'static str, text: String) {
        if let Some(before) = self.keys.insert(name, text) {
            assert_eq!(before, self.keys[name], "{name} names two key texts");
        }
    }

    /// Adds a row at the usual instant under the default policy; `expected` is [`ACCEPT`] or a code.
    pub fn add(
        &mut self,
        id: impl Into<String>,
        token: impl Into<String>,
        keys: &'static str,
        expected: &'static str,
    ) {
        self.add_under(id, token, keys, expected, json!({}));
    }

    /// Adds a row under another policy; the member `now` of `policy` is the instant.
    pub fn add_under(
        &mut self,
        id: impl Into<String>,
        token: impl Into<String>,
        keys: &'static str,
        expected: &'static str,
        policy: Value,
    ) {
        let Value::Object(mut policy) = policy else { unreachable!("a policy is an object") };
        let now = policy.remove("now").and_then(|now| now.as_u64()).unwrap_or(NOW);
        for (name, seconds) in DEFAULT_LEEWAYS {
            policy.entry(name).or_insert(seconds.into());
        }
        assert!(self.keys.contains_key(keys), "{keys} is not a key text");
        let code = (expected != ACCEPT).then(|| expected.to_owned());
        self.rows.push(Row {
            id: format!("{}: {}", self.class, id.into()),
            class: self.class.to_owned(),
            token: token.into(),
            keys: keys.to_owned(),
            now,
            policy: serde_json::from_value(policy.into()).expect("a policy of the table"),
            verdict: if code.is_some() { Verdict::Refuse } else { Verdict::Accept },
            code,
        });
    }

    /// Returns the text of the file, with one row on each line, so that a diff shows the changed
    /// rows.
    pub fn into_json(self) -> Result<String, serde_json::Error> {
        let ids: BTreeSet<_> = self.rows.iter().map(|row| &row.id).collect();
        assert_eq!(ids.len(), self.rows.len(), "every id is unique");
        let lines: Result<Vec<_>, _> = self.rows.iter().map(serde_json::to_string).collect();
        let keys = serde_json::to_string_pretty(&self.keys)?;
        Ok(format!("{{\n\"keys\": {keys},\n\"rows\": [\n{}\n]\n}}\n", lines?.join(",\n")))
    }
}
