//! The handlers of `/upload` and `/uploads`.

mod download;
mod file_name;
mod form;
mod list;
mod parameters;
mod preconditions;
mod receive;
mod responses;
mod upload_error;

pub(crate) use download::{delete, download};
pub(crate) use list::list;
pub(crate) use receive::receive;
pub(crate) use responses::ADMIN;

#[cfg(test)]
mod tests;
