//! An empty database for one test: a SQLite file, or, when `ISSUER_TEST_POSTGRES_URL` names a
//! server, a schema there.

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;

pub(crate) enum TestDatabase {
    Sqlite {
        directory: TempDir,
    },
    /// `removal` is the statement that takes it away, for a connection to `home`.
    Postgres {
        url: String,
        home: String,
        removal: String,
    },
}

/// The database that holds the schemas. Dropping a schema takes a hundredth of the time of
/// dropping a database, which waits for a checkpoint of the whole server.
const DATABASE: &str = "issuer_test";

impl TestDatabase {
    pub(crate) async fn create() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let Ok(server) = std::env::var("ISSUER_TEST_POSTGRES_URL") else {
            return Self::Sqlite { directory };
        };
        let database = format!("{}/{DATABASE}", server.trim_end_matches('/'));
        create_once(&server).await;
        let schema = unique_name(&directory);
        run(&database, &format!("CREATE SCHEMA {schema}")).await;
        let (home, removal) = (database.clone(), format!("DROP SCHEMA {schema} CASCADE"));
        Self::Postgres {
            url: format!("{database}?options=-csearch_path%3D{schema}"),
            home,
            removal,
        }
    }

    /// The same for a test that changes settings of the whole database.
    pub(crate) async fn create_alone() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let Ok(home) = std::env::var("ISSUER_TEST_POSTGRES_URL") else {
            return Self::Sqlite { directory };
        };
        let name = unique_name(&directory);
        run(&home, &format!("CREATE DATABASE {name}")).await;
        let url = format!("{}/{name}", home.trim_end_matches('/'));
        Self::Postgres { url, home, removal: format!("DROP DATABASE {name} WITH (FORCE)") }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite { .. } => {
                format!("sqlite://{}", self.sqlite_file().expect("SQLite").display())
            }
            Self::Postgres { url, .. } => url.clone(),
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
            let mut connection = PgConnection::connect(&url).await.expect("the server responds");
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("the query runs")
        }
    }

    pub(crate) async fn remove(self) {
        if let Self::Postgres { home, removal, .. } = self {
            run(&home, &removal).await;
        }
    }
}

/// Takes the name of a temporary directory, which nothing else on this machine has.
fn unique_name(directory: &TempDir) -> String {
    let unique =
        directory.path().file_name().expect("it has a name").to_string_lossy().to_lowercase();
    format!("issuer_test_{}_{}", std::process::id(), unique.replace('.', ""))
}

/// Creates [`DATABASE`] unless it exists.
async fn create_once(server: &str) {
    static CREATED: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    let create = || async {
        let mut connection = PgConnection::connect(server).await.expect("the server responds");
        // PostgreSQL has no CREATE DATABASE IF NOT EXISTS; another process may create it at the
        // same moment.
        let sql = AssertSqlSafe(format!("CREATE DATABASE {DATABASE}"));
        let Err(error) = sqlx::query(sql).execute(&mut connection).await else { return };
        let code = error.as_database_error().and_then(|error| error.code());
        assert!(matches!(code.as_deref(), Some("42P04" | "23505")), "{error}");
    };
    CREATED.get_or_init(create).await;
}

async fn run(url: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.expect("the file opens");
        sqlx::query(sql).execute(&mut connection).await.expect("the statement runs");
    } else {
        let mut connection = PgConnection::connect(url).await.expect("the server responds");
        sqlx::query(sql).execute(&mut connection).await.expect("the statement runs");
    }
}
