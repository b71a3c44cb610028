use crate::base_url::BaseUrl;
use crate::model::StatusSlot;
use crate::random::{Random, RandomError};

/// Sessions in one list: 16 KiB before compression.
pub const LIST_SIZE: u32 = 1 << 17;
/// Number of lists, for 134 million sessions at once.
pub(super) const MAX_LISTS: u32 = 1_024;
/// Random slots to try in a list before the next list. Of the sessions that try a list that is
/// nine tenths full, two thirds go on to the next.
const TRIES_PER_LIST: u32 = 4;
/// Lists to try for one session.
const MAX_TRIED_LISTS: u32 = 8;

/// Names the Token Status Lists (draft-ietf-oauth-status-list) and chooses slots in them.
#[derive(Debug, Clone)]
pub struct StatusLists {
    base: BaseUrl,
}

impl StatusLists {
    /// Creates lists that are served below this URL.
    #[must_use]
    pub fn new(base: BaseUrl) -> Self {
        Self { base }
    }

    /// Returns the URI of a list: its own `sub`, and the `uri` in tokens.
    #[must_use]
    pub fn uri(&self, list: i64) -> String {
        self.base.at(&format!("/api/token/status/{list}"))
    }

    /// Returns a slot to try; `None` if there were too many attempts. Indices are random, so that
    /// they reveal neither order nor number of logins.
    pub(crate) fn slot(
        &self,
        attempt: u32,
        random: &dyn Random,
    ) -> Result<Option<StatusSlot>, RandomError> {
        let list = match attempt / TRIES_PER_LIST {
            list @ 0..MAX_TRIED_LISTS => list,
            // The first lists are crowded: try any list.
            MAX_TRIED_LISTS => random_u32(random)? % MAX_LISTS,
            _ => return Ok(None),
        };
        // Unbiased, because the size is a power of two.
        let index = random_u32(random)? % LIST_SIZE;
        Ok(Some(StatusSlot { list: list.into(), index: index.into() }))
    }
}

fn random_u32(random: &dyn Random) -> Result<u32, RandomError> {
    let mut bytes = [0; 4];
    random.fill(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_below_the_public_url() {
        for (text, uri) in [
            ("https://a.example", "https://a.example/api/token/status/3"),
            ("https://a.example/", "https://a.example/api/token/status/3"),
            ("http://127.0.0.1:8000/auth/", "http://127.0.0.1:8000/auth/api/token/status/3"),
        ] {
            assert_eq!(StatusLists::new(text.parse().expect(text)).uri(3), uri);
        }
    }
}
