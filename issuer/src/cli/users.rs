//! `issuer users`.

use std::fmt::Write as _;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::import::{self, ImportArgs};
use super::output::{self, say};
use super::passwords::{self, PasswordSource};
use super::terminal::{escaped, json_escaped};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{ClaimsArgs, DatabaseArgs};
use crate::storage::{self, ChangeError, Storage};
use crate::users::{Changes, DEFAULT_ROLE, LastAdministrator, Profile, User, normalised_username};

#[derive(Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// Create a user
    Create(CreateArgs),
    /// Import the users of a Django project, with ids and password hashes; reports differences
    Import(ImportArgs),
    /// List the users
    List(DatabaseArgs),
    /// Activate a user
    Activate(NamedUserArgs),
    /// Deactivate a user: no login, no refresh
    Deactivate(RemovedUserArgs),
    /// Show a user
    Show(NamedUserArgs),
    /// Set a user's password; ends all sessions of the user
    SetPassword(SetPasswordArgs),
    /// Set the claim `role`; ends the user's sessions, depending on --on-claims-change
    SetRole(SetRoleArgs),
    /// Set the claim `premium`; ends the user's sessions when it is lost, depending on
    /// --on-claims-change
    SetPremium(SetPremiumArgs),
    /// End all sessions of a user
    Logout(NamedUserArgs),
    /// Delete a user and all sessions of the user
    Delete(RemovedUserArgs),
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// User name
    #[arg(long, allow_hyphen_values = true)]
    username: String,
    /// Email address
    #[arg(long, default_value = "")]
    email: String,
    /// First name
    #[arg(long, default_value = "")]
    first_name: String,
    /// Last name
    #[arg(long, default_value = "")]
    last_name: String,
    /// The claim `role`
    #[arg(long, default_value = DEFAULT_ROLE)]
    role: String,
    /// The claim `premium`
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    premium: bool,
    #[command(flatten)]
    password: PasswordSource,
    /// Do nothing if the user exists
    #[arg(long)]
    if_missing: bool,
}

#[derive(Debug, Args)]
pub(super) struct NamedUserArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The user's name
    #[arg(allow_hyphen_values = true)]
    username: String,
}

#[derive(Debug, Args)]
pub(super) struct RemovedUserArgs {
    #[command(flatten)]
    user: NamedUserArgs,
    #[command(flatten)]
    force: ForceArgs,
}

#[derive(Debug, Clone, Copy, Args)]
struct ForceArgs {
    /// Even if no active administrator is left
    #[arg(long)]
    force: bool,
}

impl From<ForceArgs> for LastAdministrator {
    fn from(ForceArgs { force }: ForceArgs) -> Self {
        if force { Self::MayGo } else { Self::Stays }
    }
}

#[derive(Debug, Args)]
pub(super) struct SetPasswordArgs {
    #[command(flatten)]
    user: NamedUserArgs,
    #[command(flatten)]
    password: PasswordSource,
}

#[derive(Debug, Args)]
pub(super) struct SetRoleArgs {
    #[command(flatten)]
    user: NamedUserArgs,
    #[command(flatten)]
    claims: ClaimsArgs,
    #[command(flatten)]
    force: ForceArgs,
    /// The role
    role: String,
}

#[derive(Debug, Args)]
pub(super) struct SetPremiumArgs {
    #[command(flatten)]
    user: NamedUserArgs,
    #[command(flatten)]
    claims: ClaimsArgs,
    /// true or false
    #[arg(action = clap::ArgAction::Set)]
    premium: bool,
}

pub(super) async fn run(command: UsersCommand) -> Result<(), Failure> {
    match command {
        UsersCommand::Create(args) => create(args).await,
        UsersCommand::Import(args) => import::run(args).await,
        UsersCommand::List(args) => list(args).await,
        UsersCommand::Activate(args) => {
            change(args, Changes { is_active: Some(true), ..Changes::default() }).await
        }
        UsersCommand::Deactivate(RemovedUserArgs { user, force }) => {
            let last_administrator = force.into();
            change(
                user,
                Changes { is_active: Some(false), last_administrator, ..Changes::default() },
            )
            .await
        }
        UsersCommand::Show(args) => show(args).await,
        UsersCommand::SetPassword(args) => set_password(args).await,
        UsersCommand::SetRole(SetRoleArgs { user, claims, force, role }) => {
            let (role, on_claims_change, last_administrator) =
                (Some(role), claims.on_claims_change, force.into());
            change(
                user,
                Changes { role, on_claims_change, last_administrator, ..Changes::default() },
            )
            .await
        }
        UsersCommand::SetPremium(SetPremiumArgs { user, claims, premium }) => {
            let (premium, on_claims_change) = (Some(premium), claims.on_claims_change);
            change(user, Changes { premium, on_claims_change, ..Changes::default() }).await
        }
        UsersCommand::Logout(args) => log_out(args).await,
        UsersCommand::Delete(args) => delete(args).await,
    }
}

async fn create(args: CreateArgs) -> Result<(), Failure> {
    let profile = Profile {
        username: args.username,
        email: args.email,
        first_name: args.first_name,
        last_name: args.last_name,
        role: args.role,
        premium: args.premium,
    };
    let profile = profile.checked()?;
    let storage = storage::open(&args.database.database_url).await?;
    if args.if_missing
        && let Some(user) = storage.user_by_name(&profile.username).await?
    {
        say!("the user {} exists already (id {})", escaped(&user.username), user.id)?;
        return Ok(());
    }
    let password = args.password.read(profile.password_owner())?;
    let hash = passwords::hash(&password, profile.password_owner()).await?;
    let user = profile.with_password(hash, SystemClock.now().timestamp());
    let user = storage.insert_user(&user).await?;
    say!("created the user {} (id {})", escaped(&user.username), user.id)?;
    args.password.print(&password)?;
    storage.close().await;
    Ok(())
}

async fn list(args: DatabaseArgs) -> Result<(), Failure> {
    const PAGE: u32 = 500;
    let storage = storage::open_for_reading(&args.database_url).await?;
    let mut page = format!(
        "{:>6}  {:<24}  {:<32}  {:<12}  {:<7}  ACTIVE\n",
        "ID", "USERNAME", "EMAIL", "ROLE", "PREMIUM"
    );
    let mut next = Some(i64::MIN);
    while let Some(first) = next {
        let users = storage.users_from(first, PAGE).await?;
        next = users.last().and_then(|user| user.id.checked_add(1));
        for User { id, username, email, role, premium, is_active, .. } in &users {
            // Django validates names in its forms only: imported ones may contain anything.
            let (username, email) = (escaped(username), escaped(email));
            writeln!(
                page,
                "{id:>6}  {username:<24}  {email:<32}  {role:<12}  {premium:<7}  {is_active}"
            )?;
        }
        if !output::to_reader(&page)? {
            break;
        }
        page.clear();
    }
    storage.close().await;
    Ok(())
}

async fn change(args: NamedUserArgs, changes: Changes) -> Result<(), Failure> {
    let changes = changes.checked()?;
    let (storage, user) = named(args).await?;
    let user = storage
        .update_user(user.id, &changes, SystemClock.now().timestamp())
        .await
        .map_err(with_force)?
        .ok_or("the user was deleted in the meantime")?;
    let name = escaped(&user.username);
    if let Some(active) = changes.is_active {
        say!("the user {name} is {}", if active { "active" } else { "inactive" })?;
    } else {
        say!("the user {name} has the role {} and premium {}", escaped(&user.role), user.premium)?;
    }
    storage.close().await;
    Ok(())
}

async fn show(args: NamedUserArgs) -> Result<(), Failure> {
    let storage = storage::open_for_reading(&args.database.database_url).await?;
    let user = find(&*storage, &args.username).await?;
    say!("{}", json_escaped(&serde_json::to_string_pretty(&user.admin_view())?))?;
    storage.close().await;
    Ok(())
}

async fn set_password(args: SetPasswordArgs) -> Result<(), Failure> {
    let (storage, user) = named(args.user).await?;
    let password = args.password.read(user.password_owner())?;
    let hash = passwords::hash(&password, user.password_owner()).await?;
    if !storage.set_password(user.id, None, &hash, None, SystemClock.now().timestamp()).await? {
        return Err("the user was deleted in the meantime".into());
    }
    say!("set the password of the user {}; all sessions have ended", escaped(&user.username))?;
    args.password.print(&password)?;
    storage.close().await;
    Ok(())
}

/// Adds the advice of the command line.
fn with_force(error: ChangeError) -> Failure {
    match error {
        ChangeError::LastAdministrator => format!("{error}, or add --force").into(),
        ChangeError::Storage(error) => error.into(),
    }
}

async fn delete(args: RemovedUserArgs) -> Result<(), Failure> {
    let (storage, user) = named(args.user).await?;
    let now = SystemClock.now().timestamp();
    storage.delete_user(user.id, args.force.into(), now).await.map_err(with_force)?;
    say!("deleted the user {} (id {})", escaped(&user.username), user.id)?;
    storage.close().await;
    Ok(())
}

async fn log_out(args: NamedUserArgs) -> Result<(), Failure> {
    let (storage, user) = named(args).await?;
    let ended = storage.revoke_sessions(user.id, None, SystemClock.now().timestamp()).await?;
    say!("ended {ended} sessions of the user {}", escaped(&user.username))?;
    storage.close().await;
    Ok(())
}

async fn named(args: NamedUserArgs) -> Result<(Arc<dyn Storage>, User), Failure> {
    let storage = storage::open(&args.database.database_url).await?;
    let user = find(&*storage, &args.username).await?;
    Ok((storage, user))
}

async fn find(storage: &dyn Storage, username: &str) -> Result<User, Failure> {
    let username = normalised_username(username);
    let user = storage.user_by_name(&username).await?;
    Ok(user.ok_or_else(|| format!("there is no user {username:?}: see `issuer users list`"))?)
}
