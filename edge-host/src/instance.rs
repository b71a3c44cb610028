//! The component's instances: what each holds, how much it may take, and how long it is used.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use connection::Turn;
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

use crate::guest_log::GuestLog;
use crate::key_value::{self, HasKeyValue, KeyValueStore};
use crate::metrics::{Metrics, Present};
use crate::outbound::Outbound;
use crate::outbound_redis::{self, HasRedis, RedisPool};
use crate::slots::{Admitted, Slots};
use crate::variables::Variables;

/// Requests one instance answers before it is replaced, and how many of them at a time; Spin's
/// figures.
const REQUESTS_PER_INSTANCE: usize = 128;
pub(crate) const CONCURRENT_REQUESTS_PER_INSTANCE: u32 = 16;

/// How long an instance without work is kept.
pub(crate) const IDLE_TIME: Duration = Duration::from_secs(60);

/// The longest a request may take, however lively it is; a little more than the component itself
/// allows an upload.
const LONGEST_REQUEST: Duration = Duration::from_secs(3700);

/// One tick of the engine's epoch, after which running code lets others run.
pub(crate) const EPOCH_TICK: Duration = Duration::from_millis(10);

/// What an instance may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of linear memory.
    pub(crate) memory: usize,
    /// Time to the head of the answer and, after it, to the end of the work; it begins anew
    /// whenever something moves on the connection.
    pub(crate) time: Duration,
    /// Time without work after which it ends.
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
    _present: Present,
    /// Of [`Instances::slots`].
    _slot: OwnedSemaphorePermit,
}

/// Holds an instance to its memory, and tells what it has.
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

/// Makes instances.
pub(crate) struct Instances {
    pub(crate) engine: Engine,
    pub(crate) component: ServicePre<State>,
    pub(crate) variables: Variables,
    pub(crate) key_value: KeyValueStore,
    pub(crate) redis: RedisPool,
    pub(crate) outbound: Outbound,
    pub(crate) limits: Limits,
    /// What the components' clocks show, if not the time.
    pub(crate) fixed_time: Option<FixedTime>,
    pub(crate) metrics: Metrics,
    /// How many there may be, and who waits for them.
    pub(crate) slots: Slots,
    /// Whether the component's output is logged.
    pub(crate) logs: bool,
    /// Set when the program ends: instances that are dropped from then on have not failed.
    pub(crate) stopping: Arc<AtomicBool>,
}

impl HandlerState for Instances {
    type StoreData = State;
    type WorkerExpiration = Lifetime;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Lifetime, Worker>> {
        let slot = self.slots.take()?;
        // No preopened directory, no environment, no sockets: variables and allowed origins are
        // all it gets.
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
            _present: self.metrics.instance(),
            _slot: slot,
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
        let turns = Turns::new(self.limits.time);
        Ok(Instance {
            store,
            proxy,
            view: <State as WasiHttpView>::http,
            expiration: Lifetime {
                busy: self.limits.time,
                idle: self.limits.idle,
                turns: turns.clone(),
                seen: None,
                timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            },
            state: Worker {
                time: self.limits.time,
                turns,
                metrics: self.metrics.clone(),
                slots: self.slots.clone(),
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

/// The requests of an instance that may still go on.
#[derive(Clone)]
struct Turns {
    /// How long one goes on without anything that moves.
    time: Duration,
    all: Arc<Mutex<Vec<Turn>>>,
}

impl Turns {
    fn new(time: Duration) -> Self {
        Self { time, all: Arc::default() }
    }

    fn add(&self, turn: Turn) {
        let mut turns = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|turn| turn.moved().elapsed() < self.time);
        turns.push(turn);
    }

    /// When something last moved on one of their connections.
    fn moved(&self) -> Option<Instant> {
        let turns = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        turns.iter().filter(|turn| turn.began().elapsed() < LONGEST_REQUEST).map(Turn::moved).max()
    }
}

/// Which requests an instance takes, and how long each may last.
pub(crate) struct Worker {
    time: Duration,
    turns: Turns,
    metrics: Metrics,
    slots: Slots,
    stopping: Arc<AtomicBool>,
}

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = Admitted;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        // One that is to be replaced may have requests for an hour yet. Where it keeps another
        // from being started, it goes on: else a few slow uploads could take all room from all
        // others.
        if total >= REQUESTS_PER_INSTANCE && self.slots.is_any_free() {
            ShouldAccept::Never
        } else if concurrent >= CONCURRENT_REQUESTS_PER_INSTANCE as usize {
            ShouldAccept::No
        } else {
            self.slots.has_room();
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        admitted: Admitted,
        _: wasmtime::component::GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        let turn = admitted.begin();
        self.turns.add(turn.clone());
        let time = self.time;
        Box::pin(async move {
            let end = turn.began() + LONGEST_REQUEST;
            loop {
                let deadline = end.min(turn.moved() + time);
                if deadline <= Instant::now() {
                    break;
                }
                tokio::time::sleep_until(deadline.into()).await;
            }
        })
    }

    fn drop(&self, store: Store<State>, result: wasmtime::Result<()>) {
        drop(store);
        self.slots.has_room();
        if let Err(error) = result
            && !self.stopping.load(Ordering::Relaxed)
        {
            self.metrics.instance_failed();
            tracing::error!("instance ended: {error:?}");
        }
    }
}

/// When an instance is given up: after a while without work, or when code in it does not let go.
pub(crate) struct Lifetime {
    busy: Duration,
    idle: Duration,
    turns: Turns,
    /// What the timer was set for.
    seen: Option<(WorkerStatus, Instant)>,
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
            // A request that waits is ended by its own timer first; this one is for code that
            // never waits.
            WorkerStatus::Requests | WorkerStatus::PostReturn => self.busy + Duration::from_secs(1),
        };
        if self.seen.replace((status, start)) != Some((status, start)) {
            self.timer.as_mut().reset((start + time).into());
        }
        loop {
            ready!(self.timer.as_mut().poll(cx));
            // Bodies that move are work too.
            let moved = self.turns.moved().filter(|_| status != WorkerStatus::Idle);
            match moved.map(|moved| moved + time).filter(|later| *later > Instant::now()) {
                Some(later) => self.timer.as_mut().reset(later.into()),
                None => return Poll::Ready(()),
            }
        }
    }
}
