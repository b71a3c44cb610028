//! Users of a Django project, from tables with values that Django itself would not write, and again
//! after they changed. On PostgreSQL when `ISSUER_TEST_POSTGRES_URL` is set, on SQLite otherwise.

mod adoption;
mod rows;
mod updates;

use std::fs;

use tokio::runtime::Runtime;

use super::program::{WorkingDirectory, succeeds};
use crate::database::TestDatabase;

/// Of `testpass123` and `other-pass-9`, by Django's first hasher, with few rounds.
const HASH: &str = "pbkdf2_sha256$1000$salt$rDzXcbsQeJG48LwTfOuyPF/jllYelNoK2IdeSejY6yM=";
const OTHER_HASH: &str = "pbkdf2_sha256$1000$salt$/GMsHnXm4o82LGEC+TmUPvwD6tDmfSQhE9G49RgTgwY=";

/// Django's database and the issuer's.
struct Move {
    dir: WorkingDirectory,
    theirs: TestDatabase,
    ours: TestDatabase,
    runtime: Runtime,
}

impl Move {
    /// With a table whose primary key has this type.
    fn with_ids(kind: &str) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let (theirs, ours) = runtime
            .block_on(async { (TestDatabase::create().await, TestDatabase::create().await) });
        if let Some(file) = theirs.sqlite_file() {
            fs::write(file, "").expect("a new file");
        }
        let mut dir = WorkingDirectory::with_keys();
        dir.set_database(ours.url());
        let this = Self { dir, theirs, ours, runtime };
        this.sql(&format!(
            "CREATE TABLE auth_user (id {kind}, username VARCHAR(150), email VARCHAR(254), first_name VARCHAR(150), \
             last_name VARCHAR(150), password VARCHAR(128), is_active BOOLEAN, is_superuser \
             BOOLEAN, \
             date_joined TIMESTAMP)"
        ));
        this
    }

    fn new() -> Self {
        Self::with_ids("BIGINT PRIMARY KEY")
    }

    fn is_sqlite(&self) -> bool {
        self.theirs.sqlite_file().is_some()
    }

    /// Changes Django's table.
    fn sql(&self, sql: &str) {
        self.runtime.block_on(self.theirs.execute(sql));
    }

    /// Adds a user; both are SQL values.
    fn add(&self, id: &str, username: &str) {
        self.sql(&format!(
            "INSERT INTO auth_user VALUES ({id}, {username}, 'a@example.com', 'A', 'B', '{HASH}', TRUE, FALSE, \
             '2024-10-30 08:40:00')"
        ));
    }

    fn import(&self, arguments: &[&str]) -> std::process::Output {
        let url = self.theirs.url();
        self.dir.run(&[&["users", "import", "--from", &url], arguments].concat())
    }

    /// Changes the issuer's records behind its back.
    fn ours(&self, sql: &str) {
        self.runtime.block_on(self.ours.execute(sql));
    }

    /// Makes the records those of an import that recorded nothing: it ran before migration 0005.
    fn forget_imports(&self) {
        self.ours("UPDATE users SET imported_password = NULL, imported_record = NULL");
    }

    /// The lines of `users list`, without the first.
    fn list(&self) -> Vec<String> {
        let list = succeeds(&self.dir.run(&["users", "list"]));
        list.lines()
            .skip(1)
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }
}

impl Drop for Move {
    fn drop(&mut self) {
        let none = || TestDatabase::Postgres {
            url: String::new(),
            home: String::new(),
            removal: String::new(),
        };
        for database in [&mut self.theirs, &mut self.ours] {
            if matches!(database, TestDatabase::Postgres { .. }) {
                self.runtime.block_on(std::mem::replace(database, none()).remove());
            }
        }
    }
}
