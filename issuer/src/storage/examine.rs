//! Looking at a database without opening it for use: nothing is made, nothing is migrated.

use sqlx::migrate::Migrator;

use super::{OpenError, migrations, postgres, sqlite};

/// The tables of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TablesState {
    /// They are those of this release.
    Current,
    /// There are none.
    Missing,
    /// So many migrations are missing.
    Behind(usize),
    /// They are those of another release, or a migration was interrupted.
    Foreign,
}

/// A migration as the database remembers it.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) version: i64,
    pub(super) success: bool,
    pub(super) checksum: Vec<u8>,
}

/// Looks at the database of this URL, as [`super::open`] takes it.
///
/// # Errors
/// When it cannot be reached or read; a SQLite file that is missing is no error but
/// [`TablesState::Missing`].
pub async fn examine(url: &str) -> Result<TablesState, OpenError> {
    let (applied, migrations) = match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => (sqlite::applied(url).await?, &*migrations::SQLITE),
        Some("postgres" | "postgresql") => (postgres::applied(url).await?, &*migrations::POSTGRES),
        _ => return Err(OpenError::UnknownScheme),
    };
    Ok(applied.map_or(TablesState::Missing, |applied| judge(&applied, migrations)))
}

pub(super) fn judge(applied: &[Applied], migrations: &Migrator) -> TablesState {
    let known = |row: &Applied| {
        migrations.iter().any(|own| {
            own.version == row.version && own.checksum.as_ref() == row.checksum.as_slice()
        })
    };
    if !applied.iter().all(|row| row.success && known(row)) {
        return TablesState::Foreign;
    }
    match migrations.iter().count().saturating_sub(applied.len()) {
        0 => TablesState::Current,
        missing => TablesState::Behind(missing),
    }
}
