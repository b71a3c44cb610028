//! The migrations of both databases, as files that are part of the program.

use std::sync::LazyLock;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Each file of a directory; `every_file_is_a_migration` finds those that are missing here.
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
