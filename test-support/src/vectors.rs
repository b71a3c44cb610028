//! The verdict table, `verifier-core/vectors/verdicts.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The path of the table.
pub const PATH: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../verifier-core/vectors/verdicts.json");

/// The table: key texts by name, and one row for each verdict.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vectors {
    keys: BTreeMap<String, String>,
    /// The rows, in the order of the file.
    pub rows: Vec<Row>,
}

/// A token and its expected verdict.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Unique; describes the token.
    pub id: String,
    /// The attack class of the policy, or `good`.
    pub class: String,
    /// The text that is verified.
    pub token: String,
    /// The name of the key text.
    pub keys: String,
    /// Unix seconds.
    pub now: u64,
    /// The policy under which the token is verified.
    pub policy: RowPolicy,
    /// The expected verdict.
    pub verdict: Verdict,
    /// The code of the refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The verdict of a row.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Accept,
    Refuse,
}

/// The policy of a row: both leeways in seconds, so that no row depends on a default, and the
/// differences to the default policy. The fields are in the order of the file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RowPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    pub future_leeway: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    pub leeway: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_at_jwt: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
}

impl Vectors {
    /// Reads the table. Panics unless every refusal, and nothing else, has a code.
    pub fn load() -> Self {
        let text = std::fs::read_to_string(PATH).expect("the table can be read");
        let table: Self = serde_json::from_str(&text).expect("the table is of this form");
        for row in &table.rows {
            assert_eq!(row.verdict == Verdict::Accept, row.code.is_none(), "{}", row.id);
        }
        table
    }

    /// Returns the key text of a row.
    pub fn keys(&self, row: &Row) -> &str {
        &self.keys[&row.keys]
    }
}

impl RowPolicy {
    /// Whether this is the default policy.
    pub fn is_default(&self) -> bool {
        let Self { audience, future_leeway, issuer, leeway, require_at_jwt, token_type } = self;
        (*leeway, *future_leeway, *require_at_jwt) == (0, 5, false)
            && [audience, issuer, token_type].iter().all(|option| option.is_none())
    }

    /// Whether a leeway exceeds an hour, the most that settings allow.
    pub fn has_leeway_out_of_range(&self) -> bool {
        self.leeway.max(self.future_leeway) > 3600
    }
}
