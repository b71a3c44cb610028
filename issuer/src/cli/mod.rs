//! The command line: `issuer <command>`. Errors are one line, with an exit code other than 0.

mod backup;
mod doctor;
mod failure;
mod import;
mod introspection_client;
mod keys;
mod output;
mod passwords;
mod runtime;
mod serve;
mod sessions;
mod signal;
mod signing_keys;
mod superuser;
mod terminal;
mod token;
mod users;
mod verdict;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::failure::Failure;
use self::terminal::escaped;
use crate::config::{DatabaseArgs, ServeArgs};

/// Logs users in and issues RS256 tokens: a drop-in for Django + SimpleJWT.
#[derive(Debug, Parser)]
#[command(name = "issuer", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<ServeArgs>),
    /// Manage signing keys
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Manage users
    #[command(subcommand)]
    Users(users::UsersCommand),
    /// End sessions
    #[command(subcommand)]
    Sessions(sessions::SessionsCommand),
    /// Copy the database to a new private file, also while `serve` runs
    Backup(backup::BackupArgs),
    /// Delete sessions whose tokens have all expired; `serve` does it every hour
    FlushExpired(DatabaseArgs),
    /// Find out why tokens are rejected; exit code 0: no problem, 1: a problem, 2: the checks could
    /// not run
    Doctor(doctor::DoctorArgs),
    /// Inspect a token
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Make the secret of a service that introspects tokens
    IntrospectionClient(introspection_client::IntrospectionClientArgs),
    /// Create an administrator, with prompts on the terminal
    Createsuperuser(superuser::CreateSuperuserArgs),
}

/// Exit code of a failed command.
const FAILED: u8 = 1;
/// Exit code of `token inspect` and `doctor` without a result, where 1 is a result; clap uses it
/// for wrong usage.
const NO_RESULT: u8 = 2;

/// Runs the command that the arguments of the process name.
#[must_use]
pub fn main() -> ExitCode {
    // For connections to Redis. An error means that a provider is installed already, which serves
    // as well.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let result = match Cli::parse().command {
        Command::Token(command) => return result(token::run(command)),
        Command::Doctor(args) => return result(doctor::run(args)),
        Command::Keys(command) => keys::run(command),
        Command::IntrospectionClient(args) => introspection_client::run(&args),
        Command::Sessions(command) => runtime::run(sessions::run(command)),
        Command::Serve(args) => runtime::run(serve::run(*args)),
        Command::Backup(args) => runtime::run(backup::run(args)),
        Command::FlushExpired(args) => runtime::run(sessions::flush_expired(args)),
        Command::Users(command) => runtime::run(users::run(command)),
        Command::Createsuperuser(args) => runtime::run(superuser::run(args)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, FAILED),
    }
}

/// Returns the exit code of a command that has a result.
fn result(result: Result<ExitCode, Failure>) -> ExitCode {
    result.unwrap_or_else(|error| fail(&error, NO_RESULT))
}

fn fail(error: &Failure, code: u8) -> ExitCode {
    output::complain(format_args!("error: {}\n", escaped(&error.to_string())));
    ExitCode::from(code)
}
