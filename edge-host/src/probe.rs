//! One request before the first: which variables does the component read?

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use connection::Activity;
use http::{Method, Request};
use http_body_util::{BodyExt, Empty};
use wasmtime_wasi_http::handler::ProxyHandler;

use crate::instance::{Instances, Limits};
use crate::key_value::KeyValueStore;
use crate::metrics::Metrics;
use crate::outbound::Outbound;
use crate::outbound_redis::RedisPool;
use crate::slots::{Admitted, Slots};

/// Time for the response, at least: a short `--request-timeout` must not skip the check.
const TIME: Duration = Duration::from_secs(30);

/// Refuses variables that the component does not read. It reads them for its first request, so an
/// instance gets one: `OPTIONS /`, which does nothing. The instance has no network, no log and an
/// empty store, and ends with its response. A component that does not respond is not refused here;
/// its requests report what is wrong.
pub(crate) async fn refuse_unknown_variables(instances: &Instances) -> anyhow::Result<()> {
    let variables = instances.variables.watched();
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
        slots: Slots::new(1),
        logs: false,
        stopping: Arc::new(AtomicBool::new(true)),
    };
    let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
    let request = Request::builder().method(Method::OPTIONS).uri("http://localhost/").body(body);
    let turn = Activity::new().begin();
    let answer = ProxyHandler::new(probe)
        .handle(Admitted::new(turn), request.context("not a request")?)
        .await;
    if let Err(error) = answer {
        tracing::warn!("the variables are not compared with the component's: {error:#}");
    }
    variables.refuse_unknown()
}

fn limits(configured: Limits) -> Limits {
    Limits { time: configured.time.max(TIME), idle: Duration::ZERO, ..configured }
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
        assert_eq!(limits(configured(1)).time, TIME);
        assert_eq!(limits(configured(60)).time, Duration::from_secs(60));
    }
}
