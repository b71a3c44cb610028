//! `GET /`: the state of the service in counts and states, without keys and tokens.

use edge_auth::{KeyStatus, RevocationStatus};
use serde::Serialize;

use crate::host::UploadHost;
use crate::request::Request;
use crate::response::{self, Response};

#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    service: &'static str,
    version: &'static str,
    keys: KeyStatus,
    revocation: RevocationStatus,
    store: StoreStatus,
    /// Names of the variables whose values are not the defaults.
    variables: &'a [&'static str],
}

/// The state of the key-value store.
#[derive(Serialize)]
struct StoreStatus {
    /// Whether it accepted a value as large as those of uploads, within the last 10 seconds.
    writable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Responds with 200 in every state, which the body reports.
pub(crate) async fn health<H: UploadHost>(request: Request<'_, H>) -> Response {
    let Request { state, host, .. } = request;
    let keys = state.authorizer.key_status(host).await;
    let revocation = state.authorizer.revocation_status(host).await;
    let problem = state.probe.problem(host).await;
    let store = StoreStatus { writable: problem.is_none(), problem };
    let is_degraded =
        [&keys.problem, &revocation.problem, &store.problem].into_iter().any(Option::is_some);
    let status = match (is_degraded, keys.is_unknown || revocation.is_unknown) {
        (true, _) => "degraded",
        (false, true) => "unknown",
        (false, false) => "ok",
    };
    response::ok(&Health {
        status,
        service: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        keys,
        revocation,
        store,
        variables: &state.variables,
    })
}
