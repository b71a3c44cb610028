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

/// Measures all contenders and prints a table.
pub(crate) fn compare(contenders: &[Contender], connections: usize, time: Duration) {
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

    let row = |what: &str, value: &dyn Fn(&Figures) -> String| {
        let values = figures.iter().fold(String::new(), |mut row, figures| {
            let _ = write!(row, " {} |", value(figures));
            row
        });
        println!("| {what} |{values}");
    };
    let names: Vec<_> = contenders.iter().map(|contender| contender.name).collect();
    println!("| `/protected`, {connections} keep-alive connections | {} |", names.join(" | "));
    println!("|---|{}", "--:|".repeat(contenders.len()));
    row("CPU of one request", &|figures| {
        let own = format!("{:.3} ms", figures.cpu_ms());
        if figures.helper_cpu.is_zero() {
            own
        } else {
            let count = figures.times.len() as f64;
            format!("{own} (Redis: {:.3})", millis(figures.helper_cpu) / count)
        }
    });
    let reference = contenders.iter().zip(&figures).find(|(one, _)| one.name == REFERENCE);
    let reference = reference.map(|(_, figures)| figures.cpu_ms());
    if let Some(reference) = reference {
        row(&format!("the same, to {REFERENCE}"), &|figures| {
            format!("{:.2} x", figures.cpu_ms() / reference)
        });
    }
    row("requests per second", &|figures| {
        format!("{:.0}", figures.times.len() as f64 / figures.elapsed.as_secs_f64())
    });
    for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
        row(&format!("response time, {name}"), &|figures| {
            let at = (figures.times.len() as f64 * part) as usize;
            format!("{:.2} ms", millis(figures.times.get(at).copied().unwrap_or_default()))
        });
    }
    println!();
    if let (Some(reference), Some(edge)) = (reference, figures.first()) {
        let met = if edge.cpu_ms() <= GOAL * reference { "met" } else { "**missed**" };
        println!("Goal: {GOAL} x the CPU time of {REFERENCE}; {met}.\n");
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
