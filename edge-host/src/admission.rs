//! A bounded number of instances: requests beyond what they hold wait in line, for a bounded time.

use std::sync::PoisonError;
use std::time::Duration;

use connection::Turn;
use http::{Request, Response};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{InstantiationError, ProxyHandler};

use crate::instance::Instances;
use crate::slots::{Admitted, NoSlot, Slots};

/// The first in line looks again after this time, should no instance have said that it has room.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Why the component gave no answer.
pub(crate) enum NoAnswer {
    /// There was no room in any instance for [`Admission::patience`].
    Busy,
    /// It failed, or took too long.
    Failed(wasmtime::Error),
}

/// Hands requests to instances.
pub(crate) struct Admission {
    handler: ProxyHandler<Instances>,
    slots: Slots,
    /// Held by the first in line. A fair lock: those who wait for it get it in their order.
    line: Mutex<()>,
    /// Longest time in line.
    patience: Duration,
}

impl Admission {
    pub(crate) fn new(instances: Instances, patience: Duration) -> Self {
        let slots = instances.slots.clone();
        Self { handler: ProxyHandler::new(instances), slots, line: Mutex::new(()), patience }
    }

    pub(crate) fn instances(&self) -> &Instances {
        self.handler.state()
    }

    /// Returns the component's answer. The handler starts an instance whenever none can take a
    /// request at this very moment; where that is refused, it gives the request back, and the
    /// request goes into line.
    pub(crate) async fn handle(
        &self,
        turn: &Turn,
        request: Request<WasiBody>,
    ) -> Result<Response<WasiBody>, NoAnswer> {
        let mut request = request;
        // A later request must not overtake those that wait.
        if !self.slots.has_line() {
            match self.handler.handle(Admitted::new(turn.clone()), request).await {
                Err(error) => request = returned(error)?,
                Ok(response) => return Ok(response),
            }
        }
        let deadline = Instant::now() + self.patience;
        let waiting = self.slots.wait();
        let Ok(line) = timeout_at(deadline, self.line.lock()).await else {
            return Err(NoAnswer::Busy);
        };
        loop {
            let (admitted, begins) = Admitted::announced(turn.clone());
            let mut handling = Box::pin(self.handler.handle(admitted, request));
            // Not bounded by the deadline: a request that the handler holds is begun or given
            // back, and soon. One that was refused here must not be carried out there.
            let outcome = tokio::select! {
                biased;
                Ok(()) = begins => {
                    drop((line, waiting));
                    return handling.await.map_err(NoAnswer::Failed);
                }
                outcome = &mut handling => outcome,
            };
            match outcome {
                Err(error) => request = returned(error)?,
                Ok(response) => return Ok(response),
            }
            tokio::select! {
                () = self.slots.room() => {}
                () = sleep(LOOK_AGAIN) => {}
                () = sleep_until(deadline) => return Err(NoAnswer::Busy),
            }
        }
    }
}

/// The request that could not be handed to an instance for want of a slot.
fn returned(error: wasmtime::Error) -> Result<Request<WasiBody>, NoAnswer> {
    let is_refused = |error: &InstantiationError<Admitted>| error.error.is::<NoSlot>();
    if !error.downcast_ref::<InstantiationError<Admitted>>().is_some_and(is_refused) {
        return Err(NoAnswer::Failed(error));
    }
    match error.downcast::<InstantiationError<Admitted>>() {
        Ok(back) => Ok(back.request.into_inner().unwrap_or_else(PoisonError::into_inner)),
        Err(error) => Err(NoAnswer::Failed(error)),
    }
}
