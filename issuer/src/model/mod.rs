//! The domain types: users, sessions, keys and revocations.
//!
//! Depends on nothing else in this crate and on no database, HTTP or command-line library, so that
//! every store, protocol and front end can share it.

mod key;
mod session;
mod token_profile;
mod token_type;
mod user;
mod user_changes;

pub use key::{KeyRecord, KeyState};
pub use session::{KeySessions, RefreshToken, Revocation, Session, StatusSlot, TokenPosition};
pub use token_profile::{AudienceClaim, TokenProfile};
pub use token_type::TokenType;
pub use user::{ADMIN_ROLE, DEFAULT_ROLE, NewUser, PasswordHash, User, UserId};
pub use user_changes::{Changes, ClaimsChange, LastAdministrator};
