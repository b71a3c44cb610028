//! Measures the issuer over loopback, with SQLite and the default settings of `issuer serve`,
//! but without login limits. `cargo xtask bench --only issuer` builds and runs it; `--quick`
//! measures less. The output is `docs/issuer-benchmarks.md`.
//!
//! CPU is the server's own, user and system, from `/proc` (Linux). Each round measures requests
//! and their references, a signature and an argon2id hash, so that other load on the machine slows
//! both.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

mod failure;
mod machine;
mod server;
mod welch;

use std::time::Instant;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use issuer::users::HashingLimits;
use serde_json::{Value, json};

use failure::Failure;
use server::{Connection, Server, get, post};
use welch::Sample;

const PASSWORD: &str = "a long password";
const WRONG_PASSWORD: &str = "a long passwork";
const REQUESTS: usize = 500;
const SIGNATURES: usize = 200;
const LOGINS: usize = 20;
/// The server closes idle connections and this client has one request at a time on each.
const CONNECTIONS: usize = 4;

/// The goals. A login may cost its hash, two signatures and this.
const MOST_LOGIN_MS: f64 = 0.5;
/// In signatures.
const MOST_REFRESH: f64 = 1.5;
const MOST_ME: f64 = 0.3;
const MOST_GROWTH_MIB: f64 = 1.0;
/// Significance level: below this p-value, two kinds of refused logins differ.
const SIGNIFICANT: f64 = 0.01;

/// How much is measured.
struct Effort {
    /// Rounds, each of which measures every kind of request.
    rounds: usize,
    /// Refused logins of each kind.
    tries: usize,
    memory_requests: usize,
}

const NORMAL: Effort = Effort { rounds: 10, tries: 200, memory_requests: 50_000 };
const QUICK: Effort = Effort { rounds: 1, tries: 5, memory_requests: 500 };

fn main() -> Result<(), Failure> {
    let is_quick = std::env::args_os().nth(1).is_some_and(|argument| argument == "--quick");
    let effort = if is_quick { &QUICK } else { &NORMAL };
    // Started again by `Server` as the server and its tools.
    if std::env::args_os().len() > 1 && !is_quick {
        return match issuer::cli::main() == std::process::ExitCode::SUCCESS {
            true => Ok(()),
            false => Err("see above".into()),
        };
    }
    let server = Server::start(PASSWORD)?;
    println!("# Benchmarks of the issuer\n");
    println!("Made by `cargo xtask bench` on {}.", machine::described()?);
    println!(
        "SQLite, {CONNECTIONS} keep-alive connections, default settings except that login limits are off. CPU time is that of \
         the server process,\nwhich logs one line for each request. Signature and hash are \
         measured in the same rounds, on all \
         cores at once.\n"
    );
    let at_start = server.rss_mib()?;
    let login = login_request("alice", PASSWORD);
    let response: Value = serde_json::from_str(server.connect()?.send(&login, 200)?)?;
    let text =
        |name: &str| response.get(name).and_then(Value::as_str).ok_or("a login without tokens");
    let refresh = post("/api/token/refresh/", &json!({ "refresh": text("refresh")? }));
    let me = get("/api/users/me/", text("access")?);
    let verify = post("/api/token/verify/", &json!({ "token": text("access")? }));
    cpu(&server, effort, &login, &refresh, &me)?;
    memory(&server, effort, at_start, &[&me, &refresh, &me, &verify])?;
    login_times(&server, effort.tries)
}

fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "**missed**" }
}

fn login_request(username: &str, password: &str) -> Vec<u8> {
    post("/api/token/", &json!({ "username": username, "password": password }))
}

/// Milliseconds that this thread has had of a processor.
fn thread_cpu_ms() -> Result<f64, Failure> {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(schedstat.split_whitespace().next().ok_or("an empty schedstat")?.parse::<f64>()? / 1e6)
}

/// Returns the CPU time of one `work` in ms, measured with `times` of them on each core: the
/// server also uses all cores at once, and shared caches and memory make each slower.
fn own_cpu<W: FnMut() -> Result<(), Failure> + Send>(
    times: usize,
    works: &mut [W],
) -> Result<f64, Failure> {
    let threads = works.len();
    let sum: Result<f64, Failure> = std::thread::scope(|scope| {
        let threads: Vec<_> = works
            .iter_mut()
            .map(|work| {
                scope.spawn(move || {
                    let before = thread_cpu_ms()?;
                    (0..times).try_for_each(|_| work())?;
                    Ok(thread_cpu_ms()? - before)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| Failure::from("the work failed"))?)
            .sum()
    });
    Ok(sum? / (times * threads) as f64)
}

/// Returns the server's CPU time for one of `requests` in ms, measured with `times` of them on
/// [`CONNECTIONS`] connections.
fn server_cpu(server: &Server, requests: &[&[u8]], times: usize) -> Result<f64, Failure> {
    let connections: Vec<Connection> =
        (0..CONNECTIONS).map(|_| server.connect()).collect::<Result<_, _>>()?;
    let before = server.cpu_ms()?;
    std::thread::scope(|scope| {
        let each = times / CONNECTIONS;
        let clients: Vec<_> = connections
            .into_iter()
            .map(|mut connection| {
                scope.spawn(move || {
                    requests
                        .iter()
                        .cycle()
                        .take(each)
                        .try_for_each(|request| connection.send(request, 200).map(drop))
                })
            })
            .collect();
        clients.into_iter().try_for_each(|client| client.join().map_err(|_| "a client failed")?)
    })?;
    Ok((server.cpu_ms()? - before) / times as f64)
}

fn cpu(
    server: &Server,
    effort: &Effort,
    login: &[u8],
    refresh: &[u8],
    me: &[u8],
) -> Result<(), Failure> {
    let key = KeyPair::generate(KeySize::Rsa2048)?;
    let cores = std::thread::available_parallelism()?.get();
    let mut signing: Vec<_> = (0..cores)
        .map(|_| {
            let mut signature = vec![0; key.public_modulus_len()];
            let key = &key;
            move || {
                Ok(key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    &[b'a'; 400],
                    &mut signature,
                )?)
            }
        })
        .collect();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default());
    let mut hashing: Vec<_> = (0..cores)
        .map(|_| {
            // The hash alone, in memory that is already allocated, as in the server.
            let mut memory = vec![Block::new(); argon2.params().block_count()];
            let argon2 = &argon2;
            move || {
                argon2
                    .hash_password_into_with_memory(
                        PASSWORD.as_bytes(),
                        b"sixteen salt byt",
                        &mut [0; 32],
                        &mut memory,
                    )
                    .map_err(|e| e.to_string().into())
            }
        })
        .collect();
    let mut sums = [0.0; 5];
    // The first round warms up and is not counted.
    for round in 0..=effort.rounds {
        let measured = [
            own_cpu(SIGNATURES, &mut signing)?,
            server_cpu(server, &[refresh], REQUESTS)?,
            server_cpu(server, &[me], REQUESTS)?,
            own_cpu(LOGINS, &mut hashing)?,
            server_cpu(server, &[login], LOGINS)?,
        ];
        if round > 0 {
            sums.iter_mut().zip(measured).for_each(|(sum, value)| *sum += value);
        }
    }
    let [sign, refresh, me, hash, login] = sums.map(|sum| sum / effort.rounds as f64);
    println!("| what | CPU, ms | in signatures | goal | |\n|---|---|---|---|---|");
    println!("| one RSA-2048 signature of aws-lc-rs | {sign:.3} | 1 | | |");
    println!("| one argon2id hash, same parameters | {hash:.2} | {:.1} | | |", hash / sign);
    for (what, cpu, most) in [("refresh", refresh, MOST_REFRESH), ("`users/me`", me, MOST_ME)] {
        let signatures = cpu / sign;
        let is_met = met(signatures <= most);
        println!("| {what} | {cpu:.3} | {signatures:.2} | {most} signatures | {is_met} |");
    }
    let rest = login - hash - 2.0 * sign;
    println!("| login | {login:.2} | {:.1} | see the rest | |", login / sign);
    println!(
        "| login without hash and two signatures | {rest:.2} | {:.2} | {MOST_LOGIN_MS} ms | {} |\n",
        rest / sign,
        met(rest <= MOST_LOGIN_MS)
    );
    Ok(())
}

/// `at_start`: MiB before the first request.
fn memory(
    server: &Server,
    effort: &Effort,
    at_start: f64,
    requests: &[&[u8]],
) -> Result<(), Failure> {
    let logins = (effort.rounds + 1) * LOGINS;
    let after_logins = server.rss_mib()?;
    println!("| requests | memory of the server, MiB |\n|---|---|");
    println!("| none | {at_start:.1} |");
    println!("| {logins} logins and the rest of the above | {after_logins:.1} |");
    let mut last = after_logins;
    for round in 1..=2 {
        server_cpu(server, requests, effort.memory_requests)?;
        last = server.rss_mib()?;
        println!("| and {} others | {last:.1} |", round * effort.memory_requests);
    }
    let permits = HashingLimits::default();
    let hashing = permits.concurrent as f64 * f64::from(permits.memory_kib) / 1024.0;
    println!(
        "\nOf this, {hashing:.0} MiB are for hashing: {} hashes at a time with {} MiB each. Growth over {} requests: {:.1} MiB (goal: \
         none; {}).\n",
        permits.concurrent,
        permits.memory_kib / 1024,
        2 * effort.memory_requests,
        last - after_logins,
        met(last - after_logins <= MOST_GROWTH_MIB),
    );
    Ok(())
}

/// Measures the time of a refused login for each reason, as its client sees it.
fn login_times(server: &Server, tries: usize) -> Result<(), Failure> {
    let kinds = [
        ("unknown name", login_request("nadie", PASSWORD)),
        ("inactive user", login_request("bobby", PASSWORD)),
        ("wrong password", login_request("alice", WRONG_PASSWORD)),
    ];
    let mut samples = [const { Sample::new() }; 3];
    let mut connection = server.connect()?;
    for (_, request) in &kinds {
        connection.send(request, 401)?;
    }
    for first in 0..tries {
        // Each kind follows each other one equally often.
        for index in (0..3).map(|step| (first + step * (1 + first / 3 % 2)) % 3) {
            let ((_, request), Some(sample)) = (&kinds[index], samples.get_mut(index)) else {
                continue;
            };
            let start = Instant::now();
            connection.send(request, 401)?;
            sample.add(start.elapsed().as_secs_f64() * 1000.0);
        }
    }
    println!("| refused login | tries | mean, ms | standard deviation, ms |\n|---|---|---|---|");
    for ((name, _), sample) in kinds.iter().zip(&samples) {
        println!(
            "| {name} | {} | {:.3} | {:.3} |",
            sample.len(),
            sample.mean(),
            sample.variance().sqrt()
        );
    }
    println!("\n| pair | Welch's t | degrees of freedom | p, two-sided |\n|---|---|---|---|");
    let mut lowest = 1.0_f64;
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let (t, freedom) = welch::t(&samples[one], &samples[other]);
        let p = welch::p(t, freedom);
        lowest = lowest.min(p);
        println!("| {}, {} | {t:.2} | {freedom:.0} | {p:.2} |", kinds[one].0, kinds[other].0);
    }
    println!(
        "\nGoal: no difference (each p at least {SIGNIFICANT}); {}.",
        met(lowest >= SIGNIFICANT)
    );
    Ok(())
}
