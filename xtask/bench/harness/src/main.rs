//! `bench-harness tokens` prints keys and tokens; `native FILE` and `wasmtime FILE MODULE
//! WIDE_MODULE` measure with those of a file and print the times, all as JSON. `--quick` measures
//! less. `kernels MODULE` compares powers with those on standard input.

mod edge;
mod kernels;
mod measure;
mod native;
mod tokens;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::measure::{Effort, race};
use crate::tokens::Sample;

fn main() -> Result<()> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let count = words.len();
    words.retain(|word| word != "--quick");
    let effort = Effort::new(words.len() < count);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut lines = Vec::new();
    match words[..] {
        ["tokens"] => {
            println!(
                "{}",
                serde_json::to_string_pretty(
                    &tokens::make(jsonwebtoken::get_current_timestamp())?
                )?
            );
            return Ok(());
        }
        ["native", file] => {
            for sample in &samples(file)? {
                lines.extend(race(sample.bits, native::contenders(sample)?, effort)?);
            }
        }
        ["wasmtime", file, module, wide] => {
            let [module, wide] =
                [edge::compile(Path::new(module))?, edge::compile(Path::new(wide))?];
            for sample in &samples(file)? {
                lines.extend(race(sample.bits, edge::contenders(&module, &wide, sample)?, effort)?);
            }
        }
        ["kernels", module] => return kernels::compare(Path::new(module)),
        _ => bail!(
            "usage: bench-harness tokens | kernels MODULE | native FILE [--quick] | wasmtime FILE \
             MODULE WIDE_MODULE [--quick]"
        ),
    }
    println!("{}", json!({"rounds": effort.rounds, "lines": lines}));
    Ok(())
}

fn samples(file: &str) -> Result<Vec<Sample>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    serde_json::from_str(&text).with_context(|| format!("{file} holds no tokens"))
}
