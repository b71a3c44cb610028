//! `issuer users import`.

use clap::Args;

use super::failure::Failure;
use super::output::say;
use crate::clock::{Clock as _, SystemClock};
use crate::config::DatabaseArgs;
use crate::storage;
use crate::users::{
    ADMIN_ROLE, Changes, DEFAULT_ROLE, Differing, ImportClaims, ImportOptions, ImportReport,
    LastAdministrator, NameConflict, RetainedAdministrator, read_django_users,
};

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
    /// The claim `role` of new users; superusers get `admin`
    #[arg(long, default_value = DEFAULT_ROLE)]
    role: String,
    /// The claim `premium` of new users
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    premium: bool,
    /// Update users of an earlier import with the values that changed in Django since: name, email,
    /// password, active, superuser; without it, differences are only reported
    #[arg(long)]
    update: bool,
    /// Record users without a recorded import as imported, with Django's current values; changes
    /// nothing else. They must have the same id, and the same username or date_joined
    #[arg(long)]
    adopt: bool,
    /// With --update: even if no active administrator is left
    #[arg(long, requires = "update")]
    force: bool,
}

pub(super) async fn run(args: ImportArgs) -> Result<(), Failure> {
    Changes { role: Some(args.role.clone()), ..Changes::default() }.checked()?;
    let claims = ImportClaims {
        role: args.role,
        superuser_role: ADMIN_ROLE.to_owned(),
        premium: args.premium,
    };
    let users = read_django_users(&args.from, &args.table, &claims).await?;
    let storage = storage::open(&args.database.database_url).await?;
    let last_administrator =
        if args.force { LastAdministrator::MayGo } else { LastAdministrator::Stays };
    let options = ImportOptions { update: args.update, adopt: args.adopt, last_administrator };
    let report = storage.import_users(&users, options, SystemClock.now().timestamp()).await?;
    say!("imported {} users, {} were there already", report.new, report.existing)?;
    print(&report, args.update)?;
    for user in users.iter().filter(|user| !user.has_usable_password()) {
        let name = user.username();
        say!(
            "the user {name:?} has no password that can be checked: `issuer users set-password` \
             gives one"
        )?;
    }
    storage.close().await;
    let mut left_out = Vec::new();
    if !report.name_conflicts.is_empty() {
        left_out
            .push(format!("names of {} users belong to others here", report.name_conflicts.len()));
    }
    if report.retained_administrator.is_some() {
        left_out.push("the last active administrator stays".to_owned());
    }
    if left_out.is_empty() {
        return Ok(());
    }
    Err(format!("{}, see above; all else is stored", left_out.join(", and ")).into())
}

fn print(report: &ImportReport, update: bool) -> Result<(), Failure> {
    for (id, username) in &report.adopted {
        say!("adopted the user {username:?} (id {id})")?;
    }
    for user in &report.differing {
        print_differences(user)?;
    }
    for NameConflict { id, username, holder } in &report.name_conflicts {
        say!(
            "the user {id} of Django's cannot have the name {username:?}: it is the user {holder}'s"
        )?;
    }
    if let Some(RetainedAdministrator { id, username, fields }) = &report.retained_administrator {
        let fields = fields.join(", ");
        say!(
            "the user {username:?} (id {id}) is the last active administrator and keeps its {fields}: \
             make another one first, or add --force"
        )?;
    }
    for (id, username) in &report.missing {
        say!(
            "the user {username:?} (id {id}) is not in Django's table: `issuer users deactivate` \
             keeps it out"
        )?;
    }
    if !update && report.differing.iter().any(|user| !user.pending.is_empty()) {
        say!("`issuer users import --update` takes Django's values for those who differ")?;
    }
    if report.differing.iter().any(|user| !user.is_imported || !user.unknown.is_empty()) {
        say!(
            "`issuer users import --adopt` records users as Django's, and later changes in Django \
             can be taken"
        )?;
    }
    Ok(())
}

fn print_differences(user: &Differing) -> Result<(), Failure> {
    let Differing { id, username, .. } = user;
    let name = format!("the user {username:?} (id {id})");
    let unknown = user.unknown.join(", ");
    match (user.is_imported, unknown.is_empty()) {
        (true, true) => {}
        (true, false) => {
            say!(
                "the last import of {name} is not recorded; it differs from Django's in: {unknown}"
            )?;
        }
        (false, true) => say!("{name} is not known to have been imported")?,
        (false, false) => {
            say!(
                "{name} is not known to have been imported; it differs from Django's in: {unknown}"
            )?;
        }
    }
    if !user.updated.is_empty() {
        say!("{name} got Django's {}", user.updated.join(", "))?;
    }
    if !user.pending.is_empty() {
        say!("{name} differs from Django's in: {}", user.pending.join(", "))?;
    }
    if !user.changed_here.is_empty() {
        say!("{name} was changed here in: {}", user.changed_here.join(", "))?;
    }
    Ok(())
}
