//! Plans an import before anything is written.

use std::collections::{HashMap, HashSet};

use super::imported_user::ImportedUser;
use super::names::Names;
use super::options::ImportOptions;
use super::report::{Differing, IdConflict, ImportReport, NameConflict, RetainedAdministrator};
use super::row::COLUMNS;
use super::snapshot::Snapshot;
use super::stored_user::StoredUser;
use crate::model::{ADMIN_ROLE, LastAdministrator, PasswordHash, UserId};

/// New values of a stored user.
#[derive(Debug)]
pub(crate) struct ImportChange<'a> {
    pub(crate) id: UserId,
    pub(crate) username: &'a str,
    pub(crate) email: &'a str,
    pub(crate) first_name: &'a str,
    pub(crate) last_name: &'a str,
    pub(crate) password_hash: &'a PasswordHash,
    pub(crate) role: &'a str,
    pub(crate) is_active: bool,
    pub(crate) imported_password: Option<String>,
    pub(crate) imported_record: Option<Snapshot>,
    pub(crate) is_renamed: bool,
    /// Whether the password or role changes, or the user becomes inactive.
    pub(crate) ends_sessions: bool,
}

/// The changes to write, and the report.
#[derive(Debug, Default)]
pub(crate) struct ImportPlan<'a> {
    pub(crate) new: Vec<&'a ImportedUser>,
    pub(crate) changes: Vec<ImportChange<'a>>,
    pub(crate) report: ImportReport,
}

/// Plans the import of `users`, sorted by id, into the `stored` ones. `administrators` are the ids
/// of the active administrators, for an update.
pub(crate) fn plan_import<'a>(
    users: &'a [ImportedUser],
    stored: &'a [StoredUser],
    administrators: &[UserId],
    options: ImportOptions,
) -> Result<ImportPlan<'a>, IdConflict> {
    let by_id: HashMap<UserId, &StoredUser> = stored.iter().map(|user| (user.id, user)).collect();
    refuse_id_conflicts(users, &by_id)?;
    let mut plan = ImportPlan::default();
    let mut names = Names::new(stored);
    let existing = users.iter().filter_map(|user| Some((user, *by_id.get(&user.id)?)));
    let mut existing: Vec<_> =
        existing.map(|(user, here)| Comparison::new(user, here, options)).collect();
    let renamed = existing
        .iter()
        .filter(|one| one.applies("username"))
        .map(|one| (one.user, one.here))
        .collect();
    let renamed = names.rename(renamed, &mut plan.report.name_conflicts);
    for one in existing.iter_mut().filter(|one| !renamed.contains(&one.user.id)) {
        one.withhold("username");
    }
    for user in users.iter().filter(|user| !by_id.contains_key(&user.id)) {
        match names.claim(user.username(), user.id) {
            Ok(()) => plan.new.push(user),
            Err(holder) => {
                let username = user.username().to_owned();
                let conflict = NameConflict { id: user.id, username, holder };
                plan.report.name_conflicts.push(conflict);
            }
        }
    }
    plan.report.name_conflicts.sort_by_key(|user| user.id);
    if options.last_administrator == LastAdministrator::Stays {
        plan.report.retained_administrator =
            retain_an_administrator(&mut existing, &plan.new, administrators);
    }
    for one in &existing {
        plan.report.existing += 1;
        if one.is_adopted {
            plan.report.adopted.push((one.here.id, one.here.username.clone()));
        }
        plan.report.differing.extend(one.report());
        plan.changes.extend(one.change(options));
    }
    let in_django: HashSet<UserId> = users.iter().map(|user| user.id).collect();
    let is_missing =
        |user: &&StoredUser| user.is_imported() && user.is_active && !in_django.contains(&user.id);
    plan.report.missing =
        stored.iter().filter(is_missing).map(|user| (user.id, user.username.clone())).collect();
    plan.report.missing.sort_unstable();
    Ok(plan)
}

/// Two people must not share an id: each would get the other's tokens.
fn refuse_id_conflicts(
    users: &[ImportedUser],
    by_id: &HashMap<UserId, &StoredUser>,
) -> Result<(), IdConflict> {
    let is_another = |user: &ImportedUser, here: &StoredUser| {
        !here.is_imported()
            && here.username != user.username()
            && here.created_at != user.record.created_at
    };
    let mut conflicts =
        users.iter().filter(|user| by_id.get(&user.id).is_some_and(|here| is_another(user, here)));
    match conflicts.next() {
        Some(user) => Err(IdConflict {
            id: user.id,
            username: user.username().to_owned(),
            others: conflicts.count(),
        }),
        None => Ok(()),
    }
}

/// Retains one of the active `administrators` if the import would leave none: the last of them, as
/// if they were changed one after another.
fn retain_an_administrator(
    existing: &mut [Comparison<'_>],
    new: &[&ImportedUser],
    administrators: &[UserId],
) -> Option<RetainedAdministrator> {
    let remains = |id: &UserId| existing.iter().all(|one| one.here.id != *id || one.administers());
    if new.iter().any(|user| user.record.is_active && user.record.role == ADMIN_ROLE)
        || existing.iter().any(Comparison::administers)
        || administrators.iter().any(remains)
    {
        return None;
    }
    let last = existing.iter_mut().rfind(|one| administrators.contains(&one.here.id))?;
    let fields: Vec<_> =
        ["is_active", "is_superuser"].into_iter().filter(|field| last.applies(field)).collect();
    for field in &fields {
        last.withhold(field);
    }
    Some(RetainedAdministrator { id: last.here.id, username: last.here.username.clone(), fields })
}

/// A user in Django, the stored record, and the columns in which they differ.
struct Comparison<'a> {
    user: &'a ImportedUser,
    here: &'a StoredUser,
    /// Django's values at the last import, if known.
    last: Option<Snapshot>,
    is_adopted: bool,
    /// Changed in Django since the last import, and applied.
    updated: Vec<&'static str>,
    /// Changed in Django since the last import, and not applied.
    pending: Vec<&'static str>,
    changed_here: Vec<&'static str>,
    unknown: Vec<&'static str>,
}

impl<'a> Comparison<'a> {
    fn new(user: &'a ImportedUser, here: &'a StoredUser, options: ImportOptions) -> Self {
        let theirs = user.snapshot();
        let differing = theirs.differences(&here.values());
        let is_adopted = options.adopt && here.imported_record.is_none();
        // Without a difference, an imported user needs no decision of the operator.
        let is_settled = options.update && here.is_imported() && differing.is_empty();
        let last = match &here.imported_record {
            Some(last) => Some(last.clone()),
            None => (is_adopted || is_settled).then(|| theirs.clone()),
        };
        let (mut changed, mut changed_here, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        let changed_in_django = last.as_ref().map(|last| theirs.differences(last));
        for field in differing {
            match &changed_in_django {
                None => unknown.push(field),
                Some(fields) if fields.contains(&field) => changed.push(field),
                Some(_) => changed_here.push(field),
            }
        }
        if has_other_password(user, here) {
            changed.push("password");
            changed.sort_by_key(|field| COLUMNS.iter().position(|column| column == field));
        }
        let (updated, pending) =
            if options.update { (changed, Vec::new()) } else { (Vec::new(), changed) };
        Self { user, here, last, is_adopted, updated, pending, changed_here, unknown }
    }

    fn applies(&self, field: &str) -> bool {
        self.updated.contains(&field)
    }

    /// Returns whether the user is an active administrator after the import.
    fn administers(&self) -> bool {
        let theirs = &self.user.record;
        let role = if self.applies("is_superuser") { &theirs.role } else { &self.here.role };
        role == ADMIN_ROLE
            && if self.applies("is_active") { theirs.is_active } else { self.here.is_active }
    }

    /// Leaves a column as it is here, so that a later import reports it again.
    fn withhold(&mut self, field: &'static str) {
        if self.applies(field) {
            self.updated.retain(|updated| *updated != field);
            self.pending.push(field);
        }
    }

    fn report(&self) -> Option<Differing> {
        let is_imported = self.here.is_imported() || self.is_adopted;
        let Self { updated, pending, changed_here, unknown, .. } = self;
        if is_imported
            && [updated, pending, changed_here, unknown].iter().all(|fields| fields.is_empty())
        {
            return None;
        }
        Some(Differing {
            id: self.here.id,
            username: self.here.username.clone(),
            is_imported,
            updated: updated.clone(),
            pending: pending.clone(),
            changed_here: changed_here.clone(),
            unknown: unknown.clone(),
        })
    }

    /// Returns the values to write; `None` if nothing changes.
    fn change(&self, options: ImportOptions) -> Option<ImportChange<'a>> {
        let (user, here) = (self.user, self.here);
        let imported_record = self.last.as_ref().map(|last| self.recorded(last, options));
        let imported_password = match &here.imported_password {
            Some(known) if !options.update => Some(known.clone()),
            None if !self.is_adopted => None,
            _ => Some(user.password_fingerprint()),
        };
        if self.updated.is_empty()
            && imported_record == here.imported_record
            && imported_password == here.imported_password
        {
            return None;
        }
        let text =
            |field, theirs: &'a str, ours: &'a str| if self.applies(field) { theirs } else { ours };
        let theirs = &user.record;
        let is_active = if self.applies("is_active") { theirs.is_active } else { here.is_active };
        Some(ImportChange {
            id: here.id,
            username: text("username", &theirs.username, &here.username),
            email: text("email", &theirs.email, &here.email),
            first_name: text("first_name", &theirs.first_name, &here.first_name),
            last_name: text("last_name", &theirs.last_name, &here.last_name),
            password_hash: if self.applies("password") {
                &theirs.password_hash
            } else {
                &here.password_hash
            },
            role: text("is_superuser", &theirs.role, &here.role),
            is_active,
            imported_password,
            imported_record,
            is_renamed: self.applies("username"),
            ends_sessions: self.applies("password")
                || self.applies("is_superuser")
                || (here.is_active && !is_active),
        })
    }

    /// Returns the values to record as imported: for withheld columns, the old ones.
    fn recorded(&self, last: &Snapshot, options: ImportOptions) -> Snapshot {
        if !options.update {
            return last.clone();
        }
        let mut recorded = self.user.snapshot();
        for field in &self.pending {
            match *field {
                "username" => recorded.username.clone_from(&last.username),
                "is_active" => recorded.is_active = last.is_active,
                "is_superuser" => recorded.is_superuser = last.is_superuser,
                _ => {}
            }
        }
        recorded
    }
}

/// Returns whether the password changed in Django. The issuer replaces the hash at the first login,
/// so only the fingerprints show it.
fn has_other_password(user: &ImportedUser, here: &StoredUser) -> bool {
    user.record.password_hash != here.password_hash
        && here
            .imported_password
            .as_ref()
            .is_some_and(|known| *known != user.password_fingerprint())
}
