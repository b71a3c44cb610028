//! The shared home: a PostgreSQL database, which several issuers may use at once.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, Executor as _, PgConnection, PgPool};

use super::examine::{Applied, TablesState, judge};
use super::sql::implement_storage;
use super::{
    ChangeError, ImportError, InsertError, KeySessions, OpenError, PoolLoad, Revocation,
    StorageError, UserAndSession, UserInSession, migrations, queries,
};
use crate::sessions::{RefreshToken, Session};
use crate::users::{
    ADMIN_ROLE, Changes, ImportOptions, ImportPlan, ImportReport, ImportedUser, LastAdministrator,
    NewUser, PasswordHash, Snapshot, StoredUser, User, plan_import,
};

const ADVICE: &str =
    "check that the server runs and that user, password and database in the URL are right";

/// How long a statement waits for a lock, and how long it runs at most.
const LIMITS: &str = "SET lock_timeout = '5s'; SET statement_timeout = '30s'";

/// Users in a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresStorage {
    pool: PgPool,
}

impl PostgresStorage {
    /// Connects and runs the migrations that are missing; several issuers starting at once wait
    /// for each other. A database whose tables are current is not written, so that it may be
    /// read-only.
    ///
    /// # Errors
    /// When the server cannot be reached, or refuses the login.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let (name, options) = options(url)?;
        // The pool retries until its time is up and then only says so; a first connection by hand
        // gives the reason. It may wait as long as it has to: for another issuer that migrates,
        // and for large tables.
        let mut connection = connect(&name, &options).await?;
        let applied = applied_in(&mut connection)
            .await
            .map_err(|error| OpenError::unreachable(&name, &error, ADVICE))?;
        if applied
            .is_none_or(|applied| judge(&applied, &migrations::POSTGRES) != TablesState::Current)
        {
            migrations::POSTGRES
                .run(&mut connection)
                .await
                .map_err(|error| OpenError::migration(&name, &error, ADVICE))?;
        }
        connection.close().await.map_err(|error| OpenError::unreachable(&name, &error, ADVICE))?;
        let pool = PgPoolOptions::new().max_connections(16).acquire_timeout(Duration::from_secs(5));
        // A statement that waits for somebody's lock would wait for ever, and sixteen of them take
        // every connection.
        let pool = pool.after_connect(|connection, _| {
            Box::pin(async move { connection.execute(LIMITS).await.map(drop) })
        });
        let pool = pool.connect_lazy_with(options);
        Ok(Self { pool })
    }
}

/// Host, port and database without credentials, and what connects to it.
pub(super) fn options(url: &str) -> Result<(String, PgConnectOptions), OpenError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| OpenError::MalformedUrl("postgres://user:password@host:5432/database"))?
        .application_name("issuer");
    let database = options.get_database().unwrap_or(options.get_username());
    let name = format!("{}:{}/{database}", options.get_host(), options.get_port());
    Ok((name, options))
}

async fn connect(name: &str, options: &PgConnectOptions) -> Result<PgConnection, OpenError> {
    PgConnection::connect_with(options)
        .await
        .map_err(|error| OpenError::unreachable(name, &error, ADVICE))
}

/// The migrations that were applied; `None` when there never were any.
pub(super) async fn applied(url: &str) -> Result<Option<Vec<Applied>>, OpenError> {
    let (name, options) = options(url)?;
    let mut connection = connect(&name, &options).await?;
    applied_in(&mut connection).await.map_err(|error| OpenError::unreachable(&name, &error, ADVICE))
}

async fn applied_in(connection: &mut PgConnection) -> Result<Option<Vec<Applied>>, sqlx::Error> {
    let known: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !known {
        return Ok(None);
    }
    sqlx::query_as(queries::MIGRATIONS).fetch_all(&mut *connection).await.map(Some)
}

implement_storage!(
    PostgresStorage,
    sqlx::Postgres,
    queries::POSTGRES_INSERT_SESSION,
    queries::POSTGRES_LOCK_USERS,
    queries::POSTGRES_ADVANCE_IDS,
    queries::POSTGRES_LOCK_FOR_WRITING,
    queries::POSTGRES_LOCK_ADMINISTRATORS,
    queries::POSTGRES_LOCK_SESSIONS,
    migrations::POSTGRES
);
