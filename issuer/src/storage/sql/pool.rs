//! Pool, transaction, statement and row of either database.
//!
//! The statements read the same in SQLite and PostgreSQL; only sqlx's types differ. These enums
//! hide the types, so that each store is written once. A generic over `sqlx::Database` would need
//! a dozen bounds on every function, and sqlx's `Any` driver knows too few types.

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{
    Decode, Encode, Error, PgConnection, PgPool, Postgres, Row as _, Sqlite, SqliteConnection,
    SqlitePool, Type,
};

use crate::storage::error::StorageError;
use crate::storage::health::PoolLoad;
use crate::storage::migrations;

/// A statement whose text differs between the databases.
pub(super) struct PerDatabase {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

#[derive(Debug)]
pub(in crate::storage) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    /// Prepares a statement that runs on any free connection.
    pub(super) fn query(&self, sql: &'static str) -> Statement<'_> {
        match self {
            Self::Sqlite(pool) => Statement::SqlitePool(sqlx::query(sql), pool),
            Self::Postgres(pool) => Statement::PostgresPool(sqlx::query(sql), pool),
        }
    }

    pub(super) fn query_per_database(&self, sql: &PerDatabase) -> Statement<'_> {
        match self {
            Self::Sqlite(_) => self.query(sql.sqlite),
            Self::Postgres(_) => self.query(sql.postgres),
        }
    }

    /// Begins a transaction in a task, so that it is rolled back even if the client goes away
    /// meanwhile. sqlx forgets a `BEGIN` to PostgreSQL whose response was not awaited: the
    /// connection would return to the pool inside a transaction, and later writes on it would
    /// never be committed.
    pub(super) async fn begin(&self) -> Result<Transaction, StorageError> {
        let begin = match self {
            Self::Sqlite(pool) => {
                let pool = pool.clone();
                tokio::spawn(async move { pool.begin().await.map(Transaction::Sqlite) })
            }
            Self::Postgres(pool) => {
                let pool = pool.clone();
                tokio::spawn(async move { pool.begin().await.map(Transaction::Postgres) })
            }
        };
        Ok(begin.await.unwrap_or(Err(Error::WorkerCrashed))?)
    }

    pub(super) fn load(&self) -> PoolLoad {
        let (open, idle, max) = match self {
            Self::Sqlite(pool) => {
                (pool.size(), pool.num_idle(), pool.options().get_max_connections())
            }
            Self::Postgres(pool) => {
                (pool.size(), pool.num_idle(), pool.options().get_max_connections())
            }
        };
        let open = usize::try_from(open).unwrap_or(usize::MAX);
        PoolLoad { busy: open.saturating_sub(idle), idle, max }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// Returns the migrations of this database.
    pub(super) fn migrator(&self) -> &'static Migrator {
        match self {
            Self::Sqlite(_) => &migrations::SQLITE,
            Self::Postgres(_) => &migrations::POSTGRES,
        }
    }
}

/// Rolled back when dropped without [`Self::commit`].
pub(super) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    pub(super) fn query(&mut self, sql: &'static str) -> Statement<'_> {
        match self {
            Self::Sqlite(transaction) => Statement::Sqlite(sqlx::query(sql), transaction),
            Self::Postgres(transaction) => Statement::Postgres(sqlx::query(sql), transaction),
        }
    }

    pub(super) fn query_per_database(&mut self, sql: &PerDatabase) -> Statement<'_> {
        match self {
            Self::Sqlite(_) => self.query(sql.sqlite),
            Self::Postgres(_) => self.query(sql.postgres),
        }
    }

    /// Runs a statement that SQLite does not need: mostly locks, since SQLite has one writer at a
    /// time.
    pub(super) async fn execute_on_postgres(
        &mut self,
        sql: &'static str,
    ) -> Result<(), StorageError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(_) => self.query(sql).execute().await.map(drop),
        }
    }

    pub(super) async fn commit(self) -> Result<(), StorageError> {
        Ok(match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }?)
    }
}

type SqliteQuery = Query<'static, Sqlite, SqliteArguments>;
type PostgresQuery = Query<'static, Postgres, PgArguments>;

/// A statement with its parameters and the connection or pool that runs it.
pub(super) enum Statement<'c> {
    Sqlite(SqliteQuery, &'c mut SqliteConnection),
    SqlitePool(SqliteQuery, &'c SqlitePool),
    Postgres(PostgresQuery, &'c mut PgConnection),
    PostgresPool(PostgresQuery, &'c PgPool),
}

impl Statement<'_> {
    /// Binds the next parameter: `$1`, then `$2`, and so on.
    pub(super) fn bind<'t, T>(self, value: T) -> Self
    where
        T: Encode<'t, Sqlite> + Type<Sqlite> + Encode<'t, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(query, on) => Self::Sqlite(query.bind(value), on),
            Self::SqlitePool(query, on) => Self::SqlitePool(query.bind(value), on),
            Self::Postgres(query, on) => Self::Postgres(query.bind(value), on),
            Self::PostgresPool(query, on) => Self::PostgresPool(query.bind(value), on),
        }
    }

    /// Runs the statement and returns how many rows it wrote.
    pub(super) async fn execute(self) -> Result<u64, StorageError> {
        Ok(match self {
            Self::Sqlite(query, on) => query.execute(on).await?.rows_affected(),
            Self::SqlitePool(query, on) => query.execute(on).await?.rows_affected(),
            Self::Postgres(query, on) => query.execute(on).await?.rows_affected(),
            Self::PostgresPool(query, on) => query.execute(on).await?.rows_affected(),
        })
    }

    /// Runs the statement and reads its row, if there is one.
    pub(super) async fn fetch_optional<T>(
        self,
        read: fn(&Row) -> Result<T, Error>,
    ) -> Result<Option<T>, StorageError> {
        let row = match self {
            Self::Sqlite(query, on) => query.fetch_optional(on).await?.map(Row::Sqlite),
            Self::SqlitePool(query, on) => query.fetch_optional(on).await?.map(Row::Sqlite),
            Self::Postgres(query, on) => query.fetch_optional(on).await?.map(Row::Postgres),
            Self::PostgresPool(query, on) => query.fetch_optional(on).await?.map(Row::Postgres),
        };
        Ok(row.as_ref().map(read).transpose()?)
    }

    /// Runs the statement and reads its only row.
    pub(super) async fn fetch_one<T>(
        self,
        read: fn(&Row) -> Result<T, Error>,
    ) -> Result<T, StorageError> {
        Ok(self.fetch_optional(read).await?.ok_or(Error::RowNotFound)?)
    }

    /// Runs the statement and reads its rows.
    pub(super) async fn fetch_all<T>(
        self,
        read: fn(&Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, StorageError> {
        let sqlite = |rows: Vec<SqliteRow>| rows.into_iter().map(Row::Sqlite).collect::<Vec<_>>();
        let postgres = |rows: Vec<PgRow>| rows.into_iter().map(Row::Postgres).collect();
        let rows = match self {
            Self::Sqlite(query, on) => sqlite(query.fetch_all(on).await?),
            Self::SqlitePool(query, on) => sqlite(query.fetch_all(on).await?),
            Self::Postgres(query, on) => postgres(query.fetch_all(on).await?),
            Self::PostgresPool(query, on) => postgres(query.fetch_all(on).await?),
        };
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }
}

/// A row of a result.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// Reads a column by its name.
    pub(super) fn get<'r, T>(&'r self, column: &str) -> Result<T, Error>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }
}
