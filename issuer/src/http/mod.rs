//! The HTTP API: routes, extractors, handlers, responses, and the server.

mod access;
mod error;
mod extract;
mod handlers;
mod introspection_clients;
mod layers;
mod method;
mod metrics;
mod openapi;
mod origin;
mod proxies;
mod readiness;
mod route_table;
mod router;
mod routes;
mod server;
mod state;
mod throttle;

pub use handlers::keys::KEYS_CACHE_SECONDS;
pub use introspection_clients::{
    IntrospectionClients, InvalidClient, client_entry, is_client_name,
};
pub use layers::cors::{AllowedOrigins, InvalidOrigin};
pub use layers::spans::traced;
pub use metrics::metrics_router;
pub use proxies::{InvalidProxy, TrustedProxies};
pub use router::router;
pub use server::{BindError, Connections, Tls, TlsError, TlsFiles, bind, serve};
pub use state::{Issuer, IssuerSettings, SetupError};
pub use throttle::LoginLimits;
