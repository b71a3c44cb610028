//! Serves a `wasi:http` component, such as the edge resource, where Spin is not installed: the same
//! `.wasm` file with the same variables.

mod admission;
mod arguments;
mod capacity;
mod component;
mod gate;
mod gateway;
mod guest_log;
mod imports;
mod instance;
mod key_value;
mod metrics;
mod metrics_server;
mod outbound;
mod outbound_redis;
mod probe;
mod request_body;
mod server;
mod variables;

use std::fs::DirBuilder;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Parser;
use connection::log::{Escapes, LogWriter};
use rustix::process::geteuid;
use tracing_subscriber::EnvFilter;

use arguments::{Arguments, LogFormat};
use capacity::Capacity;
use gateway::Gateway;
use instance::{FixedTime, IDLE_TIME, Instances, Limits};
use key_value::KeyValueStore;
use metrics::Metrics;
use outbound::Outbound;
use outbound_redis::RedisPool;
use variables::Variables;

const MIB: usize = 1024 * 1024;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    init_log(arguments.log_format);
    // With several providers compiled in, rustls panics at the first TLS connection unless one is
    // installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    if let Err(error) = connection::raise_file_limit() {
        tracing::debug!("the limit of open files was not raised: {error}");
    }
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // `eprintln!` would panic on a closed pipe.
            let _ =
                writeln!(std::io::stderr(), "error: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

fn init_log(format: LogFormat) {
    // Do not log requests that clients aborted.
    let default = || EnvFilter::new("info,wasmtime_wasi_http::ctx=error");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| default());
    let colours = std::io::stderr().is_terminal();
    let escapes = match format {
        LogFormat::Text => Escapes::Text { colours },
        LogFormat::Json => Escapes::Json,
    };
    let writer = move || LogWriter::new(escapes);
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(writer);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

#[tokio::main]
async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let variables = Variables::collect(std::env::vars_os(), &arguments.variables)?;
    let state_dir = prepare_state_dir(&arguments.state_dir)?;
    // Binds before compiling, so that a busy port is reported at once.
    let listener = server::listen(&arguments.listen, "--listen").await?;
    let address = listener.local_addr().context("cannot read the bound address")?;

    let metrics = Metrics::default();
    if let Some(address) = &arguments.metrics_listen {
        let listener = server::listen(address, "--metrics-listen").await?;
        tracing::info!(
            "metrics at http://{}/metrics",
            listener.local_addr().context("cannot read the bound address")?
        );
        tokio::spawn(metrics_server::serve(listener, metrics.clone()));
    }

    let engine = component::engine(&state_dir)?;
    let component = component::load(&engine, &arguments.component, arguments.gate.as_deref())?;
    let instances = Instances {
        engine,
        component,
        variables,
        key_value: KeyValueStore::open(&state_dir.join("key-value.sqlite3"))?,
        redis: RedisPool::default(),
        capacity: Capacity::new(arguments.instances()),
        outbound: Outbound::to(arguments.allow_outbound),
        limits: Limits {
            memory: usize::from(arguments.max_memory) * MIB,
            time: arguments.request_timeout,
            idle: IDLE_TIME,
        },
        fixed_time: arguments.wall_clock.map(FixedTime),
        metrics,
        logs: true,
        stopping: Arc::default(),
    };
    probe::reject_unknown_variables(&instances).await?;
    let authority = address.to_string().parse().context("the address is not a URI authority")?;
    let max_body = usize::from(arguments.max_body) * MIB;
    let gateway = Gateway::new(instances, max_body, !arguments.no_linger, authority);

    // The only line on standard output: the caller may have chosen port 0.
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on http://{address}")
        .and_then(|()| stdout.flush())
        .context("cannot write the address to standard output")?;
    let limits = server::Limits {
        connections: arguments.max_connections,
        write: arguments.request_timeout,
        shutdown: arguments.shutdown_timeout,
        lingers: !arguments.no_linger,
    };
    server::serve(listener, gateway, limits).await
}

/// Creates the directory, accessible to its owner alone: this program runs the code in it.
fn prepare_state_dir(path: &Path) -> anyhow::Result<PathBuf> {
    let advice = || {
        format!(
            "the state directory {} cannot be used: choose another with --state-dir",
            path.display()
        )
    };
    DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(advice)?;
    let path = path.canonicalize().with_context(advice)?;
    let metadata = path.metadata().with_context(advice)?;
    if metadata.uid() != geteuid().as_raw() {
        bail!(
            "the state directory {}, whose programs will be run, belongs to another user: choose \
             another with --state-dir",
            path.display()
        );
    }
    if metadata.mode() & 0o022 != 0 {
        bail!(
            "others may write into the state directory {}, whose programs will be run: chmod go-w \
             it",
            path.display()
        );
    }
    // Several programs may share the directory and start at the same time.
    let probe = path.join(format!(".writable-{}", std::process::id()));
    std::fs::write(&probe, b"").with_context(advice)?;
    std::fs::remove_file(&probe).with_context(advice)?;
    Ok(path)
}
