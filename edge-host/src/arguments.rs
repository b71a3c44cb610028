//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::instance::CONCURRENT_REQUESTS_PER_INSTANCE;
use crate::outbound::Origin;

/// Serves a WASI 0.3 HTTP component, such as Spin's, with an embedded wasmtime.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Arguments {
    /// The component that cargo built: target/wasm32-wasip2/release/edge_resource.wasm
    pub(crate) component: PathBuf,

    /// A gate in front of the component, such as edge_gate.wasm: requests reach the component only
    /// through it. Its variables begin with `jwt_gate_`
    #[arg(long, env = "EDGE_GATE", value_name = "WASM_FILE")]
    pub(crate) gate: Option<PathBuf>,

    /// Address to listen on; with port 0, prints the free port that it chose
    #[arg(long, env = "EDGE_LISTEN", default_value = "127.0.0.1:8001")]
    pub(crate) listen: String,

    /// A variable of the component, also as SPIN_VARIABLE_NAME; may be repeated. `name=@file` reads
    /// the value from a file
    #[arg(long = "variable", value_name = "NAME=VALUE")]
    pub(crate) variables: Vec<String>,

    /// Directory for the key-value store and compiled code; created if missing
    #[arg(long, env = "EDGE_STATE_DIR", default_value = ".edge-host")]
    pub(crate) state_dir: PathBuf,

    /// Origin the component may send requests to, such as http://localhost:8000 or
    /// redis://localhost:6379; may be repeated
    #[arg(long = "allow-outbound", value_name = "ORIGIN")]
    pub(crate) allow_outbound: Vec<Origin>,

    /// Memory of one instance, in MiB
    #[arg(
        long,
        default_value_t = 128,
        value_parser = clap::value_parser!(u16).range(1..=4096),
        value_name = "MIB",
    )]
    pub(crate) max_memory: u16,

    /// Body of one request, in MiB
    #[arg(
        long,
        default_value_t = 64,
        value_parser = clap::value_parser!(u16).range(1..),
        value_name = "MIB",
    )]
    pub(crate) max_body: u16,

    /// Time without activity after which a request fails
    #[arg(long, default_value = "30", value_parser = seconds, value_name = "SECONDS")]
    pub(crate) request_timeout: Duration,

    /// Time for requests in progress when the program stops
    #[arg(long, default_value = "10", value_parser = seconds, value_name = "SECONDS")]
    pub(crate) shutdown_timeout: Duration,

    /// Address that serves Prometheus metrics at /metrics; off if not set. Keep it private
    #[arg(long, env = "EDGE_METRICS_LISTEN", value_name = "ADDRESS")]
    pub(crate) metrics_listen: Option<String>,

    /// Open connections at a time; more wait
    #[arg(
        long,
        default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(1..),
        value_name = "N",
    )]
    pub(crate) max_connections: u32,

    /// Instances of the component at a time, each with 16 requests; further requests wait. By
    /// default a sixteenth of the connections
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=65536), value_name = "N")]
    pub(crate) max_instances: Option<u32>,

    /// For tests: do not read what a client sends after its response, as in Spin
    #[arg(long)]
    pub(crate) no_linger: bool,

    /// For tests: stop the component's clock at this Unix time
    #[arg(long, value_name = "UNIX_SECONDS")]
    pub(crate) wall_clock: Option<u64>,

    /// Format of the log lines on standard error; RUST_LOG selects them
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

/// Format of a log line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Arguments {
    /// Returns how many instances may run at a time.
    pub(crate) fn instances(&self) -> usize {
        let derived = || self.max_connections.div_ceil(CONCURRENT_REQUESTS_PER_INSTANCE);
        self.max_instances.unwrap_or_else(derived) as usize
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err("not a number of seconds from 1 to 3600".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn instances_suffice_for_all_connections_by_default() {
        for (arguments, instances) in [
            (vec!["edge-host", "x.wasm"], 64),
            (vec!["edge-host", "x.wasm", "--max-connections", "1"], 1),
            (vec!["edge-host", "x.wasm", "--max-connections", "17"], 2),
            (vec!["edge-host", "x.wasm", "--max-connections", "17", "--max-instances", "5"], 5),
        ] {
            let parsed = Arguments::try_parse_from(&arguments).expect("valid");
            assert_eq!(parsed.instances(), instances, "{arguments:?}");
        }
    }
}
