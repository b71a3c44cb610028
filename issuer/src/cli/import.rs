//! `issuer users import`.

use clap::Args;

use super::Failure;
use super::output::say;
use crate::clock::{Clock as _, SystemClock};
use crate::config::DatabaseArgs;
use crate::storage;
use crate::users::{ADMIN_ROLE, Changes, Claims, DEFAULT_ROLE, Differing, ImportReport, NotTaken, read_django_users};

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Django's database: a SQLite file, or postgres://user:password@host/database
    #[arg(long, env = "ISSUER_IMPORT_FROM", hide_env_values = true)]
    from: String,
    /// Table of the users
    #[arg(long, default_value = "auth_user")]
    table: String,
    /// The claim `role` of users who are no superusers; those get `admin`
    #[arg(long, default_value = DEFAULT_ROLE)]
    role: String,
    /// The claim `premium` of new users
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    premium: bool,
    /// Give users of an earlier import Django's values where they differ: name, email, password, active or not,
    /// superuser or not; without it, they are named only
    #[arg(long)]
    update: bool,
}

pub(super) async fn run(args: ImportArgs) -> Result<(), Failure> {
    Changes { role: Some(args.role.clone()), ..Changes::default() }.checked()?;
    let claims = Claims { role: args.role, superuser_role: ADMIN_ROLE.to_owned(), premium: args.premium };
    let users = read_django_users(&args.from, &args.table, &claims).await?;
    let storage = storage::open(&args.database.database_url).await?;
    let report = storage.import_users(&users, args.update, SystemClock.now().timestamp()).await?;
    say!("imported {} users, {} were there already", report.new, report.present)?;
    print(&report, args.update)?;
    for user in users.iter().filter(|user| !user.has_usable_password()) {
        let name = user.username();
        say!("the user {name:?} has no password that can be checked: `issuer users set-password` gives one")?;
    }
    storage.close().await;
    match report.not_taken.len() {
        0 => Ok(()),
        count => Err(format!("names of {count} users belong to others here, see above; all else is stored").into()),
    }
}

fn print(report: &ImportReport, update: bool) -> Result<(), Failure> {
    for Differing { id, username, fields, is_updated } in &report.differing {
        let fields = fields.join(", ");
        if *is_updated {
            say!("the user {username:?} (id {id}) got Django's {fields}")?;
        } else {
            say!("the user {username:?} (id {id}) differs from Django's in: {fields}")?;
        }
    }
    for NotTaken { id, username, holder } in &report.not_taken {
        say!("the user {id} of Django's cannot have the name {username:?}: it is the user {holder}'s")?;
    }
    for (id, username) in &report.gone {
        say!("the user {username:?} (id {id}) is not in Django's table: `issuer users deactivate` keeps it out")?;
    }
    if !update && !report.differing.is_empty() {
        say!("`issuer users import --update` takes Django's values for those who differ")?;
    }
    Ok(())
}
