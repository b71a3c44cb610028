//! What the figures were measured on, and when.

use std::process::Command;

use issuer::clock::{Clock as _, SystemClock};

use crate::Failure;

/// Date, processor and compiler, in a phrase.
pub(crate) fn described() -> Result<String, Failure> {
    let date = SystemClock.now().format("%Y-%m-%d").to_string();
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism()?;
    let rustc = Command::new("rustc").arg("--version").output()?;
    let rustc = String::from_utf8(rustc.stdout)?;
    let version = rustc.split(' ').nth(1).unwrap_or("of an unknown version");
    let (model, machine) =
        (model.map_or("an unknown processor", |(_, model)| model.trim()), std::env::consts::ARCH);
    Ok(format!(
        "{date}; {model} ({machine}), {cores} cores\nshared by client and server; rustc {version}"
    ))
}
