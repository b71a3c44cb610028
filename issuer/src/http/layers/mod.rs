//! Rules for all requests and responses, as layers around the routes.

pub(super) mod cors;
pub(super) mod count;
pub(super) mod head;
pub(super) mod request_id;
pub(super) mod slash;
pub(super) mod spans;
pub(super) mod unread;
