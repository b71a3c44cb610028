//! What an import reports.

/// What an import did, user by user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// How many users are new.
    pub new: u64,
    /// How many were there already, those included that differ.
    pub present: u64,
    /// Users who were adopted: ids and names, by id.
    pub adopted: Vec<(i64, String)>,
    /// Users whose record differs from Django's, and those not known to have been imported, by id.
    pub differing: Vec<Differing>,
    /// Users who could not get their name, by id.
    pub not_taken: Vec<NotTaken>,
    /// The last active administrator, whom Django demoted or deactivated.
    pub kept_administrator: Option<KeptAdministrator>,
    /// Active users of an earlier import whom Django does not have any more: ids and names, by id.
    pub gone: Vec<(i64, String)>,
}

/// A user whose record differs from Django's: names of Django's columns, by what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// The id.
    pub id: i64,
    /// The name here, before an update.
    pub username: String,
    /// Whether an earlier import is known to have stored the user.
    pub is_imported: bool,
    /// Changed in Django since the last import; the record got these values.
    pub updated: Vec<&'static str>,
    /// Changed in Django since the last import; the record did not get these values.
    pub pending: Vec<&'static str>,
    /// Not changed in Django since the last import, but here.
    pub changed_here: Vec<&'static str>,
    /// The value of the last import is not known; the record keeps its own.
    pub unknown: Vec<&'static str>,
}

/// A user of Django's whose name belongs to another one here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTaken {
    /// The id.
    pub id: i64,
    /// The name in Django's table.
    pub username: String,
    /// Id of the user who has the name.
    pub holder: i64,
}

/// An administrator who was left, since no other active one would be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAdministrator {
    /// The id.
    pub id: i64,
    /// The name here, before an update.
    pub username: String,
    /// Django's columns that were not applied.
    pub fields: Vec<&'static str>,
}

/// A user's id belongs to a user who was not imported: the users of two projects are mixed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTaken {
    /// The id.
    pub id: i64,
    /// The name in Django's table.
    pub username: String,
    /// How many users more there are of this kind.
    pub others: usize,
}
