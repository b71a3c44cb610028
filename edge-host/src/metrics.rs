//! The program's counters, and their Prometheus text (exposition format 0.0.4).

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;

/// Upper bounds of the histogram's buckets, in microseconds, and as text in seconds.
const BOUNDS: [(u64, &str); 12] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (10_000_000, "10"),
    (30_000_000, "30"),
];

/// The counters of this program. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    /// Responses by the first digit of their status, from 1 to 5.
    responses: [AtomicU64; 5],
    /// Responses by duration, each in the first bucket that holds it; the last has no bound.
    durations: [AtomicU64; BOUNDS.len() + 1],
    duration_us: AtomicU64,
    in_progress: AtomicU64,
    connections: AtomicU64,
    instances: AtomicU64,
    instances_started: AtomicU64,
    instances_failed: AtomicU64,
    instance_memory: AtomicU64,
}

/// Lowers a gauge when it is dropped.
#[derive(Debug)]
pub(crate) struct GaugeGuard {
    metrics: Metrics,
    gauge: fn(&Counters) -> &AtomicU64,
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        (self.gauge)(&self.metrics.0).fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    fn raise(&self, gauge: fn(&Counters) -> &AtomicU64) -> GaugeGuard {
        gauge(&self.0).fetch_add(1, Ordering::Relaxed);
        GaugeGuard { metrics: self.clone(), gauge }
    }

    /// Counts an open connection until the guard is dropped.
    pub(crate) fn connection(&self) -> GaugeGuard {
        self.raise(|counters| &counters.connections)
    }

    /// Counts a request in progress until the guard is dropped.
    pub(crate) fn request(&self) -> GaugeGuard {
        self.raise(|counters| &counters.in_progress)
    }

    /// Counts a started instance, as running until the guard is dropped.
    pub(crate) fn instance(&self) -> GaugeGuard {
        self.0.instances_started.fetch_add(1, Ordering::Relaxed);
        self.raise(|counters| &counters.instances)
    }

    /// Counts a response and the time to its head.
    pub(crate) fn responded(&self, status: StatusCode, time: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(count) = self.0.responses.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let class = BOUNDS.iter().position(|(bound, _)| time <= *bound).unwrap_or(BOUNDS.len());
        self.0.durations[class].fetch_add(1, Ordering::Relaxed);
        self.0.duration_us.fetch_add(time, Ordering::Relaxed);
    }

    /// Counts an instance that ended with an error or did not start.
    pub(crate) fn instance_failed(&self) {
        self.0.instances_failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds bytes of linear memory to those of all instances.
    pub(crate) fn memory_grown(&self, bytes: usize) {
        self.0.instance_memory.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Subtracts the linear memory of an instance, in bytes.
    pub(crate) fn memory_freed(&self, bytes: usize) {
        self.0.instance_memory.fetch_sub(bytes as u64, Ordering::Relaxed);
    }

    /// Returns all counters as Prometheus text.
    pub(crate) fn text(&self) -> String {
        let counters = &self.0;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let mut text = Text::default();

        text.describe("edge_requests_total", "counter", "Responses by class of status.");
        for (index, count) in counters.responses.iter().enumerate() {
            text.sample(
                &format!("edge_requests_total{{status=\"{}xx\"}}", index + 1),
                &read(count).to_string(),
            );
        }

        text.describe(
            "edge_request_duration_seconds",
            "histogram",
            "Time from a request to the head of its response.",
        );
        let mut sum = 0;
        for (index, count) in counters.durations.iter().enumerate() {
            sum += read(count);
            let bound = BOUNDS.get(index).map_or("+Inf", |(_, bound)| bound);
            text.sample(
                &format!("edge_request_duration_seconds_bucket{{le=\"{bound}\"}}"),
                &sum.to_string(),
            );
        }
        let seconds = Duration::from_micros(read(&counters.duration_us)).as_secs_f64();
        text.sample("edge_request_duration_seconds_sum", &seconds.to_string());
        text.sample("edge_request_duration_seconds_count", &sum.to_string());

        for (name, kind, help, count) in [
            (
                "edge_requests_in_progress",
                "gauge",
                "Requests whose response has not begun.",
                &counters.in_progress,
            ),
            ("edge_connections", "gauge", "Connections that are open.", &counters.connections),
            ("edge_instances", "gauge", "Instances of the component.", &counters.instances),
            (
                "edge_instances_started_total",
                "counter",
                "Instances that were started.",
                &counters.instances_started,
            ),
            (
                "edge_instances_failed_total",
                "counter",
                "Instances that did not start, or ended with an error.",
                &counters.instances_failed,
            ),
            (
                "edge_instance_memory_bytes",
                "gauge",
                "Linear memory of all instances.",
                &counters.instance_memory,
            ),
        ] {
            text.describe(name, kind, help);
            text.sample(name, &read(count).to_string());
        }
        if let Some(bytes) = resident_bytes() {
            text.describe("process_resident_memory_bytes", "gauge", "Memory of the program.");
            text.sample("process_resident_memory_bytes", &bytes.to_string());
        }
        text.0
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn describe(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.0, "{name} {value}");
    }
}

/// Returns the resident memory in bytes, on Linux.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_is_in_the_text() {
        let metrics = Metrics::default();
        metrics.responded(StatusCode::OK, Duration::from_micros(400));
        metrics.responded(StatusCode::UNAUTHORIZED, Duration::from_micros(900));
        metrics.responded(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(60));
        let (instance, request) = (metrics.instance(), metrics.request());
        metrics.memory_grown(65536);
        drop(request);
        let text = metrics.text();
        for line in [
            "edge_requests_total{status=\"2xx\"} 1",
            "edge_requests_total{status=\"3xx\"} 0",
            "edge_requests_total{status=\"4xx\"} 1",
            "edge_requests_total{status=\"5xx\"} 1",
            "edge_request_duration_seconds_bucket{le=\"0.0005\"} 1",
            "edge_request_duration_seconds_bucket{le=\"0.001\"} 2",
            "edge_request_duration_seconds_bucket{le=\"30\"} 2",
            "edge_request_duration_seconds_bucket{le=\"+Inf\"} 3",
            "edge_request_duration_seconds_sum 60.0013",
            "edge_request_duration_seconds_count 3",
            "edge_requests_in_progress 0",
            "edge_instances 1",
            "edge_instance_memory_bytes 65536",
        ] {
            assert!(text.lines().any(|printed| printed == line), "{line} is not in\n{text}");
        }
        drop(instance);
        metrics.memory_freed(65536);
        assert!(metrics.text().contains("\nedge_instances 0\n"));
        assert!(metrics.text().contains("\nedge_instances_started_total 1\n"));
    }
}
