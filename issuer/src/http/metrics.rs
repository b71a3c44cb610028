//! `GET /metrics`, served on a separate address.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text::{CONTENT_TYPE as TEXT_FORMAT, encode};
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::state::Issuer;

/// Prefix of every metric.
const PREFIX: &str = "issuer";

/// Returns the metrics of an issuer as a service, for an address that clients cannot reach.
pub fn metrics_router(issuer: Arc<Issuer>) -> Router {
    let mut registry = Registry::with_prefix(PREFIX);
    issuer.metrics.register(&mut registry);
    registry.register_collector(Box::new(CurrentState(issuer)));
    Router::new().route("/metrics", get(scrape)).with_state(Arc::new(registry))
}

async fn scrape(State(registry): State<Arc<Registry>>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot encode the metrics");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// Gauges that are read at the time of a scrape.
struct CurrentState(Arc<Issuer>);

impl fmt::Debug for CurrentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentState").finish_non_exhaustive()
    }
}

impl Collector for CurrentState {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let issuer = &*self.0;
        let throttled = issuer.throttle.rejected();
        family(
            &mut encoder,
            "throttled",
            "Rejected password attempts beyond a limit.",
            "limit",
            [("address", throttled.by_address), ("name", throttled.by_name)]
                .map(|(l, n)| (l, ConstCounter::new(n))),
        )?;
        let hashing = issuer.passwords.load();
        family(
            &mut encoder,
            "password_hashes",
            "Password hashes that run or wait.",
            "state",
            [("running", gauge(hashing.running)), ("waiting", gauge(hashing.waiting))],
        )?;
        single(
            &mut encoder,
            "password_hashes_running_max",
            "Maximum of concurrent password hashes.",
            gauge(hashing.max_running),
        )?;
        single(
            &mut encoder,
            "password_hashes_waiting_max",
            "Maximum of waiting password hashes.",
            gauge(hashing.max_waiting),
        )?;
        let pool = issuer.storage.pool();
        family(
            &mut encoder,
            "database_connections",
            "Connections to the database.",
            "state",
            [("busy", gauge(pool.busy)), ("idle", gauge(pool.idle))],
        )?;
        single(
            &mut encoder,
            "database_connections_max",
            "Maximum of connections to the database.",
            gauge(pool.max),
        )?;
        let keys = issuer.keys.current();
        single(&mut encoder, "keys", "Keys in the JWKS.", gauge(keys.jwks.keys().keys().len()))?;
        if let Some(since) = keys.active_since {
            let age = (issuer.clock.now() - since).num_seconds();
            let kid = keys.signing.kid();
            let help = "Time since the active key began to sign.";
            family(
                &mut encoder,
                "active_key_age_seconds",
                help,
                "kid",
                [(kid, ConstGauge::new(age))],
            )?;
        }
        Ok(())
    }
}

fn gauge(value: impl TryInto<i64>) -> ConstGauge<i64> {
    ConstGauge::new(value.try_into().unwrap_or(i64::MAX))
}

fn single(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: ConstGauge<i64>,
) -> fmt::Result {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

fn family<M: EncodeMetric, const N: usize>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    label: &str,
    members: [(&str, M); N],
) -> fmt::Result {
    let Some((_, first)) = members.first() else { return Ok(()) };
    let mut encoder = encoder.encode_descriptor(name, help, None, first.metric_type())?;
    for (value, metric) in &members {
        metric.encode(encoder.encode_family(&[(label, *value)])?)?;
    }
    Ok(())
}
