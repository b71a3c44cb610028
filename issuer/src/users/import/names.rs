use std::collections::{HashMap, HashSet};

use super::imported_user::ImportedUser;
use super::report::NameConflict;
use super::stored_user::StoredUser;

/// The id of the user that has each name.
pub(super) struct Names<'a>(HashMap<&'a str, i64>);

impl<'a> Names<'a> {
    pub(super) fn new(stored: &'a [StoredUser]) -> Self {
        Self(stored.iter().map(|user| (user.username.as_str(), user.id)).collect())
    }

    /// Assigns a name to a user, or returns the id of its holder.
    pub(super) fn claim(&mut self, name: &'a str, id: i64) -> Result<(), i64> {
        match self.0.get(name) {
            Some(holder) if *holder != id => Err(*holder),
            _ => {
                self.0.insert(name, id);
                Ok(())
            }
        }
    }

    /// Assigns `users` their names in Django, and returns the ids of those renamed. Names may be
    /// exchanged in a cycle: a name is free if and only if its holder gets another one.
    pub(super) fn rename(
        &mut self,
        mut users: Vec<(&'a ImportedUser, &'a StoredUser)>,
        conflicts: &mut Vec<NameConflict>,
    ) -> HashSet<i64> {
        let before = self.0.clone();
        loop {
            self.0.clone_from(&before);
            for (_, here) in &users {
                self.0.remove(here.username.as_str());
            }
            let fails = |(user, _): &(&'a ImportedUser, _)| {
                Some((user.id, self.claim(user.username(), user.id).err()?))
            };
            let failed: HashMap<i64, i64> = users.iter().filter_map(fails).collect();
            if failed.is_empty() {
                return users.iter().map(|(user, _)| user.id).collect();
            }
            // These keep their names, which others may want: try again without them.
            users.retain(|(user, _)| match failed.get(&user.id) {
                Some(&holder) => {
                    conflicts.push(NameConflict {
                        id: user.id,
                        username: user.username().to_owned(),
                        holder,
                    });
                    false
                }
                None => true,
            });
        }
    }
}
