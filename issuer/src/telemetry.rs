//! Sending spans to an OpenTelemetry collector: OTLP over HTTP, in the background, as much as there is room for.
//!
//! A collector that is slow or down costs spans and nothing else. Batches and queue, sampling, extra headers and resource
//! attributes follow the variables of the OpenTelemetry specification (`OTEL_BSP_*`, `OTEL_TRACES_SAMPLER`,
//! `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`).

use std::str::FromStr;
use std::time::Duration;

use axum::http::Uri;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Key, Value};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

/// Unless the variables name it otherwise.
const SERVICE: &str = "issuer";
/// How long the end of the program waits for the collector.
const PATIENCE: Duration = Duration::from_secs(3);

/// The base URL of a collector that takes OTLP over HTTP, like `http://localhost:4318`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorUrl(String);

/// A text that is no such URL. It is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "--otlp-endpoint is no URL of an OTLP/HTTP collector: write it like http://localhost:4318, without query and fragment"
)]
pub struct InvalidCollectorUrl;

impl FromStr for CollectorUrl {
    type Err = InvalidCollectorUrl;

    fn from_str(text: &str) -> Result<Self, InvalidCollectorUrl> {
        let uri: Uri = text.parse().map_err(|_| InvalidCollectorUrl)?;
        let is_good = matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some()
            && uri.query().is_none()
            && !text.contains('#');
        if is_good { Ok(Self(text.trim_end_matches('/').to_owned())) } else { Err(InvalidCollectorUrl) }
    }
}

/// Spans cannot be sent at all.
#[derive(Debug, thiserror::Error)]
#[error("the spans cannot be exported: {0}")]
pub struct TelemetryError(#[from] ExporterBuildError);

/// Sends spans until it is stopped.
pub struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// Will post spans to `<collector>/v1/traces`; nothing is sent yet.
    ///
    /// # Errors
    /// When the settings in the environment cannot be used.
    pub fn to(collector: &CollectorUrl) -> Result<Self, TelemetryError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", collector.0))
            .build()?;
        let provider = SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build();
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

fn resource() -> Resource {
    let known = Resource::builder().build();
    let is_named = known
        .get(&Key::from_static_str("service.name"))
        .is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let builder = Resource::builder();
    if is_named { builder.build() } else { builder.with_service_name(Value::from(SERVICE)).build() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collectors_url_is_read_and_mistakes_are_refused() {
        for (text, expected) in [
            ("http://localhost:4318", "http://localhost:4318"),
            ("https://collector.example/otlp/", "https://collector.example/otlp"),
        ] {
            assert_eq!(text.parse(), Ok(CollectorUrl(expected.into())));
        }
        for bad in ["", "localhost:4318", "grpc://localhost:4317", "http://a/?q", "http://a/#f", "http://"] {
            assert_eq!(bad.parse::<CollectorUrl>(), Err(InvalidCollectorUrl), "{bad}");
        }
    }
}
