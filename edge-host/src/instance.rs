//! The component's instances: their state, their limits and their lifetime.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use connection::ActiveRequest;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, ResourceLimiter, Store, StoreContextMut, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{HostWallClock, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::capacity::{Capacity, Dispatch};
use crate::guest_log::GuestLog;
use crate::key_value::{self, HasKeyValue, KeyValueStore};
use crate::metrics::{GaugeGuard, Metrics};
use crate::outbound::Outbound;
use crate::outbound_redis::{self, HasRedis, RedisPool};
use crate::variables::Variables;

/// Requests after which an instance is replaced, as in Spin.
const REQUESTS_PER_INSTANCE: usize = 128;
/// Requests of an instance at a time, as in Spin.
pub(crate) const CONCURRENT_REQUESTS_PER_INSTANCE: u32 = 16;

/// How long an instance without work is kept.
pub(crate) const IDLE_TIME: Duration = Duration::from_secs(60);

/// The longest time for a request, however active it is: a little more than the component allows
/// for an upload.
const LONGEST_REQUEST: Duration = Duration::from_secs(3700);

/// One tick of the engine's epoch: running code yields after it.
pub(crate) const EPOCH_TICK: Duration = Duration::from_millis(10);

/// The limits of an instance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of linear memory.
    pub(crate) memory: usize,
    /// Time without activity on the connection until the head of the response and, after that,
    /// until the end of the request.
    pub(crate) time: Duration,
    /// Time without requests after which the instance ends.
    pub(crate) idle: Duration,
}

/// The data of an instance's store.
pub(crate) struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
    variables: Variables,
    key_value: KeyValueStore,
    redis: RedisPool,
    limiter: Limiter,
    _gauge: GaugeGuard,
    _permit: OwnedSemaphorePermit,
}

/// Limits the memory of an instance and counts it.
struct Limiter {
    limits: StoreLimits,
    bytes: usize,
    metrics: Metrics,
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let may_grow = self.limits.memory_growing(current, desired, maximum)?;
        if may_grow {
            let more = desired.saturating_sub(current);
            self.bytes += more;
            self.metrics.memory_grown(more);
        }
        Ok(may_grow)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.limits.table_growing(current, desired, maximum)
    }
}

impl Drop for Limiter {
    fn drop(&mut self) {
        self.metrics.memory_freed(self.bytes);
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outbound, table: &mut self.table, ctx: &mut self.http }
    }
}

impl AsRef<Variables> for State {
    fn as_ref(&self) -> &Variables {
        &self.variables
    }
}

impl HasKeyValue for State {
    fn key_value(&mut self) -> key_value::View<'_> {
        key_value::View { table: &mut self.table, store: self.key_value.clone() }
    }
}

impl HasRedis for State {
    fn redis(&mut self) -> outbound_redis::View<'_> {
        outbound_redis::View {
            table: &mut self.table,
            pool: self.redis.clone(),
            outbound: &self.outbound,
        }
    }
}

/// Starts instances.
pub(crate) struct Instances {
    pub(crate) engine: Engine,
    pub(crate) component: ServicePre<State>,
    pub(crate) variables: Variables,
    pub(crate) key_value: KeyValueStore,
    pub(crate) redis: RedisPool,
    pub(crate) outbound: Outbound,
    pub(crate) limits: Limits,
    /// The time of the component's clock, if it stands still.
    pub(crate) fixed_time: Option<FixedTime>,
    pub(crate) metrics: Metrics,
    pub(crate) capacity: Capacity,
    /// Whether the component's output is logged.
    pub(crate) logs: bool,
    /// Set when the program stops: instances that are dropped after that have not failed.
    pub(crate) stopping: Arc<AtomicBool>,
}

impl HandlerState for Instances {
    type StoreData = State;
    type WorkerExpiration = Lifetime;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Lifetime, Worker>> {
        let permit = self.capacity.acquire()?;
        // No preopened directory, no environment, no sockets.
        let mut wasi = WasiCtx::builder();
        wasi.allow_tcp(false).allow_udp(false);
        if self.logs {
            wasi.stdout(GuestLog).stderr(GuestLog);
        }
        if let Some(time) = self.fixed_time {
            wasi.wall_clock(time);
        }
        let wasi = wasi.build();
        let state = State {
            table: ResourceTable::new(),
            wasi,
            http: WasiHttpCtx::new(),
            outbound: self.outbound.clone(),
            variables: self.variables.clone(),
            key_value: self.key_value.clone(),
            redis: self.redis.clone(),
            limiter: Limiter {
                limits: StoreLimitsBuilder::new().memory_size(self.limits.memory).build(),
                bytes: 0,
                metrics: self.metrics.clone(),
            },
            _gauge: self.metrics.instance(),
            _permit: permit,
        };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let started = Instant::now();
        let component = ProxyPre::P3(self.component.clone());
        let proxy = tokio::time::timeout(self.limits.time, component.instantiate_async(&mut store))
            .await
            .unwrap_or_else(|_| {
                Err(wasmtime::format_err!(
                    "the instance did not start within {:?}",
                    self.limits.time
                ))
            })
            .inspect_err(|_| self.metrics.instance_failed())?;
        tracing::debug!(elapsed_us = started.elapsed().as_micros(), "instance started");
        let requests = ActiveRequests::new(self.limits.time);
        Ok(Instance {
            store,
            proxy,
            view: <State as WasiHttpView>::http,
            expiration: Lifetime {
                busy: self.limits.time,
                idle: self.limits.idle,
                requests: requests.clone(),
                timed: None,
                timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            },
            state: Worker {
                time: self.limits.time,
                requests,
                metrics: self.metrics.clone(),
                capacity: self.capacity.clone(),
                stopping: Arc::clone(&self.stopping),
            },
        })
    }
}

/// A wall clock that stands still, in seconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FixedTime(pub(crate) u64);

impl HostWallClock for FixedTime {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        Duration::from_secs(self.0)
    }
}

/// The requests of an instance that may still be in progress.
#[derive(Clone)]
struct ActiveRequests {
    /// Time without activity after which a request has ended.
    time: Duration,
    all: Arc<Mutex<Vec<ActiveRequest>>>,
}

impl ActiveRequests {
    fn new(time: Duration) -> Self {
        Self { time, all: Arc::default() }
    }

    fn add(&self, request: ActiveRequest) {
        let mut requests = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        requests.retain(|request| request.last_activity().elapsed() < self.time);
        requests.push(request);
    }

    /// Returns the last activity on any of their connections.
    fn last_activity(&self) -> Option<Instant> {
        let requests = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        requests
            .iter()
            .filter(|request| request.started().elapsed() < LONGEST_REQUEST)
            .map(ActiveRequest::last_activity)
            .max()
    }
}

/// Which requests an instance accepts, and how long each may take.
pub(crate) struct Worker {
    time: Duration,
    requests: ActiveRequests,
    metrics: Metrics,
    capacity: Capacity,
    stopping: Arc<AtomicBool>,
}

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = Dispatch;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        // An instance that is due for replacement may be busy for another hour. At capacity it
        // keeps accepting, so that a few slow uploads cannot lock out all other requests.
        if total >= REQUESTS_PER_INSTANCE && self.capacity.is_available() {
            ShouldAccept::Never
        } else if concurrent >= CONCURRENT_REQUESTS_PER_INSTANCE as usize {
            ShouldAccept::No
        } else {
            self.capacity.notify_freed();
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        dispatch: Dispatch,
        _: wasmtime::component::GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        let request = dispatch.start();
        self.requests.add(request.clone());
        let time = self.time;
        Box::pin(async move {
            let end = request.started() + LONGEST_REQUEST;
            loop {
                let deadline = end.min(request.last_activity() + time);
                if deadline <= Instant::now() {
                    break;
                }
                tokio::time::sleep_until(deadline.into()).await;
            }
        })
    }

    fn drop(&self, store: Store<State>, result: wasmtime::Result<()>) {
        drop(store);
        self.capacity.notify_freed();
        if let Err(error) = result
            && !self.stopping.load(Ordering::Relaxed)
        {
            self.metrics.instance_failed();
            tracing::error!("instance ended: {error:?}");
        }
    }
}

/// When an instance is dropped: after some time without requests, or when its code does not yield.
pub(crate) struct Lifetime {
    busy: Duration,
    idle: Duration,
    requests: ActiveRequests,
    /// The status for which the timer runs.
    timed: Option<(WorkerStatus, Instant)>,
    timer: Pin<Box<Sleep>>,
}

impl WorkerExpiration for Lifetime {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        let time = match status {
            WorkerStatus::Idle => self.idle,
            // A request that awaits something ends by its own timer; the extra second lets this one
            // end only code that never yields.
            WorkerStatus::Requests | WorkerStatus::PostReturn => self.busy + Duration::from_secs(1),
        };
        if self.timed.replace((status, start)) != Some((status, start)) {
            self.timer.as_mut().reset((start + time).into());
        }
        loop {
            ready!(self.timer.as_mut().poll(cx));
            // The transfer of a body counts as work.
            let active = self.requests.last_activity().filter(|_| status != WorkerStatus::Idle);
            match active.map(|active| active + time).filter(|end| *end > Instant::now()) {
                Some(end) => self.timer.as_mut().reset(end.into()),
                None => return Poll::Ready(()),
            }
        }
    }
}
