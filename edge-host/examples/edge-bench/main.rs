//! Measures `edge-host` with the components of this workspace, all built for release, over
//! loopback. `cargo xtask bench --only edge` builds and runs it. The output is
//! `docs/edge-benchmarks.md`.
//!
//! CPU is user and system time of the program from `/proc`, without this client, which runs on the
//! same cores. The reference server of the first table is FastAPI with PyJWT from PyPI.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

mod client;
mod contenders;
mod load;
mod machine;
mod processes;
mod server;
mod time;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::json;

use client::Connection;
use server::Server;
use test_support::claims::{access_claims, with};
use test_support::signer::Signer;
use time::{millis, now};

#[derive(Parser)]
struct Arguments {
    /// The program
    #[arg(long)]
    program: PathBuf,
    /// The component that every host can run
    #[arg(long)]
    component: PathBuf,
    /// The component with wide arithmetic
    #[arg(long)]
    wide_component: PathBuf,
    /// The gate that every host can run
    #[arg(long)]
    gate: PathBuf,
    /// The gate with wide arithmetic
    #[arg(long)]
    wide_gate: PathBuf,
    /// A component without checks, which stands behind the gate
    #[arg(long)]
    gate_app: PathBuf,
    /// An interpreter with FastAPI, PyJWT and uvicorn
    #[arg(long)]
    python: Option<PathBuf>,
    /// Persistent connections
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Time for the requests of each contender
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Check with a short run that everything works
    #[arg(long)]
    quick: bool,
}

/// Prints a row of the table.
fn row(what: &str, value: &str) {
    println!("| {what} | {value} |");
}

fn main() {
    let arguments = Arguments::parse();
    let seconds = if arguments.quick { 1 } else { arguments.seconds };
    let signer = Signer::generated("bench");
    let [run, portable] =
        [&arguments.wide_component, &arguments.component].map(|component| Server {
            program: arguments.program.clone(),
            component: component.clone(),
            gate: None,
            public_key: signer.public_pem(),
        });

    println!("# Edge benchmarks\n");
    println!("Made by `cargo xtask bench` on {}.", machine::described());
    println!(
        "Release builds, HTTP/1.1 over loopback; the load client shares the cores. CPU is user \
         and system time of the server alone.\nThe component is the one with wide arithmetic, as \
         `cargo xtask up` runs it, except where the table says portable: Spin\nruns that one. \
         Every request has its signature verified; no verdict is cached.\n"
    );
    let mut all = vec![contenders::edge("edge", &run, &signer)];
    all.push(contenders::edge("edge, portable", &portable, &signer));
    all.extend(contenders::edge_with_redis(&run, &signer));
    all.push(contenders::edge_with_status_list(&run, &signer));
    match &arguments.python {
        Some(python) => {
            let reference = |processes| contenders::reference(python, processes, &signer);
            all.extend([1, 2].map(reference));
        }
        None => println!("skipped: FastAPI: its Python packages are not installed\n"),
    }
    load::compare(&all, arguments.connections, Duration::from_secs(seconds));
    drop(all);

    gate(&arguments, &signer, seconds);

    println!("| what | measured |\n|---|---|");
    start(&run);
    one_after_the_other(&run, &signer);
    memory(&run, &signer);
    uploads(&run, &signer);
}

/// Measures a component alone and behind the gate.
fn gate(arguments: &Arguments, signer: &Signer, seconds: u64) {
    let server = |gate: Option<&PathBuf>| Server {
        program: arguments.program.clone(),
        component: arguments.gate_app.clone(),
        gate: gate.cloned(),
        public_key: signer.public_pem(),
    };
    let all = [
        contenders::text("a component alone", &server(None), signer),
        contenders::text("behind the gate", &server(Some(&arguments.gate)), signer),
        contenders::text("behind the gate, wide", &server(Some(&arguments.wide_gate)), signer),
    ];
    let goals = [None, Some(0.16), Some(0.10)];
    load::compare_added(&all, &goals, arguments.connections, Duration::from_secs(seconds));
}

fn bearer(signer: &Signer) -> String {
    signer.token(&with(access_claims(now()), &json!({"user_id": 1})))
}

/// Measures the start until the first response, with compiling and with cached code.
fn start(run: &Server) {
    let state = processes::scratch();
    for what in ["first start, with compilation", "start with the compiled component cached"] {
        let started = Instant::now();
        let server = run.start(&state);
        let listening = started.elapsed();
        let sent = Instant::now();
        let mut connection = Connection::new(server.address);
        connection.send(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n");
        assert_eq!(connection.status(), 200);
        let value = format!(
            "{:.0} ms to listen, {:.2} ms to the first response",
            millis(listening),
            millis(sent.elapsed())
        );
        row(what, &value);
    }
}

/// Measures `/protected` without concurrent requests.
fn one_after_the_other(run: &Server, signer: &Signer) {
    let contender = contenders::edge("edge", run, signer);
    let mut connection = Connection::new(contender.address);
    let mut ask = |count: u32| {
        for _ in 0..count {
            connection.send(&contender.request);
            assert_eq!(connection.status(), 200);
        }
    };
    ask(200);
    let (cpu, started, count) = (contender.process.cpu(), Instant::now(), 2_000);
    ask(count);
    let (cpu, elapsed) = (contender.process.cpu() - cpu, started.elapsed());
    let value = format!(
        "{:.3} ms CPU, {:.3} ms time",
        millis(cpu) / f64::from(count),
        millis(elapsed) / f64::from(count)
    );
    row("`/protected` on one connection, one after the other", &value);
}

/// Measures the memory of more instances: 16 unfinished uploads fill an instance.
fn memory(run: &Server, signer: &Signer) {
    let server = run.start(&processes::scratch());
    let hold = |count: usize| -> Vec<Connection> {
        (0..count)
            .map(|_| {
                let mut connection = Connection::new(server.address);
                connection.send(&upload_head(signer, 1000));
                connection.send(
                    b"--XX\r\nContent-Disposition: form-data; name=\"file\"; \
                     filename=\"a\"\r\n\r\n",
                );
                connection
            })
            .collect()
    };
    let settle = || std::thread::sleep(Duration::from_millis(500));
    let first = hold(16);
    settle();
    let one = server.process.memory();
    let more = hold(16 * 15);
    settle();
    let sixteen = server.process.memory();
    drop((first, more));
    row("memory of the program with one instance", &format!("{:.1} MiB", one / 1024.0));
    row(
        "memory of each further instance with 16 requests",
        &format!("{:.2} MiB", (sixteen - one) / 1024.0 / 15.0),
    );
}

fn upload_head(signer: &Signer, length: usize) -> Vec<u8> {
    format!(
        "POST /upload HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\
         Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: {length}\r\n\r\n",
        bearer(signer)
    )
    .into_bytes()
}

/// Measures uploads of 10 MB, which are received, hashed and stored.
fn uploads(run: &Server, signer: &Signer) {
    const SIZE: usize = 10_000_000;
    const EACH: usize = 10;
    let mut body =
        b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n".to_vec();
    body.extend((0..SIZE).map(|index| (index * 31 % 251) as u8));
    body.extend_from_slice(b"\r\n--XX--\r\n");
    let body = &body;
    for clients in [1, 4] {
        let server = run.start(&processes::scratch());
        let (cpu, started) = (server.process.cpu(), Instant::now());
        std::thread::scope(|scope| {
            for _ in 0..clients {
                scope.spawn(|| {
                    let mut connection = Connection::new(server.address);
                    for _ in 0..EACH {
                        connection.send(&upload_head(signer, body.len()));
                        connection.send(body);
                        assert_eq!(connection.status(), 200);
                    }
                });
            }
        });
        let (cpu, elapsed, count) =
            (server.process.cpu() - cpu, started.elapsed(), (clients * EACH) as f64);
        let value = format!(
            "{:.0} MB/s, {:.0} ms CPU per file",
            count * SIZE as f64 / 1e6 / elapsed.as_secs_f64(),
            millis(cpu) / count
        );
        row(&format!("uploads of 10 MB, {clients} at a time"), &value);
    }
}
