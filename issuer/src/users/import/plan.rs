//! What an import does with each row, decided before anything is written.

use std::collections::{HashMap, HashSet};

use super::names::Names;
use super::row::COLUMNS;
use super::stored::StoredUser;
use super::{
    Differing, IdTaken, ImportOptions, ImportReport, ImportedUser, KeptAdministrator, NotTaken,
    Snapshot,
};
use crate::users::{ADMIN_ROLE, LastAdministrator, PasswordHash};

/// A record to be written.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) id: i64,
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
    /// Whether the user has another password or role, or is inactive now.
    pub(crate) ends_sessions: bool,
}

/// What is to be written, and what is to be reported.
#[derive(Debug, Default)]
pub(crate) struct Plan<'a> {
    pub(crate) new: Vec<&'a ImportedUser>,
    pub(crate) changes: Vec<Change<'a>>,
    pub(crate) report: ImportReport,
}

/// Decides what becomes of each of `users`, by id, among those who are `stored`.
/// `administrators` are the ids of the active ones, for an update.
pub(crate) fn plan<'a>(
    users: &'a [ImportedUser],
    stored: &'a [StoredUser],
    administrators: &[i64],
    options: ImportOptions,
) -> Result<Plan<'a>, IdTaken> {
    let by_id: HashMap<i64, &StoredUser> = stored.iter().map(|user| (user.id, user)).collect();
    refuse_taken_ids(users, &by_id)?;
    let mut plan = Plan::default();
    let mut names = Names::new(stored);
    let present = users.iter().filter_map(|user| Some((user, *by_id.get(&user.id)?)));
    let mut present: Vec<_> =
        present.map(|(user, here)| Comparison::new(user, here, options)).collect();
    let renamed = present
        .iter()
        .filter(|one| one.applies("username"))
        .map(|one| (one.user, one.here))
        .collect();
    let renamed = names.rename(renamed, &mut plan.report.not_taken);
    for one in present.iter_mut().filter(|one| !renamed.contains(&one.user.id)) {
        one.withhold("username");
    }
    for user in users.iter().filter(|user| !by_id.contains_key(&user.id)) {
        match names.claim(user.username(), user.id) {
            Ok(()) => plan.new.push(user),
            Err(holder) => {
                let username = user.username().to_owned();
                plan.report.not_taken.push(NotTaken { id: user.id, username, holder });
            }
        }
    }
    plan.report.not_taken.sort_by_key(|user| user.id);
    if options.last_administrator == LastAdministrator::Stays {
        plan.report.kept_administrator =
            keep_an_administrator(&mut present, &plan.new, administrators);
    }
    for one in &present {
        plan.report.present += 1;
        if one.is_adopted {
            plan.report.adopted.push((one.here.id, one.here.username.clone()));
        }
        plan.report.differing.extend(one.report());
        plan.changes.extend(one.change(options));
    }
    let known: HashSet<i64> = users.iter().map(|user| user.id).collect();
    let gone =
        |user: &&StoredUser| user.is_imported() && user.is_active && !known.contains(&user.id);
    plan.report.gone =
        stored.iter().filter(gone).map(|user| (user.id, user.username.clone())).collect();
    plan.report.gone.sort_unstable();
    Ok(plan)
}

/// Two people must not share an id: each would get the tokens of the other.
fn refuse_taken_ids(
    users: &[ImportedUser],
    by_id: &HashMap<i64, &StoredUser>,
) -> Result<(), IdTaken> {
    let is_another = |user: &ImportedUser, here: &StoredUser| {
        !here.is_imported()
            && here.username != user.username()
            && here.created_at != user.record.created_at
    };
    let mut taken =
        users.iter().filter(|user| by_id.get(&user.id).is_some_and(|here| is_another(user, here)));
    match taken.next() {
        Some(user) => Err(IdTaken {
            id: user.id,
            username: user.username().to_owned(),
            others: taken.count(),
        }),
        None => Ok(()),
    }
}

/// Leaves one of the active `administrators` when the import would leave none: the last of them, as
/// if they were changed one after another.
fn keep_an_administrator(
    present: &mut [Comparison<'_>],
    new: &[&ImportedUser],
    administrators: &[i64],
) -> Option<KeptAdministrator> {
    let is_left = |id: &i64| present.iter().all(|one| one.here.id != *id || one.administers());
    if new.iter().any(|user| user.record.is_active && user.record.role == ADMIN_ROLE)
        || present.iter().any(Comparison::administers)
        || administrators.iter().any(is_left)
    {
        return None;
    }
    let last = present.iter_mut().rfind(|one| administrators.contains(&one.here.id))?;
    let fields: Vec<_> =
        ["is_active", "is_superuser"].into_iter().filter(|field| last.applies(field)).collect();
    for field in &fields {
        last.withhold(field);
    }
    Some(KeptAdministrator { id: last.here.id, username: last.here.username.clone(), fields })
}

/// A user of Django's, the record here, and in which of Django's columns they differ.
struct Comparison<'a> {
    user: &'a ImportedUser,
    here: &'a StoredUser,
    /// Django's values at the last import, as far as they are known now.
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
        // A user who was imported and differs in nothing needs no decision of the operator.
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

    /// Leaves a column as it is here. A later import finds it changed in Django again.
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

    /// Returns the record to be written; `None` when it stays as it is.
    fn change(&self, options: ImportOptions) -> Option<Change<'a>> {
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
        Some(Change {
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

    /// Returns what counts as imported from now on: of columns that were withheld, the old value.
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

/// Returns whether Django has another password. The issuer replaces the hash at the first login, so
/// only the fingerprints show it.
fn has_other_password(user: &ImportedUser, here: &StoredUser) -> bool {
    user.record.password_hash != here.password_hash
        && here
            .imported_password
            .as_ref()
            .is_some_and(|known| *known != user.password_fingerprint())
}
