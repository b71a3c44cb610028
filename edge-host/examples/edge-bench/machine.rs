//! What the figures were measured on, and when.

use std::process::Command;

/// Returns date, processor and compiler.
pub(crate) fn described() -> String {
    let output = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        output.map_or_else(
            |_| "unknown".to_owned(),
            |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        )
    };
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown processor", |(_, model)| model.trim());
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let (date, rustc) = (output("date", &["-u", "+%Y-%m-%d"]), output("rustc", &["--version"]));
    format!("{date}; {model}, {cores} cores; {rustc}")
}
