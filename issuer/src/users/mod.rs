//! Users: validation of records, passwords and their hashes, and the import from Django.

mod hashing_limiter;
mod import;
mod password;
mod password_rules;
mod profile;
mod stored_hash;
mod view;

pub use hashing_limiter::{Busy, HashingLoad};
pub use import::{
    Differing, IdConflict, ImportClaims, ImportOptions, ImportReport, ImportedUser, NameConflict,
    RetainedAdministrator, SourceError, read_django_users,
};
pub(crate) use import::{ImportChange, ImportPlan, Snapshot, StoredUser, plan_import};
pub use password::{
    HashingError, HashingLimits, MAX_PASSWORD_BYTES, PasswordCheck, PasswordHasher,
    generate_password,
};
pub use profile::{
    InvalidField, InvalidRecord, PasswordOwner, Profile, check_password, normalised_username,
};
pub use view::{AdminView, UserView};

pub use crate::model::{
    ADMIN_ROLE, Changes, ClaimsChange, DEFAULT_ROLE, LastAdministrator, NewUser, PasswordHash, User,
};
