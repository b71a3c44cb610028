//! Extractors of the handlers' arguments. Each one rejects an invalid request with the response of
//! REST framework or SimpleJWT; axum runs them in the order of the arguments.

mod bearer;
mod body;
mod client;
mod fields;
mod introspection_client;
mod media;
mod path;
mod query;
mod token_form;

pub(super) use bearer::{Administrator, Bearer};
pub(super) use body::Body;
pub(super) use client::ClientAddress;
pub(super) use fields::{Fields, Flag, FromFields, Whitespace};
pub(super) use introspection_client::IntrospectionClient;
pub(super) use path::PathParameter;
pub(super) use query::{FromQuery, Query};
pub(super) use token_form::TokenForm;
