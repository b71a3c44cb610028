//! `issuer sessions`.

use clap::{Args, Subcommand};

use super::Failure;
use super::output::say;
use crate::clock::{Clock as _, SystemClock};
use crate::config::DatabaseArgs;
use crate::storage::{self, KeySessions};

#[derive(Debug, Subcommand)]
pub(super) enum SessionsCommand {
    /// End all sessions of all users, or those that one key vouched for: everybody concerned logs
    /// in again
    EndAll(EndAllArgs),
}

#[derive(Debug, Args)]
pub(super) struct EndAllArgs {
    #[command(flatten)]
    database: DatabaseArgs,

    /// Only sessions that began with this key, or with a token that it signed, and those of which
    /// no key is recorded
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
            say!("ended {ended} sessions of the key {}", super::terminal::escaped(&kid))?;
        }
        None => {
            let ended = storage.revoke_every_session(now).await?;
            say!("ended {ended} sessions")?;
        }
    }
    storage.close().await;
    Ok(())
}
