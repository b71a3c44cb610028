//! Throughput of `/protected` on persistent connections.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::client::Connection;
use crate::contenders::{Contender, REFERENCE};
use crate::time::millis;

/// Rounds of the measurement. Each runs every contender, so that other load affects all alike.
const ROUNDS: u32 = 5;

/// The goal for the edge's CPU time, in those of the reference server with one process.
const GOAL: f64 = 0.2;

/// The measurements of a contender.
#[derive(Default)]
struct Figures {
    times: Vec<Duration>,
    elapsed: Duration,
    cpu: Duration,
    helper_cpu: Duration,
}

impl Figures {
    /// Returns the CPU time of one request in milliseconds.
    fn cpu_ms(&self) -> f64 {
        millis(self.cpu) / self.times.len() as f64
    }
}

/// Measures the edge beside the reference server, and prints a table.
pub(crate) fn compare(contenders: &[Contender], connections: usize, time: Duration) {
    let figures = measure_all(contenders, connections, time);
    let table = Table { contenders, figures: &figures };
    table.head(&format!("`/protected`, {connections} keep-alive connections"));
    table.cpu();
    let reference = contenders.iter().zip(&figures).find(|(one, _)| one.name == REFERENCE);
    let reference = reference.map(|(_, figures)| figures.cpu_ms());
    if let Some(reference) = reference {
        table.row(&format!("the same, to {REFERENCE}"), |figures| {
            format!("{:.2} x", figures.cpu_ms() / reference)
        });
    }
    table.times();
    if let (Some(reference), Some(edge)) = (reference, figures.first()) {
        let met = if edge.cpu_ms() <= GOAL * reference { "met" } else { "**missed**" };
        println!("Goal: {GOAL} x the CPU time of {REFERENCE}; {met}.\n");
    }
}

/// Measures what each contender costs more than the first one, and prints a table with the goals,
/// in milliseconds.
pub(crate) fn compare_added(
    contenders: &[Contender],
    goals: &[Option<f64>],
    connections: usize,
    time: Duration,
) {
    let figures = measure_all(contenders, connections, time);
    let table = Table { contenders, figures: &figures };
    let alone = figures.first().map_or(0.0, Figures::cpu_ms);
    table.head(&format!("a request with a token, {connections} keep-alive connections"));
    table.cpu();
    table.row("more than alone", |figures| format!("{:.3} ms", figures.cpu_ms() - alone));
    table.times();
    for ((contender, figures), goal) in contenders.iter().zip(&figures).zip(goals) {
        if let Some(goal) = goal {
            let met = if figures.cpu_ms() - alone <= *goal { "met" } else { "**missed**" };
            println!("Goal for {}: {goal} ms more than alone; {met}.", contender.name);
        }
    }
    println!();
}

fn measure_all(contenders: &[Contender], connections: usize, time: Duration) -> Vec<Figures> {
    let mut figures: Vec<_> = contenders.iter().map(|_| Figures::default()).collect();
    for contender in contenders {
        load(contender, connections, Duration::from_secs(1));
    }
    for _ in 0..ROUNDS {
        for (contender, figures) in contenders.iter().zip(&mut figures) {
            measure(contender, connections, time / ROUNDS, figures);
        }
    }
    for figures in &mut figures {
        figures.times.sort_unstable();
    }
    figures
}

/// A table with one column for each contender.
struct Table<'a> {
    contenders: &'a [Contender],
    figures: &'a [Figures],
}

impl Table<'_> {
    fn head(&self, what: &str) {
        let names: Vec<_> = self.contenders.iter().map(|contender| contender.name).collect();
        println!("| {what} | {} |", names.join(" | "));
        println!("|---|{}", "--:|".repeat(names.len()));
    }

    fn row(&self, what: &str, value: impl Fn(&Figures) -> String) {
        let values = self.figures.iter().fold(String::new(), |mut row, figures| {
            let _ = write!(row, " {} |", value(figures));
            row
        });
        println!("| {what} |{values}");
    }

    fn cpu(&self) {
        self.row("CPU of one request", |figures| {
            let own = format!("{:.3} ms", figures.cpu_ms());
            if figures.helper_cpu.is_zero() {
                own
            } else {
                let count = figures.times.len() as f64;
                format!("{own} (Redis: {:.3})", millis(figures.helper_cpu) / count)
            }
        });
    }

    fn times(&self) {
        self.row("requests per second", |figures| {
            format!("{:.0}", figures.times.len() as f64 / figures.elapsed.as_secs_f64())
        });
        for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
            self.row(&format!("response time, {name}"), |figures| {
                let at = (figures.times.len() as f64 * part) as usize;
                format!("{:.2} ms", millis(figures.times.get(at).copied().unwrap_or_default()))
            });
        }
        println!();
    }
}

fn measure(contender: &Contender, connections: usize, time: Duration, figures: &mut Figures) {
    let helper_cpu = || contender.helper.as_ref().map_or(Duration::ZERO, |helper| helper.cpu());
    let (cpu, helper, started) = (contender.process.cpu(), helper_cpu(), Instant::now());
    figures.times.extend(load(contender, connections, time));
    figures.elapsed += started.elapsed();
    figures.cpu += contender.process.cpu() - cpu;
    figures.helper_cpu += helper_cpu() - helper;
}

/// Sends requests for `time`, and returns the time of each response.
fn load(contender: &Contender, connections: usize, time: Duration) -> Vec<Duration> {
    let end = Instant::now() + time;
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = Connection::new(contender.address);
                    let mut times = Vec::new();
                    while Instant::now() < end {
                        let started = Instant::now();
                        connection.send(&contender.request);
                        assert_eq!(connection.status(), 200, "{}", contender.name);
                        times.push(started.elapsed());
                    }
                    times
                })
            })
            .collect();
        clients.into_iter().flat_map(|client| client.join().expect("a client")).collect()
    })
}
