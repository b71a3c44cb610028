//! Converts a row of Django's table to a user. Refuses values that would change in the conversion.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::imported_user::ImportedUser;
use super::options::ImportClaims;
use crate::model::{NewUser, PasswordHash};
use crate::users::profile::normalised_username;

/// The columns to read, in the order of a row's cells.
pub(super) const COLUMNS: [&str; 9] = [
    "id",
    "username",
    "email",
    "first_name",
    "last_name",
    "password",
    "is_active",
    "is_superuser",
    "date_joined",
];

/// The largest integer that every JSON parser reads exactly. A larger `user_id` would become that
/// of another user in programs that parse numbers as doubles (RFC 8259 section 6).
const MAX_ID: i64 = (1 << 53) - 1;

/// A value: the database's name of its type, and its text, which is `Err` if it is not UTF-8.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) kind: String,
    pub(super) text: Result<Option<String>, ()>,
}

/// A row cannot be imported.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InvalidRow {
    /// Identifies the row.
    pub(super) row: String,
    /// Names the invalid value and what was expected.
    pub(super) reason: String,
}

impl InvalidRow {
    pub(super) fn duplicate_id(id: i64) -> Self {
        Self {
            row: format!("the row with the id \"{id}\""),
            reason: "another row has the same id".to_owned(),
        }
    }
}

/// Converts the values of [`COLUMNS`].
pub(super) fn convert(cells: &[Cell], claims: &ImportClaims) -> Result<ImportedUser, InvalidRow> {
    let read = || -> Result<ImportedUser, String> {
        let column = |name: &str| {
            let index = COLUMNS.iter().position(|column| *column == name);
            index.and_then(|index| cells.get(index)).ok_or_else(|| format!("it has no {name}"))
        };
        let text = |name: &str| text(name, column(name)?);
        let flag = |name: &str| flag(name, column(name)?);
        let id = id(column("id")?)?;
        let username = text("username")?.ok_or("its username is NULL, expected text")?;
        let role = if flag("is_superuser")? { &claims.superuser_role } else { &claims.role };
        let record = NewUser {
            username: normalised_username(&username),
            email: text("email")?.unwrap_or_default(),
            first_name: text("first_name")?.unwrap_or_default(),
            last_name: text("last_name")?.unwrap_or_default(),
            // No hash is empty, so no password matches.
            password_hash: PasswordHash::from_encoded(text("password")?.unwrap_or_default()),
            role: role.clone(),
            premium: claims.premium,
            is_active: flag("is_active")?,
            created_at: seconds(column("date_joined")?)?,
        };
        Ok(ImportedUser { id, record })
    };
    read().map_err(|reason| InvalidRow { row: name(cells), reason })
}

/// Identifies a row by its id, or without one by its username.
fn name(cells: &[Cell]) -> String {
    let text = |index: usize| cells.get(index).and_then(|cell| cell.text.clone().ok().flatten());
    match (text(0), text(1)) {
        (Some(id), _) => format!("the row with the id {id:?}"),
        (None, Some(username)) => format!("the row of the user {username:?}"),
        (None, None) => "a row".to_owned(),
    }
}

fn id(cell: &Cell) -> Result<i64, String> {
    let Ok(Some(digits)) = &cell.text else {
        return Err(format!("its id is {}, expected an integer", kind(cell)));
    };
    if !["integer", "bigint", "smallint"].contains(&cell.kind.as_str()) {
        return Err(format!(
            "its id is of the type {}, and users are known by integers",
            cell.kind
        ));
    }
    match digits.parse() {
        Ok(id @ 0..=MAX_ID) => Ok(id),
        _ => Err(format!(
            "its id is not between 0 and {MAX_ID} (2^53 - 1), where JSON numbers are exact"
        )),
    }
}

fn text(name: &str, cell: &Cell) -> Result<Option<String>, String> {
    match &cell.text {
        Err(()) => Err(format!("its {name} is not UTF-8")),
        Ok(_) if ["blob", "bytea", "real"].contains(&cell.kind.as_str()) => {
            Err(format!("its {name} is of the type {}, expected text", cell.kind))
        }
        // PostgreSQL cannot store it.
        Ok(Some(text)) if text.contains('\0') => Err(format!("its {name} holds a NUL character")),
        Ok(text) => Ok(text.clone()),
    }
}

/// Reads a boolean. NULL is false, the value with fewer rights.
fn flag(name: &str, cell: &Cell) -> Result<bool, String> {
    match cell.text.as_ref().map(Option::as_deref) {
        Ok(Some("1" | "true")) => Ok(true),
        Ok(Some("0" | "false")) => Ok(false),
        Ok(None) if cell.kind != "blob" => Ok(false),
        Ok(Some(other)) => Err(format!("its {name} is {other:?}, expected true or false")),
        _ => Err(format!("its {name} is {}, expected true or false", kind(cell))),
    }
}

/// Reads a time in Unix seconds; NULL is 0.
fn seconds(cell: &Cell) -> Result<i64, String> {
    let seconds = match (cell.kind.as_str(), &cell.text) {
        ("seconds", Ok(Some(text))) => text.parse().ok(),
        ("text", Ok(Some(text))) => instant(text),
        ("seconds" | "null", Ok(None)) => Some(0),
        _ => None,
    };
    seconds.ok_or_else(|| match &cell.text {
        Ok(Some(text)) => format!("its date_joined is {text:?}, expected a date and time"),
        _ => format!("its date_joined is {}, expected a date and time", kind(cell)),
    })
}

/// Parses a time as Django writes it to SQLite: in UTC, unless it has an offset.
fn instant(text: &str) -> Option<i64> {
    let text = text.replacen('T', " ", 1).replace('Z', "+00:00");
    if let Ok(time) = DateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f%:z") {
        return Some(time.timestamp());
    }
    let time = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f").ok();
    let time =
        time.or_else(|| NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))?;
    Some(time.and_utc().timestamp())
}

fn kind(cell: &Cell) -> String {
    match (&cell.text, cell.kind.as_str()) {
        (Err(()), _) => "not UTF-8".to_owned(),
        (Ok(None), kind) if kind != "blob" => "NULL".to_owned(),
        (_, kind) => format!("of the type {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_parsed_as_django_writes_them() {
        for (text, seconds) in [
            ("2024-10-30 08:40:00.123456", Some(1_730_277_600)),
            ("2024-10-30 08:40:00", Some(1_730_277_600)),
            ("2024-10-30T08:40:00Z", Some(1_730_277_600)),
            ("2024-10-30 17:40:00.5+09:00", Some(1_730_277_600)),
            ("2024-10-30", Some(1_730_246_400)),
            ("1969-12-31 23:59:59.5", Some(-1)),
            ("12:00", None),
            ("now", None),
            ("2024-13-01 00:00:00", None),
            ("1730277600", None),
            ("", None),
        ] {
            assert_eq!(instant(text), seconds, "{text}");
        }
    }
}
