//! The shared home: a PostgreSQL database, which several issuers may use at once.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool};

use super::sql::implement_storage;
use super::{ImportError, InsertError, OpenError, Revocation, StorageError, UserAndSession, UserInSession, queries};
use crate::sessions::{RefreshToken, Session};
use crate::users::{Changes, ImportedUser, NewUser, PasswordHash, User};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

const ADVICE: &str = "check that the server runs and that user, password and database in the URL are right";

/// Users in a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresStorage {
    pool: PgPool,
}

impl PostgresStorage {
    /// Connects and runs the migrations; several issuers starting at once wait for each other.
    ///
    /// # Errors
    /// When the server cannot be reached, or refuses the login.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| OpenError::MalformedUrl("postgres://user:password@host:5432/database"))?
            .application_name("issuer");
        let name = format!(
            "{}:{}/{}",
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or(options.get_username())
        );
        // The pool retries until its time is up and then only says so; a first connection by hand gives the reason.
        PgConnection::connect_with(&options)
            .await
            .map_err(|error| OpenError::unreachable(&name, &error, ADVICE))?
            .close()
            .await
            .map_err(|error| OpenError::unreachable(&name, &error, ADVICE))?;
        let pool =
            PgPoolOptions::new().max_connections(16).acquire_timeout(Duration::from_secs(5)).connect_lazy_with(options);
        MIGRATIONS.run(&pool).await.map_err(|error| OpenError::migration(&name, &error, ADVICE))?;
        Ok(Self { pool })
    }
}

implement_storage!(PostgresStorage, sqlx::Postgres, queries::POSTGRES_ADVANCE_IDS, MIGRATIONS);
