//! Timing: contenders take turns, so that whatever else the machine does hits all of them alike.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde::Serialize;

/// What a time covers.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// The RSA signature alone, of bytes that were taken apart before.
    Signature,
    /// Everything between the text of a token and its claims.
    Token,
}

/// One verification, asked of the good token or of the forged one; says whether it was accepted.
pub(crate) type Verify<'a> = Box<dyn FnMut(Asked) -> Result<bool> + 'a>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Good,
    Forged,
}

pub(crate) struct Contender<'a> {
    pub(crate) name: &'static str,
    pub(crate) scope: Scope,
    pub(crate) verify: Verify<'a>,
}

/// How long is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    warm_up: Duration,
    batch: Duration,
    pub(crate) rounds: usize,
}

impl Effort {
    pub(crate) fn new(quick: bool) -> Self {
        let (warm_up, batch, rounds) = if quick { (5, 1, 5) } else { (100, 5, 51) };
        Self { warm_up: Duration::from_millis(warm_up), batch: Duration::from_millis(batch), rounds }
    }
}

/// Microseconds for one verification.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    contender: &'static str,
    scope: Scope,
    bits: u32,
    median_us: f64,
    min_us: f64,
}

/// Times each contender once in every round, in an order that starts elsewhere each time.
pub(crate) fn race(bits: u32, mut contenders: Vec<Contender<'_>>, effort: Effort) -> Result<Vec<Line>> {
    let mut batches = Vec::with_capacity(contenders.len());
    for Contender { name, verify, .. } in &mut contenders {
        ensure!(verify(Asked::Good)?, "{name} refuses the good token of {bits} bits");
        ensure!(!verify(Asked::Forged)?, "{name} accepts the forged token of {bits} bits");
        batches.push(batch_size(verify, effort)?);
    }
    let mut times = vec![Vec::with_capacity(effort.rounds); contenders.len()];
    for round in 0..effort.rounds {
        for turn in 0..contenders.len() {
            let index = (round + turn) % contenders.len();
            times[index].push(one_batch(&mut contenders[index].verify, batches[index])?);
        }
    }
    let lines = contenders.iter().zip(&mut times).map(|(contender, times)| {
        times.sort_by(f64::total_cmp);
        Line {
            contender: contender.name,
            scope: contender.scope,
            bits,
            median_us: times[times.len() / 2],
            min_us: times[0],
        }
    });
    Ok(lines.collect())
}

/// Warms up, and finds how many verifications fill a batch.
fn batch_size(verify: &mut Verify<'_>, effort: Effort) -> Result<u32> {
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < effort.warm_up {
        one_batch(verify, 1)?;
        count += 1;
    }
    let each = started.elapsed().as_secs_f64() / f64::from(count);
    Ok((effort.batch.as_secs_f64() / each).ceil() as u32)
}

/// Microseconds for each of `count` verifications.
fn one_batch(verify: &mut Verify<'_>, count: u32) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..count {
        ensure!(verify(Asked::Good)?, "the good token was refused");
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / f64::from(count))
}
