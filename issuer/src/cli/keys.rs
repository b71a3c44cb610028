//! `issuer keys`.

use chrono::TimeDelta;
use clap::{Args, Subcommand};

use super::failure::Failure;
use super::output::say;
use super::runtime;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{DatabaseArgs, KeysArgs};
use crate::http::KEYS_CACHE_SECONDS;
use crate::keys::{Generated, KeyBits, KeyDirectory, KeyState};
use crate::storage::{self, KeySessions};
use crate::token::Lifetimes;

/// A running issuer may sign with a retired key until it reloads the directory: it polls every
/// second.
const RELOAD_MARGIN_SECONDS: i64 = 5;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Generate a key: active if it is the first, else published and not yet signing
    Generate(GenerateArgs),
    /// Activate the published key, and retire the active one
    Rotate(RotateArgs),
    /// Retire a published key before it signs
    Retire(RetireArgs),
    /// Remove a retired key; its tokens are rejected from then on
    Remove(RemoveArgs),
    /// List the keys and their states
    List(KeysArgs),
}

#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    #[command(flatten)]
    keys: KeysArgs,

    /// Bits of the modulus
    #[arg(long, value_enum, default_value_t)]
    bits: KeyBits,

    /// Do nothing if there is an active key
    #[arg(long)]
    if_missing: bool,
}

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    #[command(flatten)]
    keys: KeysArgs,

    /// Do not wait until every verifier has the new key
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct RetireArgs {
    #[command(flatten)]
    keys: KeysArgs,

    /// Id of the key
    #[arg(allow_hyphen_values = true)]
    kid: String,
}

#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    #[command(flatten)]
    keys: KeysArgs,

    #[command(flatten)]
    database: DatabaseArgs,

    /// Id of the key
    #[arg(allow_hyphen_values = true)]
    kid: String,

    /// Lifetime of access tokens, in seconds
    #[arg(
        long,
        env = "ISSUER_ACCESS_LIFETIME",
        value_name = "SECONDS",
        default_value_t = Lifetimes::default().access_seconds
    )]
    access_lifetime: u32,

    /// Lifetime of refresh tokens, in seconds
    #[arg(
        long,
        env = "ISSUER_REFRESH_LIFETIME",
        value_name = "SECONDS",
        default_value_t = Lifetimes::default().refresh_seconds
    )]
    refresh_lifetime: u32,

    /// Do not wait until all tokens of the key have expired, and end the sessions that it vouches
    /// for
    #[arg(long)]
    force: bool,
}

pub(super) fn run(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Generate(args) => generate(args),
        KeysCommand::Rotate(args) => rotate(args),
        KeysCommand::Retire(RetireArgs { keys, kid }) => {
            KeyDirectory::new(keys.keys_dir).retire(&kid, SystemClock.now())?;
            say!("retired the key {kid}")?;
            Ok(())
        }
        KeysCommand::Remove(args) => runtime::run(remove(args)),
        KeysCommand::List(args) => list(args),
    }
}

fn generate(args: GenerateArgs) -> Result<(), Failure> {
    let directory = KeyDirectory::new(args.keys.keys_dir);
    match directory.generate(args.bits, args.if_missing, SystemClock.now())? {
        Generated::New { kid, state } => {
            let path = directory.path().display();
            say!("generated the key {kid} in {path}: {}", state.as_str())?;
            if state == KeyState::Published {
                say!(
                    "the JWKS contains it within seconds; the active key signs until `issuer keys \
                     rotate`"
                )?;
            }
        }
        Generated::AlreadyExists { kid } => say!("the key {kid} is active already")?,
    }
    Ok(())
}

fn rotate(args: RotateArgs) -> Result<(), Failure> {
    let cached = (!args.force).then(|| TimeDelta::seconds(i64::from(KEYS_CACHE_SECONDS)));
    let (new, old) = KeyDirectory::new(args.keys.keys_dir).rotate(SystemClock.now(), cached)?;
    say!("the key {new} signs now")?;
    say!("the key {old} is retired: its tokens stay valid, remove it when they have expired")?;
    say!(
        "after a theft, remove it at once: `issuer keys remove --force {old}` also ends its \
         sessions"
    )?;
    Ok(())
}

async fn remove(args: RemoveArgs) -> Result<(), Failure> {
    let (directory, kid, now) =
        (KeyDirectory::new(args.keys.keys_dir), args.kid, SystemClock.now());
    if !args.force {
        let longest = i64::from(args.access_lifetime.max(args.refresh_lifetime));
        let lifetime = TimeDelta::seconds(longest + RELOAD_MARGIN_SECONDS);
        directory.remove(&kid, now, Some(lifetime))?;
        say!("removed the key {kid}")?;
        return Ok(());
    }
    // Opened first: a removed key whose sessions live on must not look like a handled theft.
    let storage = storage::open_existing(&args.database.database_url).await?;
    directory.remove(&kid, now, None)?;
    say!("removed the key {kid}")?;
    // A running issuer accepts the key for another moment, but begins no session with it.
    let ended = storage.revoke_sessions_of_key(&kid, KeySessions::Never, now.timestamp()).await;
    let ended = ended.map_err(|error| {
        format!(
            "the key is removed, but its sessions live on: {error}; \
             run `issuer sessions end-all --of-key {kid}`"
        )
    })?;
    say!("ended {ended} sessions that it vouched for")?;
    storage.close().await;
    Ok(())
}

fn list(args: KeysArgs) -> Result<(), Failure> {
    let time = |time: chrono::DateTime<chrono::Utc>| match time.timestamp() {
        0 => "-".to_owned(),
        _ => time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    };
    say!("{:<43}  {:<9}  CREATED", "KID", "STATE")?;
    for key in KeyDirectory::new(args.keys_dir).list()? {
        say!("{:<43}  {:<9}  {}", key.kid, key.state.as_str(), time(key.created_at))?;
    }
    Ok(())
}
