//! Reading Django's table `auth_user`, or one with the same columns, without changing a value.

use std::collections::HashSet;
use std::path::Path;
use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ColumnIndex, ConnectOptions as _, Connection as _, Decode, Row, Type};

use super::row::{COLUMNS, Cell, RowFault, imported};
use super::{Claims, ImportedUser};
use crate::sqlite_file;

/// The users cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Neither a file nor a PostgreSQL URL.
    #[error(
        "there is no file {0}: pass the path of Django's SQLite file, or postgres://user:password@host/database"
    )]
    NoFile(String),
    /// The URL does not parse; it may hold a password, so it is not repeated.
    #[error("the database URL is malformed: expected postgres://user:password@host:5432/database")]
    MalformedUrl,
    /// A name that would not stand in a statement as it is.
    #[error("{0:?} is not the name of a table: letters, digits and _ only")]
    TableName(String),
    /// The database does not open, or has no such table.
    #[error(
        "cannot read the table {table} of {name}: {reason}; check --from, and --table for a user model of your own"
    )]
    Unreadable {
        /// The table.
        table: String,
        /// File or `host:port/database`, without credentials.
        name: String,
        /// What the driver said.
        reason: String,
    },
    /// A row holds a value that the issuer cannot store as it is.
    #[error("cannot import the table {table}: {row}: {reason}{}; nothing was stored", more(*.others))]
    Row {
        /// The table.
        table: String,
        /// Names the row.
        row: String,
        /// What is wrong with it.
        reason: String,
        /// How many rows more cannot be imported.
        others: usize,
    },
}

fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => " (and 1 row more)".to_owned(),
        _ => format!(" (and {others} rows more)"),
    }
}

/// Reads all users, by id. Nothing is written.
///
/// # Errors
/// One line each that says what to do.
pub async fn read_django_users(
    from: &str,
    table: &str,
    claims: &Claims,
) -> Result<Vec<ImportedUser>, SourceError> {
    if table.is_empty() || !table.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(SourceError::TableName(table.to_owned()));
    }
    let is_postgres = from.starts_with("postgres://") || from.starts_with("postgresql://");
    let (name, rows) = if is_postgres {
        let options = PgConnectOptions::from_str(from).map_err(|_| SourceError::MalformedUrl)?;
        let database = options.get_database().unwrap_or(options.get_username());
        let name = format!("{}:{}/{database}", options.get_host(), options.get_port());
        (name, from_postgres(&options, table).await)
    } else {
        let path = from.strip_prefix("sqlite://").unwrap_or(from);
        if !Path::new(path).is_file() {
            return Err(SourceError::NoFile(path.to_owned()));
        }
        (path.to_owned(), from_sqlite(path, table).await)
    };
    let rows = rows.map_err(|error| SourceError::Unreadable {
        table: table.to_owned(),
        name,
        reason: error.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
    })?;
    let (mut users, mut faults) = (Vec::with_capacity(rows.len()), Vec::new());
    let mut ids = HashSet::new();
    for cells in &rows {
        match imported(cells, claims) {
            // A view or a table without a primary key may hold it twice.
            Ok(user) if !ids.insert(user.id) => faults.push(RowFault::id_twice(user.id)),
            Ok(user) => users.push(user),
            Err(fault) => faults.push(fault),
        }
    }
    let others = faults.len().saturating_sub(1);
    match faults.into_iter().next() {
        Some(RowFault { row, reason }) => {
            Err(SourceError::Row { table: table.to_owned(), row, reason, others })
        }
        None => Ok(users),
    }
}

async fn from_postgres(
    options: &PgConnectOptions,
    table: &str,
) -> Result<Vec<Vec<Cell>>, sqlx::Error> {
    let columns = COLUMNS.map(|column| match column {
        // Text of a time depends on settings of the session, seconds do not.
        "date_joined" => format!("'seconds', CAST(FLOOR(EXTRACT(EPOCH FROM {column})) AS TEXT)"),
        _ => format!("CAST(pg_typeof({column}) AS TEXT), CAST({column} AS TEXT)"),
    });
    let mut connection = options.connect().await?;
    let rows = sqlx::query(query(&columns, table)).fetch_all(&mut connection).await?;
    Ok(rows.iter().map(cells).collect())
}

async fn from_sqlite(path: &str, table: &str) -> Result<Vec<Vec<Cell>>, sqlx::Error> {
    // A column of SQLite holds values of any type, whatever its declaration says.
    let columns = COLUMNS.map(|column| {
        format!("typeof({column}), CASE typeof({column}) WHEN 'blob' THEN NULL ELSE CAST({column} AS TEXT) END")
    });
    let options = sqlite_file::read_only(SqliteConnectOptions::new().filename(path));
    let mut connection = options.connect().await?;
    let rows = sqlx::query(query(&columns, table)).fetch_all(&mut connection).await?;
    connection.close().await?;
    Ok(rows.iter().map(cells).collect())
}

/// `table` was checked: it is a plain name.
fn query(columns: &[String], table: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("SELECT {} FROM \"{table}\" ORDER BY id", columns.join(", ")))
}

/// Each column of [`COLUMNS`] is selected as its type and its text.
fn cells<'r, R>(row: &'r R) -> Vec<Cell>
where
    R: Row,
    usize: ColumnIndex<R>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    let text = |index: usize| row.try_get::<Option<String>, _>(index);
    let cell = |column: usize| Cell {
        kind: text(2 * column).ok().flatten().unwrap_or_default(),
        text: text(2 * column + 1).map_err(|_| ()),
    };
    (0..COLUMNS.len()).map(cell).collect()
}
