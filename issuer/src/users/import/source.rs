//! Reads Django's table `auth_user`, or one with the same columns.

use std::collections::HashSet;
use std::path::Path;
use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ColumnIndex, ConnectOptions as _, Connection as _, Decode, Row, Type};

use super::imported_user::ImportedUser;
use super::options::ImportClaims;
use super::row::{COLUMNS, Cell, InvalidRow, convert};
use crate::sqlite_file;

/// The users cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The source is neither a file nor a PostgreSQL URL.
    #[error(
        "there is no file {0}: pass the path of Django's SQLite file, or \
         postgres://user:password@host/database"
    )]
    NoFile(String),
    /// The URL does not parse. It is not repeated, because it may contain a password.
    #[error("the database URL is malformed: expected postgres://user:password@host:5432/database")]
    MalformedUrl,
    /// The table's name would need quoting.
    #[error("{0:?} is not the name of a table: letters, digits and _ only")]
    TableName(String),
    /// The database cannot be opened, or has no such table.
    #[error(
        "cannot read the table {table} of {name}: {}; check --from, and --table for a user model \
         of your own",
        one_line(.source)
    )]
    Unreadable {
        /// The table.
        table: String,
        /// File or `host:port/database`, without credentials.
        name: String,
        /// The driver's error.
        source: sqlx::Error,
    },
    /// A row contains a value that the issuer cannot store unchanged.
    #[error("cannot import the table {table}: {row}: {reason}{}; nothing was stored", more(*.others))]
    Row {
        /// The table.
        table: String,
        /// Identifies the row.
        row: String,
        /// Names the invalid value and what was expected.
        reason: String,
        /// How many more rows cannot be imported.
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

fn one_line(error: &sqlx::Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads all users, by id, and writes nothing. `from` is the path of a SQLite file or a PostgreSQL
/// URL.
///
/// # Errors
/// See [`SourceError`]; each message is one line with an advice.
pub async fn read_django_users(
    from: &str,
    table: &str,
    claims: &ImportClaims,
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
    let rows =
        rows.map_err(|source| SourceError::Unreadable { table: table.to_owned(), name, source })?;
    let (mut users, mut invalid) = (Vec::with_capacity(rows.len()), Vec::new());
    let mut ids = HashSet::new();
    for cells in &rows {
        match convert(cells, claims) {
            // A view or a table without a primary key may contain duplicates.
            Ok(user) if !ids.insert(user.id) => invalid.push(InvalidRow::duplicate_id(user.id)),
            Ok(user) => users.push(user),
            Err(row) => invalid.push(row),
        }
    }
    let others = invalid.len().saturating_sub(1);
    match invalid.into_iter().next() {
        Some(InvalidRow { row, reason }) => {
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
        // The text of a time depends on settings of the connection, seconds do not.
        "date_joined" => format!("'seconds', CAST(FLOOR(EXTRACT(EPOCH FROM {column})) AS TEXT)"),
        _ => format!("CAST(pg_typeof({column}) AS TEXT), CAST({column} AS TEXT)"),
    });
    let mut connection = options.connect().await?;
    let rows = sqlx::query(query(&columns, table)).fetch_all(&mut connection).await?;
    Ok(rows.iter().map(cells).collect())
}

async fn from_sqlite(path: &str, table: &str) -> Result<Vec<Vec<Cell>>, sqlx::Error> {
    // In SQLite, a column may contain values of any type.
    let columns = COLUMNS.map(|column| {
        format!(
            "typeof({column}), CASE typeof({column}) WHEN 'blob' THEN NULL ELSE CAST({column} \
             AS TEXT) END"
        )
    });
    let options = sqlite_file::read_only(SqliteConnectOptions::new().filename(path));
    let mut connection = options.connect().await?;
    let rows = sqlx::query(query(&columns, table)).fetch_all(&mut connection).await?;
    connection.close().await?;
    Ok(rows.iter().map(cells).collect())
}

/// Builds the query; `table` must be a plain name.
fn query(columns: &[String], table: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("SELECT {} FROM \"{table}\" ORDER BY id", columns.join(", ")))
}

/// Reads a row in which each of [`COLUMNS`] is selected as its type and its text.
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
