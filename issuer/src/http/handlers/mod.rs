//! The operations, by subject. `routes` lists them with their paths.

mod conditional;
mod done;

pub(super) mod account;
pub(super) mod discovery;
pub(super) mod docs;
pub(super) mod health;
pub(super) mod keys;
pub(super) mod oauth;
pub(super) mod status_list;
pub(super) mod tokens;
pub(super) mod users;
