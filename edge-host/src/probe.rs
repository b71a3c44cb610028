//! Finds unknown variables with one request to the component before it serves.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use connection::Activity;
use http::{Method, Request};
use http_body_util::{BodyExt, Empty};
use wasmtime_wasi_http::handler::ProxyHandler;

use crate::capacity::{Capacity, Dispatch};
use crate::instance::{Instances, Limits};
use crate::key_value::KeyValueStore;
use crate::metrics::Metrics;
use crate::outbound::Outbound;
use crate::outbound_redis::RedisPool;

/// Least time for the response: a short `--request-timeout` must not skip the check.
const MIN_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends `OPTIONS /`, which has no effect, to an instance without network, log and stored keys: a
/// component reads its variables for its first request. A component that does not respond is
/// accepted here; its requests report what is wrong.
///
/// # Errors
/// When a variable is set that the component does not read.
pub(crate) async fn reject_unknown_variables(instances: &Instances) -> anyhow::Result<()> {
    let variables = instances.variables.recording();
    let probe = Instances {
        engine: instances.engine.clone(),
        component: instances.component.clone(),
        variables: variables.clone(),
        key_value: KeyValueStore::in_memory()?,
        redis: RedisPool::default(),
        outbound: Outbound::nowhere(),
        limits: limits(instances.limits),
        fixed_time: instances.fixed_time,
        metrics: Metrics::default(),
        capacity: Capacity::new(1),
        logs: false,
        stopping: Arc::new(AtomicBool::new(true)),
    };
    let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
    let request = Request::builder().method(Method::OPTIONS).uri("http://localhost/").body(body);
    let dispatch = Dispatch::new(Activity::new().start_request());
    let handler = ProxyHandler::new(probe);
    if let Err(error) = handler.handle(dispatch, request.context("not a request")?).await {
        tracing::warn!("cannot check the names of the variables against the component: {error:#}");
    }
    variables.reject_unknown()
}

fn limits(configured: Limits) -> Limits {
    Limits { time: configured.time.max(MIN_TIMEOUT), idle: Duration::ZERO, ..configured }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_request_timeout_does_not_shorten_the_check() {
        let configured = |seconds| Limits {
            memory: 1,
            time: Duration::from_secs(seconds),
            idle: Duration::from_secs(9),
        };
        assert_eq!(limits(configured(1)).time, MIN_TIMEOUT);
        assert_eq!(limits(configured(60)).time, Duration::from_secs(60));
    }
}
