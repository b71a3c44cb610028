//! Counters for Prometheus. Labels have few values whatever clients send, which bounds the memory.

use std::fmt::{self, Write as _};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds of the duration buckets, in seconds: from a public key to a login that waited.
const BOUNDS: [f64; 12] =
    [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// How a login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoginOutcome {
    /// Tokens were issued.
    Success,
    /// Unknown or inactive user, or wrong password.
    Refused,
    /// Too many attempts.
    Throttled,
    /// The queue for password hashes was full.
    Busy,
    /// The body was not a user name and a password.
    Malformed,
    /// The database or the signer failed.
    Failed,
}

/// How a refresh ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefreshOutcome {
    /// Tokens were issued.
    Success,
    /// The token was expired, forged or malformed.
    Refused,
    /// Its session had ended before.
    Ended,
    /// A replaced token was used again after its successor: it was stolen, so that the session was
    /// ended.
    Reused,
    /// Its user was inactive or gone.
    NoActiveUser,
    /// The body was not a token.
    Malformed,
    /// The database or the signer failed.
    Failed,
}

impl EncodeLabelValue for LoginOutcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            Self::Success => "success",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::Busy => "busy",
            Self::Malformed => "malformed",
            Self::Failed => "failed",
        })
    }
}

impl EncodeLabelValue for RefreshOutcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            Self::Success => "success",
            Self::Refused => "refused",
            Self::Ended => "ended",
            Self::Reused => "reused",
            Self::NoActiveUser => "no_active_user",
            Self::Malformed => "malformed",
            Self::Failed => "failed",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResponseLabels {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoginLabels {
    outcome: LoginOutcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefreshLabels {
    outcome: RefreshOutcome,
}

/// The counters of one issuer.
#[derive(Debug)]
pub struct Metrics {
    responses: Family<ResponseLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    connections: Gauge,
    in_progress: Gauge,
    logins: Family<LoginLabels, Counter>,
    refreshes: Family<RefreshLabels, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            responses: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BOUNDS)),
            connections: Gauge::default(),
            in_progress: Gauge::default(),
            logins: Family::default(),
            refreshes: Family::default(),
        }
    }
}

/// A gauge of concurrent things.
#[derive(Debug, Clone, Default)]
pub struct Count(Gauge);

impl Count {
    /// Counts one more, until the guard is dropped.
    #[must_use]
    pub fn enter(&self) -> InFlight {
        self.0.inc();
        InFlight(self.0.clone())
    }
}

/// Is counted until it is dropped.
#[derive(Debug)]
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Returns the gauge of open connections.
    #[must_use]
    pub fn connections(&self) -> Count {
        Count(self.connections.clone())
    }

    /// Counts a request, until the guard is dropped.
    #[must_use]
    pub fn request(&self) -> InFlight {
        Count(self.in_progress.clone()).enter()
    }

    /// Counts a response, and the time to its head. `route` is the template of the path, never the
    /// path itself.
    pub fn responded(&self, route: &str, method: &'static str, status: u16, time: Duration) {
        self.responses
            .get_or_create(&ResponseLabels { route: route.to_owned(), method, status })
            .inc();
        self.durations
            .get_or_create(&RouteLabels { route: route.to_owned() })
            .observe(time.as_secs_f64());
    }

    /// Counts a login.
    pub fn login(&self, outcome: LoginOutcome) {
        self.logins.get_or_create(&LoginLabels { outcome }).inc();
    }

    /// Counts a refresh.
    pub fn refresh(&self, outcome: RefreshOutcome) {
        self.refreshes.get_or_create(&RefreshLabels { outcome }).inc();
    }

    /// Registers the counters for scrapes.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_requests",
            "Responses by template of the path, method and status",
            self.responses.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request to the head of its response",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register("connections", "Open connections of clients", self.connections.clone());
        registry.register(
            "http_requests_in_progress",
            "Requests without a response yet",
            self.in_progress.clone(),
        );
        registry.register("logins", "Logins by outcome", self.logins.clone());
        registry.register("refreshes", "Refreshes by outcome", self.refreshes.clone());
    }
}
