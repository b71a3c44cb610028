//! Formats the results as Markdown tables.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process;
use crate::workspace::Workspace;

pub(crate) const HEAD: &str = "# Benchmarks\n\nMade by `cargo xtask bench`.\n\n\
    Every contender must accept a valid token and reject it with one bit of the signature \
    changed. After a warm-up it is \
    timed in batches; in every round each contender runs once. The tables show the median over \
    the rounds and the \
    fastest round. All verify the same tokens of new keys, with SimpleJWT's claims. Times are \
    microseconds for \
    one verification, of a whole token or of the signature alone. A ratio is to the first line of \
    its \
    table, for the same key size. PyJWT is measured directly after the other native \
    verifiers.\n\n![Verifications per second, RSA of 2048 bits](benchmarks.svg)\n\n";

/// The times of verifiers in one environment.
#[derive(Deserialize)]
pub(crate) struct Times {
    rounds: u32,
    /// The version of the engine, if this program cannot find it out.
    #[serde(default)]
    version: Option<String>,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    contender: String,
    scope: String,
    bits: u32,
    median_us: f64,
    min_us: f64,
}

/// Whether ratios are relative to this line: ring's signature check for native and wasmtime, jose
/// with one token at a time for the others.
fn is_base(line: &Line) -> bool {
    line.scope == "signature" && line.contender.starts_with("ring") || line.contender == "jose"
}

/// Parses what a program printed.
pub(crate) fn parse(environment: &str, json: &str) -> Result<Times> {
    serde_json::from_str(json).with_context(|| format!("{environment} printed no times"))
}

impl Times {
    /// Adds the lines of a program that measured the same tokens with as many rounds.
    pub(crate) fn add(&mut self, other: Self) {
        self.version = self.version.take().or(other.version);
        self.lines.extend(other.lines);
    }

    /// Returns a table of median, fastest round and ratio for every contender and key size.
    pub(crate) fn table(&mut self, environment: &str) -> Result<String> {
        let Self { rounds, version, lines } = self;
        lines.sort_by_key(|line| !is_base(line));
        let version = version.as_ref().map_or_else(String::new, |version| format!("{version}; "));
        let mut text = format!(
            "## {environment}\n\n{version}{rounds} rounds; median (fastest), and ratio.\n\n| |"
        );
        let mut bits: Vec<u32> = lines.iter().map(|line| line.bits).collect();
        bits.sort_unstable();
        bits.dedup();
        let mut names: Vec<(&str, &str)> = Vec::new();
        for line in &*lines {
            if !names.contains(&(&line.contender, &line.scope)) {
                names.push((&line.contender, &line.scope));
            }
        }
        let _ = writeln!(
            text,
            "{}",
            bits.iter().map(|bits| format!(" {bits} bits |")).collect::<String>()
        );
        let _ = writeln!(text, "|---|{}", "---|".repeat(bits.len()));
        for (name, scope) in names {
            let _ = write!(
                text,
                "| {name}{} |",
                if scope == "signature" { ", signature alone" } else { "" }
            );
            for bits in &bits {
                let of_size = || lines.iter().filter(|line| line.bits == *bits);
                let base =
                    of_size().find(|line| is_base(line)).context("nothing to compare with")?;
                let line = of_size()
                    .find(|line| line.contender == name && line.scope == scope)
                    .context("a time is missing")?;
                let ratio = line.median_us / base.median_us;
                let _ = write!(text, " {:.1} ({:.1}), {ratio:.2} x |", line.median_us, line.min_us);
            }
            text.push('\n');
        }
        text.push('\n');
        Ok(text)
    }

    /// Returns how many whole tokens of one key size each contender verifies in a second, the most
    /// first.
    pub(crate) fn rates(&self, bits: u32) -> Vec<(String, f64)> {
        let of_size = |line: &&Line| line.bits == bits && line.scope == "token";
        let rate = |line: &Line| (line.contender.clone(), 1e6 / line.median_us);
        let mut rates: Vec<_> = self.lines.iter().filter(of_size).map(rate).collect();
        rates.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        rates
    }
}

#[derive(Deserialize)]
struct Size {
    what: String,
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// Returns a table of sizes.
pub(crate) fn sizes(json: &str) -> Result<String> {
    let sizes: Vec<Size> = serde_json::from_str(json).context("no sizes were printed")?;
    let mut text = String::from(
        "## sizes\n\nBytes; JavaScript is bundled and minified.\n\n\
         | | raw | gzip -9 | brotli 11 |\n|---|---|---|---|\n",
    );
    for Size { what, raw, gzip, brotli } in sizes {
        let _ = writeln!(text, "| {what} | {raw} | {gzip} | {brotli} |");
    }
    text.push('\n');
    Ok(text)
}

/// Returns the output of a program, or `unknown`.
pub(crate) fn ask(program: impl AsRef<OsStr>, arguments: &[&str]) -> String {
    let mut command = process::command(program);
    command.args(arguments);
    process::probe(command, Duration::from_secs(20))
        .map_or_else(|| "unknown".to_owned(), |output| output.trim().to_owned())
}

/// Returns a line with date, machine and versions.
pub(crate) fn machine(workspace: &Workspace) -> Result<String> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").ok();
    let model = cpu
        .as_deref()
        .and_then(|text| text.lines().find_map(|line| line.strip_prefix("model name\t: ")));
    let model =
        model.map_or_else(|| ask("sysctl", &["-n", "machdep.cpu.brand_string"]), str::to_owned);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let mut text = format!(
        "{}; {model}, {cores} cores; {}; {}",
        ask("date", &["-u", "+%Y-%m-%d"]),
        ask("uname", &["-srm"]),
        ask("rustc", &["--version"]),
    );
    let lock = std::fs::read_to_string(workspace.root.join("xtask/bench/Cargo.lock"))?;
    let npm: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(
        workspace.root.join("xtask/bench/js/package-lock.json"),
    )?)?;
    let mut blocks = lock.lines();
    while let Some(line) = blocks.next() {
        let name = line.strip_prefix("name = \"").and_then(|rest| rest.strip_suffix('"'));
        let Some(name) = name else { continue };
        if ["aws-lc-rs", "jsonwebtoken", "jwt-compact", "ring", "rsa", "wasmtime"].contains(&name) {
            let version = blocks
                .next()
                .unwrap_or_default()
                .trim_start_matches("version = ")
                .trim_matches('"');
            let _ = write!(text, "; {name} {version}");
        }
    }
    for name in ["jose", "jsonwebtoken", "jsrsasign"] {
        let version = npm["packages"][format!("node_modules/{name}")]["version"]
            .as_str()
            .unwrap_or("unknown");
        let _ = write!(text, "; {name} (npm) {version}");
    }
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_to_the_base_of_the_same_key_size() {
        let json = r#"{"rounds": 3, "lines": [
            {"contender": "ours", "scope": "token", "bits": 2048, "medianUs": 30.0, "minUs": 29.0},
            {"contender": "ring", "scope": "signature", "bits": 2048, "medianUs": 20.0, "minUs": 19.0}]}"#;
        let mut times = parse("native", json).expect("it has times");
        let text = times.table("native").expect("both lines are there");
        assert!(text.contains("| ours | 30.0 (29.0), 1.50 x |"), "{text}");
        assert!(text.contains("| ring, signature alone | 20.0 (19.0), 1.00 x |"), "{text}");
        assert_eq!(times.rates(2048), [("ours".to_owned(), 1e6 / 30.0)]);
        assert!(parse("native", "{}").is_err());
    }
}
