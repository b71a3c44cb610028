//! The verdict table, `verifier-core/vectors/verdicts.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any_audience: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<OneOrMore>,
    pub future_leeway: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<OneOrMore>,
    pub leeway: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_at_jwt: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_claims: Vec<String>,
    /// `Some(None)`, null in the file, switches the check off.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub token_type: Option<Option<String>>,
}

/// The accepted values of a claim.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    /// Returns the values.
    pub fn values(&self) -> Vec<String> {
        match self {
            Self::One(value) => vec![value.clone()],
            Self::More(values) => values.clone(),
        }
    }
}

/// Distinguishes null from an absent member.
fn present<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
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
        let Self {
            any_audience,
            audience,
            future_leeway,
            issuer,
            leeway,
            require_at_jwt,
            required_claims,
            token_type,
        } = self;
        (*leeway, *future_leeway) == (0, 5)
            && !(*any_audience || *require_at_jwt)
            && audience.is_none()
            && issuer.is_none()
            && required_claims.is_empty()
            && token_type.is_none()
    }

    /// Whether a leeway exceeds an hour, the most that settings allow.
    pub fn has_leeway_out_of_range(&self) -> bool {
        self.leeway.max(self.future_leeway) > 3600
    }
}
