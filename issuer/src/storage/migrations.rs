//! The migrations of both databases, compiled into the program, and the state of a database's
//! tables.

use std::sync::LazyLock;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Lists the files of a directory; the test `every_file_is_a_migration` finds missing ones.
macro_rules! migrations {
    ($directory:literal) => {
        LazyLock::new(|| {
            Migrator::with_migrations(vec![
                migration!($directory, 1, "users", "0001_users.sql"),
                migration!($directory, 2, "sessions", "0002_sessions.sql"),
                migration!($directory, 3, "revocation", "0003_revocation.sql"),
                migration!($directory, 4, "session keys", "0004_session_keys.sql"),
                migration!($directory, 5, "imported password", "0005_imported_password.sql"),
                migration!($directory, 6, "imported record", "0006_imported_record.sql"),
            ])
        })
    };
}

macro_rules! migration {
    ($directory:literal, $version:literal, $description:literal, $file:literal) => {{
        let sql = include_str!(concat!("../../migrations/", $directory, "/", $file)).into_sql_str();
        Migration::new($version, $description.into(), MigrationType::Simple, sql, false)
    }};
}

pub(super) static SQLITE: LazyLock<Migrator> = migrations!("sqlite");
pub(super) static POSTGRES: LazyLock<Migrator> = migrations!("postgres");

/// The migrations that a database records.
pub(super) const APPLIED: &str = "SELECT version, success, checksum FROM _sqlx_migrations";

/// A migration that a database records: its version, whether it succeeded, and its checksum.
pub(super) type Applied = (i64, bool, Vec<u8>);

/// State of the tables of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TablesState {
    /// They are those of this release.
    Current,
    /// There are none.
    Missing,
    /// This many migrations are missing.
    Behind(usize),
    /// They are those of another release, or a migration was interrupted.
    Foreign,
}

impl TablesState {
    /// Compares the recorded migrations with those of this release; `None` if there is no record.
    pub(super) fn of(applied: Option<&[Applied]>, migrations: &Migrator) -> Self {
        let Some(applied) = applied else { return Self::Missing };
        let is_known = |(version, success, checksum): &Applied| {
            *success
                && migrations.iter().any(|migration| {
                    migration.version == *version && *migration.checksum == **checksum
                })
        };
        if !applied.iter().all(is_known) {
            return Self::Foreign;
        }
        match migrations.iter().count().saturating_sub(applied.len()) {
            0 => Self::Current,
            missing => Self::Behind(missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_file_is_a_migration() {
        for (directory, migrator) in [("sqlite", &SQLITE), ("postgres", &POSTGRES)] {
            let directory =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(directory);
            let mut files: Vec<_> = std::fs::read_dir(&directory)
                .expect("the directory is there")
                .map(|entry| entry.expect("an entry").path())
                .collect();
            files.sort();
            let texts: Vec<_> =
                files.iter().map(|file| std::fs::read_to_string(file).expect("a text")).collect();
            let migrations: Vec<_> =
                migrator.iter().map(|migration| migration.sql.as_str().to_owned()).collect();
            assert_eq!(texts, migrations, "{}", directory.display());
            for (migration, file) in migrator.iter().zip(&files) {
                let name = format!(
                    "{:04}_{}.sql",
                    migration.version,
                    migration.description.replace(' ', "_")
                );
                assert!(file.ends_with(&name), "{name}: {}", file.display());
            }
        }
    }
}
