//! A user's files, page by page.

use std::collections::BTreeSet;

use edge_auth::StoreError;

use super::record::{Owner, RECORDS, Record, UploadId};
use crate::host::UploadHost;

/// Some of a user's files, the newest first.
pub(crate) struct Page {
    pub(crate) files: Vec<(UploadId, Record)>,
    /// The id after which the next page begins; `None` on the last.
    pub(crate) next: Option<UploadId>,
}

/// Returns `limit` files older than `after`. Holds no more ids than a page in memory, however many
/// files there are.
pub(crate) async fn list_files(
    owner: &Owner,
    after: Option<&UploadId>,
    limit: usize,
    host: &impl UploadHost,
) -> Result<Page, StoreError> {
    let prefix = owner.prefix();
    let mut newest = BTreeSet::new();
    host.keys(|key| {
        let id = key
            .strip_prefix(RECORDS)
            .filter(|id| id.starts_with(&prefix))
            .and_then(UploadId::parse);
        if let Some(id) = id
            && after.is_none_or(|after| id < *after)
        {
            newest.insert(id);
            if newest.len() > limit + 1 {
                newest.pop_first();
            }
        }
    })
    .await?;
    // The oldest id belongs to the next page. The page after this one begins below the last id of
    // this one, whether or not that file still exists.
    let next = newest.iter().nth(1).filter(|_| newest.len() > limit).cloned();
    let mut files = Vec::new();
    for id in newest.into_iter().rev().take(limit) {
        // Skips a file deleted meanwhile, and one of another user with the same hash.
        let record = Record::load(&id, host).await?.filter(|record| record.belongs_to(owner));
        files.extend(record.map(|record| (id, record)));
    }
    Ok(Page { files, next })
}
