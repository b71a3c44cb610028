//! The command line: `issuer <command>`. Errors are one line, and the exit code is not 0.

mod backup;
mod doctor;
mod import;
mod keys;
mod output;
mod serve;
mod sessions;
mod terminal;
mod token;
mod users;
mod verdict;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use self::output::say;
use self::terminal::escaped;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{DatabaseArgs, ServeArgs};
use crate::revocation::FLUSH_MARGIN;
use crate::storage;

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
    Serve(ServeArgs),
    /// Make and list signing keys
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Make and list users
    #[command(subcommand)]
    Users(users::UsersCommand),
    /// End sessions
    #[command(subcommand)]
    Sessions(sessions::SessionsCommand),
    /// Copy the database to a new file that others cannot read, also while `serve` runs
    Backup(backup::BackupArgs),
    /// Delete sessions whose tokens have all expired; `serve` does it every hour
    FlushExpired(DatabaseArgs),
    /// Find out why tokens are not accepted; exit code 0: no problem, 1: a problem, 2: nothing
    /// could be checked
    Doctor(doctor::DoctorArgs),
    /// Look into a token
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Make an administrator, asking for everything on the terminal
    Createsuperuser(users::CreateSuperuserArgs),
}

/// What a command comes back with when it failed: any error whose text is one line for the user.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Exit code of `token inspect` and `doctor` when there was no verdict; clap's own for wrong usage.
const NOT_CHECKED: u8 = 2;

/// Runs the command that the arguments of the process name.
#[must_use]
pub fn main() -> ExitCode {
    // For connections to Redis; an error would mean that one is installed already, which serves as
    // well.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let result = match Cli::parse().command {
        Command::Token(command) => return verdict(token::run(command)),
        Command::Doctor(args) => return verdict(doctor::run(args)),
        Command::Keys(command) => keys::run(command),
        Command::Sessions(command) => run_async(sessions::run(command)),
        Command::Serve(args) => run_async(serve::run(args)),
        Command::Backup(args) => run_async(backup::run(args)),
        Command::FlushExpired(args) => run_async(flush_expired(args)),
        Command::Users(command) => run_async(users::run(command)),
        Command::Createsuperuser(args) => run_async(users::create_superuser(args)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&*failure, 1),
    }
}

/// For commands whose exit code is an answer: 1 means no, so that a failure needs another.
fn verdict(result: Result<ExitCode, Failure>) -> ExitCode {
    result.unwrap_or_else(|failure| fail(&*failure, NOT_CHECKED))
}

async fn flush_expired(args: DatabaseArgs) -> Result<(), Failure> {
    let storage = storage::open(&args.database_url).await?;
    let sessions = storage.flush_expired(SystemClock.now().timestamp() - FLUSH_MARGIN).await?;
    say!("deleted {sessions} expired sessions")?;
    storage.close().await;
    Ok(())
}

/// How long the end waits for threads that are held up by a file system, at most.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

fn run_async(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(command);
    runtime.shutdown_timeout(LAST_PATIENCE);
    result
}

fn fail(error: &dyn std::error::Error, code: u8) -> ExitCode {
    output::complain(format_args!("error: {}\n", escaped(&error.to_string())));
    ExitCode::from(code)
}
