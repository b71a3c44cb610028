//! `issuer createsuperuser`.

use std::io::{BufRead as _, IsTerminal as _};

use clap::Args;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::output::{self, say};
use super::passwords;
use super::terminal::escaped;
use crate::clock::{Clock as _, SystemClock};
use crate::config::DatabaseArgs;
use crate::storage::{self, InsertError};
use crate::users::{ADMIN_ROLE, Profile, check_password};

#[derive(Debug, Args)]
pub(super) struct CreateSuperuserArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Creates an administrator. Prompts twice for the password, without echo; it is never an
/// argument.
pub(super) async fn run(args: CreateSuperuserArgs) -> Result<(), Failure> {
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
    let hash = passwords::hash(&password, profile.password_owner()).await?;
    let user = profile.with_password(hash, SystemClock.now().timestamp());
    let user = storage.insert_user(&user).await?;
    say!("created the administrator {} (id {})", escaped(&user.username), user.id)?;
    storage.close().await;
    Ok(())
}

fn ask(question: &str) -> Result<String, Failure> {
    output::complain(question);
    let mut answer = String::new();
    if std::io::stdin().lock().read_line(&mut answer)? == 0 {
        return Err("the input ended; nothing was stored".into());
    }
    Ok(answer.trim().to_owned())
}
