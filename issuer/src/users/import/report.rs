use crate::model::UserId;

/// Result of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Number of new users.
    pub new: u64,
    /// Number of users that were stored already, with or without differences.
    pub existing: u64,
    /// Ids and names of adopted users, by id.
    pub adopted: Vec<(UserId, String)>,
    /// Users whose record differs from Django's, and those not known to be imported, by id.
    pub differing: Vec<Differing>,
    /// Users whose name in Django belongs to another user here, by id.
    pub name_conflicts: Vec<NameConflict>,
    /// The last active administrator, if Django demoted or deactivated them.
    pub retained_administrator: Option<RetainedAdministrator>,
    /// Ids and names of active imported users that Django no longer has, by id.
    pub missing: Vec<(UserId, String)>,
}

/// A user whose record differs from Django's. Lists the names of Django's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// The id.
    pub id: UserId,
    /// The name here, before an update.
    pub username: String,
    /// Whether an earlier import is known to have stored the user.
    pub is_imported: bool,
    /// Changed in Django since the last import, and applied here.
    pub updated: Vec<&'static str>,
    /// Changed in Django since the last import, and not applied here.
    pub pending: Vec<&'static str>,
    /// Changed here since the last import, and not in Django.
    pub changed_here: Vec<&'static str>,
    /// The value of the last import is unknown; not applied here.
    pub unknown: Vec<&'static str>,
}

/// A user of Django whose name belongs to another user here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameConflict {
    /// The id.
    pub id: UserId,
    /// The name in Django's table.
    pub username: String,
    /// Id of the user who has the name.
    pub holder: UserId,
}

/// The last active administrator, to whom some changes were not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedAdministrator {
    /// The id.
    pub id: UserId,
    /// The name here, before an update.
    pub username: String,
    /// Names of Django's columns that were not applied.
    pub fields: Vec<&'static str>,
}

/// A user's id belongs to a user who was not imported: the users of two projects are mixed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdConflict {
    /// The id.
    pub id: UserId,
    /// The name in Django's table.
    pub username: String,
    /// How many more users have a conflict.
    pub others: usize,
}
