//! Which of the users who want a name get it.

use std::collections::{HashMap, HashSet};

use super::stored::StoredUser;
use super::{ImportedUser, NotTaken};

/// Which user has which name.
pub(super) struct Names<'a>(HashMap<&'a str, i64>);

impl<'a> Names<'a> {
    pub(super) fn new(stored: &'a [StoredUser]) -> Self {
        Self(stored.iter().map(|user| (user.username.as_str(), user.id)).collect())
    }

    /// Gives a name to a user, or returns who has it.
    pub(super) fn claim(&mut self, name: &'a str, id: i64) -> Result<(), i64> {
        match self.0.get(name) {
            Some(holder) if *holder != id => Err(*holder),
            _ => {
                self.0.insert(name, id);
                Ok(())
            }
        }
    }

    /// Gives `users` their names in Django, and returns the ids of those who got it. Names may go
    /// round: a name is free when the user who has it gets another one, and only then.
    pub(super) fn rename(
        &mut self,
        mut users: Vec<(&'a ImportedUser, &'a StoredUser)>,
        not_taken: &mut Vec<NotTaken>,
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
            // Those keep their names, which may be the new ones of others: look again without them.
            users.retain(|(user, _)| match failed.get(&user.id) {
                Some(&holder) => {
                    not_taken.push(NotTaken {
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
