//! Export of spans to an OpenTelemetry collector: OTLP over HTTP, in the background, from a bounded
//! queue.
//!
//! A slow or unreachable collector only loses spans. Batches and queue, sampling, extra headers and
//! resource attributes follow the environment variables of the OpenTelemetry specification
//! (`OTEL_BSP_*`, `OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`,
//! `OTEL_RESOURCE_ATTRIBUTES`).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Key, Value};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use percent_encoding::percent_decode_str;

use crate::base_url::BaseUrl;

/// Name of the service, unless the environment names another.
const SERVICE: &str = "issuer";
/// How long the end of the program waits for the collector.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// Spans cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The URL is malformed. The message does not repeat it: it may contain a password.
    #[error(
        "--otlp-endpoint is not the URL of an OTLP/HTTP collector: write it like \
         http://localhost:4318, without query and fragment"
    )]
    InvalidUrl,
    /// The environment variables are invalid.
    #[error("the spans cannot be exported: {0}")]
    Exporter(#[from] ExporterBuildError),
}

/// An exporter of spans.
pub struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// Exports to `<collector>/v1/traces`, where `collector` is like `http://localhost:4318`. Sends
    /// nothing yet. Sends a user name and a password in the URL as `Authorization: Basic` (RFC
    /// 7617).
    ///
    /// # Errors
    /// [`TelemetryError`] for a malformed URL or invalid environment variables.
    pub fn to(collector: &str) -> Result<Self, TelemetryError> {
        let collector = BaseUrl::with_credentials(collector).ok_or(TelemetryError::InvalidUrl)?;
        // The exporter logs its URL, and ignores credentials in it.
        let (collector, credentials) = collector.without_credentials();
        let headers =
            credentials.map(|credentials| ("authorization".to_owned(), basic(credentials)));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(collector.at("/v1/traces"))
            .with_headers(headers.into_iter().collect())
            .build()?;
        let provider = SdkTracerProvider::builder()
            .with_resource(resource())
            .with_batch_exporter(exporter)
            .build();
        Ok(Self { provider })
    }

    /// Returns the tracer that starts spans.
    #[must_use]
    pub fn tracer(&self) -> SdkTracer {
        self.provider.tracer(SERVICE)
    }

    /// Sends the queued spans, within seconds.
    pub async fn stop(self) {
        // Blocking, and the client that it drops must not be dropped on a thread of the runtime.
        let stop = move || {
            if let Err(error) = self.provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT) {
                tracing::warn!(%error, "cannot send the last spans");
            }
        };
        let _ = tokio::task::spawn_blocking(stop).await;
    }
}

/// Encodes the `user:password` of a URL, which may be percent-encoded (RFC 3986 section 3.2.1).
fn basic(credentials: &str) -> String {
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let mut plain = percent_decode_str(user).collect::<Vec<_>>();
    plain.push(b':');
    plain.extend(percent_decode_str(password));
    format!("Basic {}", STANDARD.encode(plain))
}

fn resource() -> Resource {
    let known = Resource::builder().build();
    let is_named = known
        .get(&Key::from_static_str("service.name"))
        .is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let builder = Resource::builder();
    if is_named { builder.build() } else { builder.with_service_name(Value::from(SERVICE)).build() }
}
