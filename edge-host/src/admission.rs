//! Admission to a bounded number of instances: requests beyond their capacity wait in a queue, for
//! a bounded time.

use std::sync::PoisonError;
use std::time::Duration;

use connection::ActiveRequest;
use http::{Request, Response};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{InstantiationError, ProxyHandler};

use crate::capacity::{AtCapacity, Capacity, Dispatch};
use crate::instance::Instances;

/// How often the first queued request tries again without a notification.
const RETRY_INTERVAL: Duration = Duration::from_millis(5);

/// Why the component returned no response.
pub(crate) enum HandleError {
    /// All instances were full for [`Admission::queue_timeout`].
    Busy,
    /// The component failed or took too long.
    Failed(wasmtime::Error),
}

/// Hands requests to instances.
pub(crate) struct Admission {
    handler: ProxyHandler<Instances>,
    capacity: Capacity,
    /// Held by the first queued request. The lock is fair: waiters get it in their order.
    queue: Mutex<()>,
    /// Longest time in the queue.
    queue_timeout: Duration,
}

impl Admission {
    pub(crate) fn new(instances: Instances, queue_timeout: Duration) -> Self {
        let capacity = instances.capacity.clone();
        let handler = ProxyHandler::new(instances);
        Self { handler, capacity, queue: Mutex::new(()), queue_timeout }
    }

    pub(crate) fn instances(&self) -> &Instances {
        self.handler.state()
    }

    /// Returns the component's response. The handler starts an instance when none can take the
    /// request; at capacity it returns the request, which then joins the queue.
    ///
    /// # Errors
    /// [`HandleError`].
    pub(crate) async fn handle(
        &self,
        active: &ActiveRequest,
        request: Request<WasiBody>,
    ) -> Result<Response<WasiBody>, HandleError> {
        let mut request = request;
        // A new request must not overtake queued ones.
        if !self.capacity.has_queue() {
            match self.handler.handle(Dispatch::new(active.clone()), request).await {
                Err(error) => request = returned(error)?,
                Ok(response) => return Ok(response),
            }
        }
        let deadline = Instant::now() + self.queue_timeout;
        let queued = self.capacity.enqueue();
        let Ok(first) = timeout_at(deadline, self.queue.lock()).await else {
            return Err(HandleError::Busy);
        };
        loop {
            let (dispatch, started) = Dispatch::with_start_signal(active.clone());
            let mut handling = Box::pin(self.handler.handle(dispatch, request));
            // Without the deadline: the handler soon starts or returns the request, and a request
            // that is reported as busy must not run.
            let outcome = tokio::select! {
                biased;
                Ok(()) = started => {
                    drop((first, queued));
                    return handling.await.map_err(HandleError::Failed);
                }
                outcome = &mut handling => outcome,
            };
            match outcome {
                Err(error) => request = returned(error)?,
                Ok(response) => return Ok(response),
            }
            tokio::select! {
                () = self.capacity.freed() => {}
                () = sleep(RETRY_INTERVAL) => {}
                () = sleep_until(deadline) => return Err(HandleError::Busy),
            }
        }
    }
}

/// Returns the request that was not started because of [`AtCapacity`], or any other error.
fn returned(error: wasmtime::Error) -> Result<Request<WasiBody>, HandleError> {
    let is_at_capacity = |error: &InstantiationError<Dispatch>| error.error.is::<AtCapacity>();
    if !error.downcast_ref::<InstantiationError<Dispatch>>().is_some_and(is_at_capacity) {
        return Err(HandleError::Failed(error));
    }
    match error.downcast::<InstantiationError<Dispatch>>() {
        Ok(error) => Ok(error.request.into_inner().unwrap_or_else(PoisonError::into_inner)),
        Err(error) => Err(HandleError::Failed(error)),
    }
}
