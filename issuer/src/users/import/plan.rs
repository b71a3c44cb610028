//! What an import does with each row, decided before anything is written.

use std::collections::{HashMap, HashSet};

use super::ImportedUser;
use crate::users::{ADMIN_ROLE, PasswordHash};

/// A record that is there, as far as an import compares it.
#[derive(Debug, Clone)]
pub(crate) struct StoredUser {
    pub(crate) id: i64,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) password_hash: PasswordHash,
    pub(crate) role: String,
    pub(crate) is_active: bool,
    /// [`ImportedUser::password_fingerprint`] of the last import; `None`: the user was not imported.
    pub(crate) imported_password: Option<String>,
}

/// What an import did, user by user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// How many users are new.
    pub new: u64,
    /// How many were there already, those included that differ.
    pub present: u64,
    /// Users whose record differs from Django's, by id.
    pub differing: Vec<Differing>,
    /// Users who could not get their name, by id.
    pub not_taken: Vec<NotTaken>,
    /// Active users of an earlier import whom Django does not have any more: ids and names, by id.
    pub gone: Vec<(i64, String)>,
}

/// A user whose record differs from Django's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// The id.
    pub id: i64,
    /// The name here, before an update.
    pub username: String,
    /// Names of Django's columns that differ.
    pub fields: Vec<&'static str>,
    /// Whether the record got Django's values.
    pub is_updated: bool,
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

/// A record that gets Django's values.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) user: &'a ImportedUser,
    /// The name afterwards; the one from before when the new one belongs to another user.
    pub(crate) username: &'a str,
    pub(crate) role: &'a str,
    pub(crate) password_hash: &'a PasswordHash,
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
///
/// With `update`, records that differ get Django's values; without, they are reported only.
pub(crate) fn plan<'a>(users: &'a [ImportedUser], stored: &'a [StoredUser], update: bool) -> Result<Plan<'a>, IdTaken> {
    let by_id: HashMap<i64, &StoredUser> = stored.iter().map(|user| (user.id, user)).collect();
    refuse_taken_ids(users, &by_id)?;
    let mut plan = Plan::default();
    let mut names = Names::new(stored);
    let present = || users.iter().filter_map(|user| Some((user, *by_id.get(&user.id)?)));
    let renamed = if update { names.rename(present(), &mut plan.report.not_taken) } else { HashSet::new() };
    for (user, here) in present() {
        plan.report.present += 1;
        let fields = differences(user, here);
        if fields.is_empty() {
            continue;
        }
        plan.report.differing.push(Differing {
            id: user.id,
            username: here.username.clone(),
            is_updated: update && (fields != ["username"] || renamed.contains(&user.id)),
            fields: fields.clone(),
        });
        if update {
            plan.changes.push(change(user, here, &fields, renamed.contains(&user.id)));
        }
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
    let known: HashSet<i64> = users.iter().map(|user| user.id).collect();
    let gone = |user: &&StoredUser| user.imported_password.is_some() && user.is_active && !known.contains(&user.id);
    plan.report.gone = stored.iter().filter(gone).map(|user| (user.id, user.username.clone())).collect();
    plan.report.gone.sort_unstable();
    Ok(plan)
}

/// Two people must not share an id: each would get the tokens of the other.
fn refuse_taken_ids(users: &[ImportedUser], by_id: &HashMap<i64, &StoredUser>) -> Result<(), IdTaken> {
    let is_taken = |user: &&ImportedUser| {
        by_id.get(&user.id).is_some_and(|here| here.username != user.username() && here.imported_password.is_none())
    };
    let mut taken = users.iter().filter(is_taken);
    match taken.next() {
        Some(user) => Err(IdTaken { id: user.id, username: user.username().to_owned(), others: taken.count() }),
        None => Ok(()),
    }
}

fn differences(user: &ImportedUser, here: &StoredUser) -> Vec<&'static str> {
    let theirs = &user.record;
    let has_other_password = theirs.password_hash != here.password_hash
        && here.imported_password.as_ref().is_none_or(|known| *known != user.password_fingerprint());
    // Other roles are given here, Django knows superusers only.
    let has_other_role = (theirs.role == ADMIN_ROLE) != (here.role == ADMIN_ROLE);
    [
        ("username", theirs.username != here.username),
        ("email", theirs.email != here.email),
        ("first_name", theirs.first_name != here.first_name),
        ("last_name", theirs.last_name != here.last_name),
        ("password", has_other_password),
        ("is_active", theirs.is_active != here.is_active),
        ("is_superuser", has_other_role),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}

fn change<'a>(user: &'a ImportedUser, here: &'a StoredUser, fields: &[&str], is_renamed: bool) -> Change<'a> {
    let differs = |field| fields.contains(&field);
    Change {
        user,
        username: if is_renamed { user.username() } else { &here.username },
        role: if differs("is_superuser") { &user.record.role } else { &here.role },
        password_hash: if differs("password") { &user.record.password_hash } else { &here.password_hash },
        is_renamed,
        ends_sessions: differs("password")
            || differs("is_superuser")
            || (differs("is_active") && !user.record.is_active),
    }
}

/// Which user has which name.
struct Names<'a>(HashMap<&'a str, i64>);

impl<'a> Names<'a> {
    fn new(stored: &'a [StoredUser]) -> Self {
        Self(stored.iter().map(|user| (user.username.as_str(), user.id)).collect())
    }

    /// Gives a name to a user, or returns who has it.
    fn claim(&mut self, name: &'a str, id: i64) -> Result<(), i64> {
        match self.0.get(name) {
            Some(holder) if *holder != id => Err(*holder),
            _ => {
                self.0.insert(name, id);
                Ok(())
            }
        }
    }

    /// Renames those who have another name in Django, and returns who they are. Names may go round:
    /// a name is free when the user who has it gets another one, and only then.
    fn rename(
        &mut self,
        present: impl Iterator<Item = (&'a ImportedUser, &'a StoredUser)>,
        not_taken: &mut Vec<NotTaken>,
    ) -> HashSet<i64> {
        let mut renamed: Vec<_> = present.filter(|(user, here)| user.username() != here.username).collect();
        let before = self.0.clone();
        loop {
            self.0.clone_from(&before);
            for (_, here) in &renamed {
                self.0.remove(here.username.as_str());
            }
            let fails =
                |(user, _): &(&'a ImportedUser, _)| Some((user.id, self.claim(user.username(), user.id).err()?));
            let failed: HashMap<i64, i64> = renamed.iter().filter_map(fails).collect();
            if failed.is_empty() {
                return renamed.iter().map(|(user, _)| user.id).collect();
            }
            // Those keep their names, which may be the new ones of others: look again without them.
            renamed.retain(|(user, _)| match failed.get(&user.id) {
                Some(&holder) => {
                    not_taken.push(NotTaken { id: user.id, username: user.username().to_owned(), holder });
                    false
                }
                None => true,
            });
        }
    }
}
