//! Uploaded files in the host's key-value store.
//!
//! The store has no transactions, so the order of writes keeps it consistent:
//!
//! 1. `pending/<id>` marks an upload in progress;
//! 2. `chunk/<id>/<n>` hold the content; `size/<id>/<bytes>` counts it towards the user's
//!    [`quota`], which with a quota comes first;
//! 3. `upload/<id>` is the record, which makes it a file: a file with a record is complete;
//! 4. `pending/<id>` is removed.
//!
//! An interruption leaves the `pending` key, by which [`sweep`] finds what to remove. A deletion
//! removes the record first, then the content. No key is read, changed and written back, so
//! concurrent requests cannot undo each other's work. Where the store has no space for the
//! `pending` key, a deletion removes the record last instead.
//!
//! An id begins with a hash of its owner and the time in milliseconds, so that sorting the keys
//! sorts a user's files by age, in any order within a millisecond. Older ids have the time in
//! seconds, which sorts before any time in milliseconds. File names are data and never part of a
//! key.

mod content;
mod draft;
mod listing;
mod quota;
mod record;
mod removal;
mod sweep;

pub use content::FileContent;
pub(crate) use draft::{Draft, DraftError};
pub(crate) use listing::{Page, list_files};
pub(crate) use record::{Owner, Record, UploadId};
pub(crate) use removal::remove;
pub(crate) use sweep::Sweeper;
