//! The issuer's command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    issuer::cli::main()
}
