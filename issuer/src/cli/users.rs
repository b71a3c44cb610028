//! `issuer users` and `issuer createsuperuser`.

use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::sync::Arc;

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use super::import::{self, ImportArgs};
use super::output::say;
use super::terminal::{escaped, json_escaped};
use super::{Failure, output};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{ClaimsArgs, DatabaseArgs};
use crate::random::SystemRandom;
use crate::storage::{self, ChangeError, InsertError, Storage};
use crate::users::{
    ADMIN_ROLE, Changes, DEFAULT_ROLE, HashingLimits, LastAdministrator, MAX_PASSWORD_BYTES,
    PasswordHasher, PasswordOwner, Profile, User, check_password, generate_password,
    normalised_username,
};

/// For a generated password that could not be printed.
const SET_ANOTHER: &str = "give another one with `issuer users set-password`";

#[derive(Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// Make a user
    Create(CreateArgs),
    /// Take over the users of a Django project, with ids and password hashes; names what differs
    Import(ImportArgs),
    /// List the users
    List(DatabaseArgs),
    /// Let a user in again
    Activate(NamedUserArgs),
    /// Keep a user out: no login, no refresh
    Deactivate(RemovedUserArgs),
    /// Show a user's record
    Show(NamedUserArgs),
    /// Set a user's password; all the user's sessions end
    SetPassword(SetPasswordArgs),
    /// Set the claim `role`; the user's sessions end, unless --on-claims-change says something
    /// else
    SetRole(SetRoleArgs),
    /// Set the claim `premium`; the user's sessions end when it is lost, unless --on-claims-change
    /// says something else
    SetPremium(SetPremiumArgs),
    /// End all sessions of a user
    Logout(NamedUserArgs),
    /// Delete a user, with all sessions
    Delete(RemovedUserArgs),
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Name to log in with
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
    /// Do nothing when the user exists
    #[arg(long)]
    if_missing: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct PasswordSource {
    /// Read the password from standard input, up to the first line break
    #[arg(long)]
    password_stdin: bool,
    /// Make a password up and print it, once
    #[arg(long)]
    generate_password: bool,
}

impl PasswordSource {
    /// Reads a password, or makes up one that may be chosen.
    fn read(&self, owner: PasswordOwner<'_>) -> Result<Zeroizing<String>, Failure> {
        if !self.generate_password {
            return password_from_stdin();
        }
        let mut password = generate_password(&SystemRandom)?;
        // By chance one may be made of the letters of the name; another one is not.
        for _ in 0..100 {
            if check_password(&password, owner).is_ok() {
                break;
            }
            password = generate_password(&SystemRandom)?;
        }
        Ok(password)
    }
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
    /// Also when no active administrator is left
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

#[derive(Debug, Args)]
pub(super) struct CreateSuperuserArgs {
    #[command(flatten)]
    database: DatabaseArgs,
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
    let user = store(&*storage, profile, &password).await?;
    say!("created the user {} (id {})", escaped(&user.username), user.id)?;
    if args.password.generate_password {
        output::password(&password, SET_ANOTHER)?;
    }
    storage.close().await;
    Ok(())
}

/// Makes an administrator. The password is asked for twice and never shown, nor taken from the
/// arguments.
pub(super) async fn create_superuser(args: CreateSuperuserArgs) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err("createsuperuser asks its questions on a terminal; \
                    in a script use `issuer users create --role admin --password-stdin`"
            .into());
    }
    let storage = storage::open(&args.database.database_url).await?;
    let mut profile = Profile::new(ask("Username: ")?);
    profile.email = ask("Email address (may be empty): ")?;
    profile.role = ADMIN_ROLE.to_owned();
    let profile = profile.checked()?;
    if storage.user_by_name(&profile.username).await?.is_some() {
        return Err(InsertError::NameTaken.into());
    }
    let password = Zeroizing::new(rpassword::prompt_password("Password: ")?);
    check_password(&password, profile.password_owner())?;
    if *password != *Zeroizing::new(rpassword::prompt_password("Password (again): ")?) {
        return Err("the two passwords are not the same; nothing was stored".into());
    }
    let user = store(&*storage, profile, &password).await?;
    say!("created the administrator {} (id {})", escaped(&user.username), user.id)?;
    storage.close().await;
    Ok(())
}

async fn store(
    storage: &dyn Storage,
    profile: Profile,
    password: &Zeroizing<String>,
) -> Result<User, Failure> {
    check_password(password, profile.password_owner())?;
    let hasher = PasswordHasher::new(HashingLimits::default(), Arc::new(SystemRandom))?;
    let hash = hasher.hash(password.clone()).await?;
    let user = profile.with_password(hash, SystemClock.now().timestamp());
    Ok(storage.insert_user(&user).await?)
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
            // Django checks names in its forms only: imported ones may hold anything.
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
        .ok_or("the user was deleted at this moment")?;
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
    check_password(&password, user.password_owner())?;
    let hasher = PasswordHasher::new(HashingLimits::default(), Arc::new(SystemRandom))?;
    let hash = hasher.hash(password.clone()).await?;
    if !storage.set_password(user.id, None, &hash, None, SystemClock.now().timestamp()).await? {
        return Err("the user was deleted at this moment".into());
    }
    say!("set the password of the user {}; all sessions have ended", escaped(&user.username))?;
    if args.password.generate_password {
        output::password(&password, SET_ANOTHER)?;
    }
    storage.close().await;
    Ok(())
}

/// The refusal of the storage, with what the command line offers.
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

fn ask(question: &str) -> Result<String, Failure> {
    output::complain(question);
    let mut answer = String::new();
    if std::io::stdin().lock().read_line(&mut answer)? == 0 {
        return Err("the input ended; nothing was stored".into());
    }
    Ok(answer.trim().to_owned())
}

/// The first line of standard input, without its line break; nothing else is stripped.
pub(super) fn password_from_stdin() -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    // A little more than is allowed, so that a longer password is refused and not cut.
    let mut input = std::io::stdin().lock().take(MAX_PASSWORD_BYTES as u64 + 8);
    input
        .read_line(&mut text)
        .map_err(|error| format!("cannot read the password from standard input: {error}"))?;
    let end = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(end);
    if text.is_empty() {
        return Err("no password on standard input: write it into the pipe".into());
    }
    Ok(text)
}
