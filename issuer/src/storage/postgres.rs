//! Opening a PostgreSQL database, which several issuers may share.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::error::OpenError;
use super::migrations::{self, Applied, TablesState};
use super::sql::Pool;

const ADVICE: &str =
    "check that the server runs and that user, password and database in the URL are right";

/// Limits how long a statement waits for a lock and how long it runs. Otherwise, statements that
/// wait for an abandoned lock would occupy every connection.
const LIMITS: &str = "SET lock_timeout = '5s'; SET statement_timeout = '30s'";

const MAX_CONNECTIONS: u32 = 16;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Connects and runs missing migrations; several issuers that start at once wait for each other.
/// Writes nothing if the tables are current, so that the database may be read-only.
///
/// # Errors
/// When the server cannot be reached, or refuses the login.
pub(super) async fn open(url: &str) -> Result<Pool, OpenError> {
    let (name, options) = options(url)?;
    // The pool retries until its timeout and then reports only that; the error of a first
    // connection says why. It has no timeout: it may wait for another issuer that migrates large
    // tables.
    let mut connection = connect(&name, &options).await?;
    let applied = applied_on(&mut connection)
        .await
        .map_err(|error| OpenError::unreachable(&name, error, ADVICE))?;
    if TablesState::of(applied.as_deref(), &migrations::POSTGRES) != TablesState::Current {
        migrations::POSTGRES
            .run(&mut connection)
            .await
            .map_err(|error| OpenError::migration(&name, error, ADVICE))?;
    }
    connection.close().await.map_err(|error| OpenError::unreachable(&name, error, ADVICE))?;
    let pool = PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(LIMITS).await.map(drop) })
        });
    Ok(Pool::Postgres(pool.connect_lazy_with(options)))
}

/// Parses the URL. Returns `host:port/database`, without credentials, and the options.
pub(super) fn options(url: &str) -> Result<(String, PgConnectOptions), OpenError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| OpenError::MalformedUrl("postgres://user:password@host:5432/database"))?
        .application_name("issuer");
    let database = options.get_database().unwrap_or(options.get_username());
    let name = format!("{}:{}/{database}", options.get_host(), options.get_port());
    Ok((name, options))
}

/// Returns the state of the tables without changing them.
pub(super) async fn tables_state(url: &str) -> Result<TablesState, OpenError> {
    let (name, options) = options(url)?;
    let mut connection = connect(&name, &options).await?;
    let applied = applied_on(&mut connection)
        .await
        .map_err(|error| OpenError::unreachable(&name, error, ADVICE))?;
    Ok(TablesState::of(applied.as_deref(), &migrations::POSTGRES))
}

async fn connect(name: &str, options: &PgConnectOptions) -> Result<PgConnection, OpenError> {
    PgConnection::connect_with(options)
        .await
        .map_err(|error| OpenError::unreachable(name, error, ADVICE))
}

/// Returns the recorded migrations; `None` if there is no record.
async fn applied_on(connection: &mut PgConnection) -> Result<Option<Vec<Applied>>, sqlx::Error> {
    let is_recorded: bool =
        sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
            .fetch_one(&mut *connection)
            .await?;
    if !is_recorded {
        return Ok(None);
    }
    sqlx::query_as(migrations::APPLIED).fetch_all(&mut *connection).await.map(Some)
}
