//! Sending spans to an OpenTelemetry collector: OTLP over HTTP, in the background, as much as
//! there is room for.
//!
//! A collector that is slow or down costs spans and nothing else. Batches and queue, sampling,
//! extra headers and resource attributes follow the variables of the OpenTelemetry specification
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

/// Unless the variables name it otherwise.
const SERVICE: &str = "issuer";
/// How long the end of the program waits for the collector.
const PATIENCE: Duration = Duration::from_secs(3);

/// Spans cannot be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The URL is none. It is not repeated: it may hold a password.
    #[error(
        "--otlp-endpoint is no URL of an OTLP/HTTP collector: write it like http://localhost:4318, without query and fragment"
    )]
    InvalidUrl,
    /// The settings in the environment cannot be used.
    #[error("the spans cannot be exported: {0}")]
    Exporter(#[from] ExporterBuildError),
}

/// Sends spans until it is stopped.
pub struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// Will post spans to `<collector>/v1/traces`, by OTLP over HTTP; nothing is sent yet.
    /// `collector`: like `http://localhost:4318`. A user name and a password in it are sent as
    /// `Authorization: Basic` (RFC 7617).
    ///
    /// # Errors
    /// When that is no URL, or the settings in the environment cannot be used.
    pub fn to(collector: &str) -> Result<Self, TelemetryError> {
        let collector = BaseUrl::with_credentials(collector).ok_or(TelemetryError::InvalidUrl)?;
        // The exporter logs its URL, and sends nothing of what stands before the host.
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

    /// Starts spans.
    #[must_use]
    pub fn tracer(&self) -> SdkTracer {
        self.provider.tracer(SERVICE)
    }

    /// Sends what is left, within seconds.
    pub async fn stop(self) {
        // It blocks, and what it drops may not be dropped on a thread of the runtime.
        let stop = move || {
            if let Err(error) = self.provider.shutdown_with_timeout(PATIENCE) {
                tracing::warn!(%error, "the last spans were not sent");
            }
        };
        let _ = tokio::task::spawn_blocking(stop).await;
    }
}

/// `user:password` as in a URL, where both may be percent-encoded (RFC 3986 section 3.2.1).
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
