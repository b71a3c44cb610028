//! Reading the users of a Django project: its table `auth_user`, or one with the same columns.

use std::path::Path;
use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::stored_hash::StoredHash;
use super::{NewUser, PasswordHash, normalised_username};

/// A row of Django's table. The columns are cast to the same types in both databases.
#[derive(Debug, Clone, sqlx::FromRow)]
struct DjangoUser {
    id: i64,
    username: String,
    email: String,
    first_name: String,
    last_name: String,
    password: String,
    is_active: i64,
    is_superuser: i64,
    date_joined: Option<i64>,
}

/// A user to be stored under the id that the Django project's tokens and tables know.
#[derive(Debug, Clone)]
pub struct ImportedUser {
    /// The id, kept.
    pub id: i64,
    /// The record.
    pub record: NewUser,
}

impl ImportedUser {
    /// The name, in the form in which it is looked up.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.record.username
    }

    /// Whether a password can open it; Django marks users without one, and projects may use other hashes.
    #[must_use]
    pub fn has_usable_password(&self) -> bool {
        StoredHash::parse(self.record.password_hash.as_str()).is_some()
    }
}

/// What the records get that Django does not know.
#[derive(Debug, Clone)]
pub struct Claims {
    /// The claim `role` of a user who is no superuser.
    pub role: String,
    /// The claim `role` of a superuser.
    pub superuser_role: String,
    /// The claim `premium`.
    pub premium: bool,
}

/// The users cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Neither a file nor a PostgreSQL URL.
    #[error("there is no file {0}: pass the path of Django's SQLite file, or postgres://user:password@host/database")]
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
}

/// Reads all users, by id. Nothing is written.
///
/// # Errors
/// One line each that says what to do.
pub async fn read_django_users(from: &str, table: &str, claims: &Claims) -> Result<Vec<ImportedUser>, SourceError> {
    if table.is_empty() || !table.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(SourceError::TableName(table.to_owned()));
    }
    let is_postgres = from.starts_with("postgres://") || from.starts_with("postgresql://");
    let (name, rows) = if is_postgres {
        let options = PgConnectOptions::from_str(from).map_err(|_| SourceError::MalformedUrl)?;
        let database = options.get_database().unwrap_or(options.get_username());
        let name = format!("{}:{}/{database}", options.get_host(), options.get_port());
        let sql = AssertSqlSafe(query(table, "CAST(EXTRACT(EPOCH FROM date_joined) AS BIGINT)"));
        (name, async { sqlx::query_as(sql).fetch_all(&mut options.connect().await?).await }.await)
    } else {
        let path = from.strip_prefix("sqlite://").unwrap_or(from);
        if !Path::new(path).is_file() {
            return Err(SourceError::NoFile(path.to_owned()));
        }
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let sql = AssertSqlSafe(query(table, "CAST(strftime('%s', date_joined) AS INTEGER)"));
        let rows = async {
            let mut connection = options.connect().await?;
            let rows = sqlx::query_as(sql).fetch_all(&mut connection).await?;
            connection.close().await?;
            Ok::<_, sqlx::Error>(rows)
        };
        (path.to_owned(), rows.await)
    };
    let rows: Vec<DjangoUser> = rows.map_err(|error| SourceError::Unreadable {
        table: table.to_owned(),
        name,
        reason: error.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
    })?;
    Ok(rows.into_iter().map(|row| imported(row, claims)).collect())
}

/// `table` was checked: it is a plain name.
fn query(table: &str, date_joined: &str) -> String {
    format!(
        "SELECT CAST(id AS BIGINT) AS id, username, email, first_name, last_name, password, \
         CAST(CAST(is_active AS INTEGER) AS BIGINT) AS is_active, \
         CAST(CAST(is_superuser AS INTEGER) AS BIGINT) AS is_superuser, {date_joined} AS date_joined \
         FROM \"{table}\" ORDER BY id"
    )
}

fn imported(row: DjangoUser, claims: &Claims) -> ImportedUser {
    let role = if row.is_superuser == 0 { &claims.role } else { &claims.superuser_role };
    ImportedUser {
        id: row.id,
        record: NewUser {
            username: normalised_username(&row.username),
            email: row.email,
            first_name: row.first_name,
            last_name: row.last_name,
            password_hash: PasswordHash::from_elsewhere(row.password),
            role: role.clone(),
            premium: claims.premium,
            is_active: row.is_active != 0,
            created_at: row.date_joined.unwrap_or(0),
        },
    }
}
