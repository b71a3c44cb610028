//! `issuer sessions`.

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::output::say;
use super::terminal::escaped;
use crate::clock::{Clock as _, SystemClock};
use crate::config::DatabaseArgs;
use crate::storage::{self, KeySessions};
use crate::upkeep;

#[derive(Debug, Subcommand)]
pub(super) enum SessionsCommand {
    /// End the sessions of all users, or those that one key vouches for; their users must log in
    /// again
    EndAll(EndAllArgs),
}

#[derive(Debug, Args)]
pub(super) struct EndAllArgs {
    #[command(flatten)]
    database: DatabaseArgs,

    /// Only sessions that began with this key or with a token that it signed, and those without a
    /// recorded key
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    of_key: Option<String>,
}

pub(super) async fn run(command: SessionsCommand) -> Result<(), Failure> {
    let SessionsCommand::EndAll(EndAllArgs { database, of_key }) = command;
    let storage = storage::open_existing(&database.database_url).await?;
    let now = SystemClock.now().timestamp();
    match of_key {
        Some(kid) => {
            let ended = storage.revoke_sessions_of_key(&kid, KeySessions::MayBegin, now).await?;
            say!("ended {ended} sessions of the key {}", escaped(&kid))?;
        }
        None => {
            let ended = storage.revoke_every_session(now).await?;
            say!("ended {ended} sessions")?;
        }
    }
    storage.close().await;
    Ok(())
}

/// `issuer flush-expired`.
pub(super) async fn flush_expired(args: DatabaseArgs) -> Result<(), Failure> {
    let storage = storage::open(&args.database_url).await?;
    let sessions = upkeep::flush_expired(&*storage, &SystemClock).await?;
    say!("deleted {sessions} expired sessions")?;
    storage.close().await;
    Ok(())
}
