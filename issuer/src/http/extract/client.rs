//! The address of the client.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;

use crate::http::state::Issuer;

/// The client's address, as a trusted proxy reports it. `None` without a connection, as when a
/// test calls the router directly.
pub(in crate::http) struct ClientAddress(pub(in crate::http) Option<IpAddr>);

impl FromRequestParts<Arc<Issuer>> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        issuer: &Arc<Issuer>,
    ) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(
            peer.map(|ConnectInfo(peer)| issuer.trusted_proxies.client(peer.ip(), &parts.headers)),
        ))
    }
}
