//! The request that a handler receives.

use edge_auth::language::{self, Lang};
use http::request::Parts;

use crate::state::State;
use edge_component::request_body::RequestBody;

/// A request as a handler receives it.
pub(crate) struct Request<'a, H> {
    pub(crate) parts: &'a Parts,
    pub(crate) body: &'a mut (dyn RequestBody + 'a),
    /// The path segment for which the route has `{id}`; empty in other routes.
    pub(crate) id: &'a str,
    pub(crate) state: &'a State,
    pub(crate) host: &'a H,
}

impl<H> Request<'_, H> {
    /// Returns the language of texts for this client.
    pub(crate) fn lang(&self) -> Lang {
        language::preferred(&self.parts.headers)
    }
}
