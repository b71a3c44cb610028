//! A database of a test's own: a SQLite file, or, when `ISSUER_TEST_POSTGRES_URL` names a server, a database there.

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;

pub(crate) enum TestDatabase {
    Sqlite { directory: TempDir },
    Postgres { server: String, name: String },
}

impl TestDatabase {
    pub(crate) async fn create() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let Ok(server) = std::env::var("ISSUER_TEST_POSTGRES_URL") else { return Self::Sqlite { directory } };
        let unique = directory.path().file_name().expect("it has a name").to_string_lossy().to_lowercase();
        let name = format!("issuer_test_{}_{}", std::process::id(), unique.replace('.', ""));
        run(&server, &format!("CREATE DATABASE {name}")).await;
        Self::Postgres { server, name }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite { .. } => format!("sqlite://{}", self.sqlite_file().expect("SQLite").display()),
            Self::Postgres { server, name } => format!("{}/{name}", server.trim_end_matches('/')),
        }
    }

    pub(crate) fn sqlite_file(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite { directory } => Some(directory.path().join("issuer.sqlite3")),
            Self::Postgres { .. } => None,
        }
    }

    /// Changes records behind the issuer's back.
    pub(crate) async fn execute(&self, sql: &str) {
        run(&self.url(), sql).await;
    }

    /// The one number that a query gives.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let (url, sql) = (self.url(), AssertSqlSafe(sql.to_owned()));
        if url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(&url).await.expect("the file opens");
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("the query runs")
        } else {
            let mut connection = PgConnection::connect(&url).await.expect("the server answers");
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("the query runs")
        }
    }

    pub(crate) async fn remove(self) {
        if let Self::Postgres { server, name } = self {
            run(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

async fn run(url: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.expect("the file opens");
        sqlx::query(sql).execute(&mut connection).await.expect("the statement runs");
    } else {
        let mut connection = PgConnection::connect(url).await.expect("the server answers");
        sqlx::query(sql).execute(&mut connection).await.expect("the statement runs");
    }
}
