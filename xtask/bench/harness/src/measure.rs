//! Timing: every round runs each contender once, so that other load on the machine affects all
//! alike.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde::Serialize;

/// The work that a time covers.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// The RSA signature alone; the token was split and decoded before.
    Signature,
    /// The whole verification, from the token's text to its claims.
    Token,
}

/// One verification of a token; returns whether it was accepted.
pub(crate) type Verify<'a> = Box<dyn FnMut(TokenKind) -> Result<bool> + 'a>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Valid,
    Forged,
}

pub(crate) struct Contender<'a> {
    pub(crate) name: &'static str,
    pub(crate) scope: Scope,
    pub(crate) verify: Verify<'a>,
}

/// Durations of the measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    warm_up: Duration,
    batch: Duration,
    pub(crate) rounds: usize,
}

impl Effort {
    pub(crate) fn new(quick: bool) -> Self {
        let (warm_up, batch, rounds) = if quick { (5, 1, 5) } else { (100, 5, 51) };
        Self {
            warm_up: Duration::from_millis(warm_up),
            batch: Duration::from_millis(batch),
            rounds,
        }
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

/// Times each contender once in every round. Each round starts with the next contender.
pub(crate) fn race(
    bits: u32,
    mut contenders: Vec<Contender<'_>>,
    effort: Effort,
) -> Result<Vec<Line>> {
    let mut batches = Vec::with_capacity(contenders.len());
    for Contender { name, verify, .. } in &mut contenders {
        ensure!(verify(TokenKind::Valid)?, "{name} rejects the valid token of {bits} bits");
        ensure!(!verify(TokenKind::Forged)?, "{name} accepts the forged token of {bits} bits");
        batches.push(batch_size(verify, effort)?);
    }
    let mut times = vec![Vec::with_capacity(effort.rounds); contenders.len()];
    for round in 0..effort.rounds {
        for offset in 0..contenders.len() {
            let index = (round + offset) % contenders.len();
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

/// Warms up, and returns how many verifications fill a batch.
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

/// Returns the microseconds for each of `count` verifications.
fn one_batch(verify: &mut Verify<'_>, count: u32) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..count {
        ensure!(verify(TokenKind::Valid)?, "the valid token was rejected");
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / f64::from(count))
}
