use serde::{Deserialize, Serialize};

/// The values of a user in Django at an import, stored as JSON. The fingerprint of the password is
/// stored separately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) is_active: bool,
    pub(crate) is_superuser: bool,
}

impl Snapshot {
    /// Returns the names of Django's columns whose values differ from those of `other`.
    pub(super) fn differences(&self, other: &Self) -> Vec<&'static str> {
        [
            ("username", self.username != other.username),
            ("email", self.email != other.email),
            ("first_name", self.first_name != other.first_name),
            ("last_name", self.last_name != other.last_name),
            ("is_active", self.is_active != other.is_active),
            ("is_superuser", self.is_superuser != other.is_superuser),
        ]
        .into_iter()
        .filter_map(|(field, differs)| differs.then_some(field))
        .collect()
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("text and booleans are JSON")
    }

    /// Parses what [`Self::to_json`] wrote.
    pub(crate) fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }
}
