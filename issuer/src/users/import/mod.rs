//! Import of the users of a Django project: reads its table, and plans what happens to each row.

mod imported_user;
mod names;
mod options;
mod plan;
mod report;
mod row;
mod snapshot;
mod source;
mod stored_user;

pub use imported_user::ImportedUser;
pub use options::{ImportClaims, ImportOptions};
pub(crate) use plan::{ImportChange, ImportPlan, plan_import};
pub use report::{Differing, IdConflict, ImportReport, NameConflict, RetainedAdministrator};
pub(crate) use snapshot::Snapshot;
pub use source::{SourceError, read_django_users};
pub(crate) use stored_user::StoredUser;
