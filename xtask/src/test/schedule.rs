//! Runs the steps of a test run side by side, each once the steps it needs have passed.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::build::Builder;
use crate::cli::{Stage, WasmToolchainChoice};
use crate::process;
use crate::progress::{Runner, note, shown};
use crate::summary::Summary;
use crate::workspace::Workspace;

/// Interval at which the running steps are printed if there is no other output.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);

/// The kind of work of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Installs or compiles: takes no time when nothing changed.
    Compile,
    /// Checks something.
    Run,
}

/// The body of a step.
pub(super) type Work<'a> = Box<dyn FnOnce(&mut Builder<'_>) -> Result<()> + Send + 'a>;

/// One unit of work.
pub(super) struct Step<'a> {
    /// Unique in a plan.
    pub(super) name: &'static str,
    pub(super) stage: Stage,
    pub(super) phase: Phase,
    /// Names of steps, earlier in the plan, without which this one cannot run.
    pub(super) needs: &'static [&'static str],
    /// Names of steps, earlier in the plan, that have to end before this one starts, if they run
    /// at all.
    pub(super) after: &'static [&'static str],
    pub(super) work: Work<'a>,
}

/// A step that ended, or never began because another one failed.
pub(super) struct Ended {
    pub(super) name: &'static str,
    pub(super) stage: Stage,
    pub(super) phase: Phase,
    pub(super) outcome: Outcome,
    pub(super) time: Duration,
    pub(super) summary: Summary,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed,
    NotRun,
}

/// How a plan is run.
pub(super) struct Options<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) toolchain: WasmToolchainChoice,
    /// Steps at a time. With one, the output of programs is shown while they run.
    pub(super) jobs: usize,
    /// Starts steps even after another one has failed, unless they need that one.
    pub(super) keep_going: bool,
}

/// Runs all steps and returns them in the order in which they ended.
pub(super) fn run(steps: Vec<Step<'_>>, options: &Options<'_>) -> Vec<Ended> {
    let shared = Shared {
        state: Mutex::new(State { waiting: steps, running: Vec::new(), ended: Vec::new() }),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| work(&shared, options));
        }
    });
    shared.state.into_inner().unwrap_or_else(PoisonError::into_inner).ended
}

struct Shared<'a> {
    state: Mutex<State<'a>>,
    changed: Condvar,
}

struct State<'a> {
    /// In the order of the plan, which is that of preference.
    waiting: Vec<Step<'a>>,
    running: Vec<(&'static str, Instant)>,
    ended: Vec<Ended>,
}

impl<'a> Shared<'a> {
    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a step that can start; `None` when none is left.
    fn next(&self, keep_going: bool) -> Option<Step<'a>> {
        let mut state = self.lock();
        loop {
            state.give_up_hopeless(keep_going);
            if let Some(step) = state.take_ready() {
                state.running.push((step.name, Instant::now()));
                return Some(step);
            }
            if state.waiting.is_empty() {
                return None;
            }
            let (locked, timeout) = self
                .changed
                .wait_timeout(state, SIGN_OF_LIFE)
                .unwrap_or_else(PoisonError::into_inner);
            state = locked;
            if timeout.timed_out() {
                state.show_running();
            }
        }
    }

    fn end(&self, ended: Ended) {
        let mut state = self.lock();
        state.running.retain(|(name, _)| *name != ended.name);
        state.ended.push(ended);
        self.changed.notify_all();
    }
}

impl<'a> State<'a> {
    /// Removes the first step that waits for none that has still to end.
    fn take_ready(&mut self) -> Option<Step<'a>> {
        let unfinished = |name: &&str| {
            self.waiting.iter().any(|step| step.name == *name)
                || self.running.iter().any(|(running, _)| running == name)
        };
        let is_ready = |step: &Step<'_>| !step.needs.iter().chain(step.after).any(unfinished);
        let ready = self.waiting.iter().position(is_ready)?;
        Some(self.waiting.remove(ready))
    }

    /// Ends the steps that will never start: with `keep_going` those that need a failed one,
    /// otherwise all.
    fn give_up_hopeless(&mut self, keep_going: bool) {
        let stop = process::interrupted()
            || !keep_going && self.ended.iter().any(|step| step.outcome == Outcome::Failed);
        loop {
            let ended = &self.ended;
            let lost = |name: &&str| {
                ended.iter().any(|step| step.name == *name && step.outcome != Outcome::Passed)
            };
            let Some(index) =
                self.waiting.iter().position(|step| stop || step.needs.iter().any(lost))
            else {
                return;
            };
            let Step { name, stage, phase, .. } = self.waiting.remove(index);
            let (outcome, time, summary) = (Outcome::NotRun, Duration::ZERO, Summary::default());
            self.ended.push(Ended { name, stage, phase, outcome, time, summary });
        }
    }

    fn show_running(&self) {
        let running: Vec<String> = self
            .running
            .iter()
            .map(|(name, since)| format!("{name} ({})", shown(since.elapsed())))
            .collect();
        if !running.is_empty() {
            note(format_args!("running: {}", running.join(", ")));
        }
    }
}

fn work(shared: &Shared<'_>, options: &Options<'_>) {
    while let Some(Step { name, stage, phase, work, .. }) = shared.next(options.keep_going) {
        let side_by_side = options.jobs > 1;
        if side_by_side {
            println!("--> {name}");
        } else {
            println!("\n======== {name}");
        }
        let runner = if side_by_side { Runner::buffering() } else { Runner::watching() };
        let mut builder = Builder::new(options.workspace, runner, options.toolchain);
        let started = Instant::now();
        let result = work(&mut builder);
        let time = started.elapsed();
        show(name, &builder.runner.take_output(), time, result.as_ref().err());
        let outcome = if result.is_ok() { Outcome::Passed } else { Outcome::Failed };
        shared.end(Ended {
            name,
            stage,
            phase,
            outcome,
            time,
            summary: builder.runner.take_summary(),
        });
    }
}

/// Writes what a step printed in one piece, so that two steps never mix.
fn show(name: &str, output: &[u8], time: Duration, error: Option<&anyhow::Error>) {
    let end = match error {
        None => format!("<-- {name}: {}", shown(time)),
        Some(error) => format!("<-- {name}: FAILED after {}: {error:#}", shown(time)),
    };
    if output.is_empty() {
        println!("{end}");
    } else {
        println!("\n======== {name}\n{}{end}", String::from_utf8_lossy(output));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    fn step<'a>(
        name: &'static str,
        needs: &'static [&'static str],
        work: impl FnOnce() -> Result<()> + Send + 'a,
    ) -> Step<'a> {
        Step {
            name,
            stage: Stage::Rust,
            phase: Phase::Run,
            needs,
            after: &[],
            work: Box::new(|_| work()),
        }
    }

    fn outcomes(
        steps: Vec<Step<'_>>,
        jobs: usize,
        keep_going: bool,
    ) -> Vec<(&'static str, Outcome)> {
        let workspace = Workspace {
            root: "/w".into(),
            programs: "/w/p".into(),
            target: "/w/t".into(),
            cache: "/c".into(),
        };
        let toolchain = WasmToolchainChoice::Auto;
        let ended = run(steps, &Options { workspace: &workspace, toolchain, jobs, keep_going });
        ended.into_iter().map(|step| (step.name, step.outcome)).collect()
    }

    #[test]
    fn a_step_starts_after_those_it_needs() {
        let done = Mutex::new(Vec::new());
        let log = |name| {
            let done = &done;
            move || {
                done.lock().expect("no step panics").push(name);
                Ok(())
            }
        };
        let steps = vec![
            step("build", &[], log("build")),
            step("tools", &[], log("tools")),
            step("run", &["build", "tools"], log("run")),
            Step { after: &["run", "not in this plan"], ..step("lint", &[], log("lint")) },
        ];
        let outcomes = outcomes(steps, 2, false);
        assert_eq!(outcomes.len(), 4);
        assert!(outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Passed), "{outcomes:?}");
        let done = done.into_inner().expect("no step panics");
        let place = |name| done.iter().position(|step| *step == name);
        assert!(place("run") > place("build") && place("run") > place("tools"), "{done:?}");
        assert_eq!(done.last(), Some(&"lint"));
    }

    #[test]
    fn after_a_failure_nothing_starts() {
        let steps = vec![
            step("build", &[], || bail!("does not compile")),
            step("run", &["build"], || Ok(())),
            step("other", &[], || Ok(())),
        ];
        let expected =
            [("build", Outcome::Failed), ("run", Outcome::NotRun), ("other", Outcome::NotRun)];
        assert_eq!(outcomes(steps, 1, false), expected);
    }

    #[test]
    fn a_run_that_keeps_going_leaves_out_what_needs_a_failed_step() {
        let steps = vec![
            step("build", &[], || bail!("does not compile")),
            step("run", &["build"], || Ok(())),
            step("report", &["run"], || Ok(())),
            step("other", &[], || Ok(())),
        ];
        let mut outcomes = outcomes(steps, 2, true);
        outcomes.sort_by_key(|(name, _)| *name);
        let expected = [
            ("build", Outcome::Failed),
            ("other", Outcome::Passed),
            ("report", Outcome::NotRun),
            ("run", Outcome::NotRun),
        ];
        assert_eq!(outcomes, expected);
    }
}
