//! From a row of Django's table to a user. A value that would change on the way is refused.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::{Claims, ImportedUser};
use crate::users::{NewUser, PasswordHash, normalised_username};

/// The columns that are read, in the order of the cells of a row.
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

/// The largest integer that every reader of JSON keeps: a `user_id` beyond it would become that of
/// another user in programs that read numbers as doubles (RFC 8259 section 6).
const MAX_ID: i64 = (1 << 53) - 1;

/// A value: its type by the database's name, and its text. `Err`: the text is not UTF-8.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) kind: String,
    pub(super) text: Result<Option<String>, ()>,
}

/// A row that cannot be imported.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RowFault {
    /// Names the row.
    pub(super) row: String,
    /// What is wrong with it, and what would be right.
    pub(super) reason: String,
}

impl RowFault {
    pub(super) fn id_twice(id: i64) -> Self {
        Self {
            row: format!("the row with the id \"{id}\""),
            reason: "another row has the same id".to_owned(),
        }
    }
}

/// `cells` are the values of [`COLUMNS`].
pub(super) fn imported(cells: &[Cell], claims: &Claims) -> Result<ImportedUser, RowFault> {
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
            // No hash is empty, so that no password matches.
            password_hash: PasswordHash::from_elsewhere(text("password")?.unwrap_or_default()),
            role: role.clone(),
            premium: claims.premium,
            is_active: flag("is_active")?,
            created_at: seconds(column("date_joined")?)?,
        };
        Ok(ImportedUser { id, record })
    };
    read().map_err(|reason| RowFault { row: name(cells), reason })
}

/// Names a row by its id, or by its user's name where there is no id.
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

/// NULL counts as false: less is given than was perhaps meant.
fn flag(name: &str, cell: &Cell) -> Result<bool, String> {
    match cell.text.as_ref().map(Option::as_deref) {
        Ok(Some("1" | "true")) => Ok(true),
        Ok(Some("0" | "false")) => Ok(false),
        Ok(None) if cell.kind != "blob" => Ok(false),
        Ok(Some(other)) => Err(format!("its {name} is {other:?}, expected true or false")),
        _ => Err(format!("its {name} is {}, expected true or false", kind(cell))),
    }
}

/// The time in Unix seconds; 0 where it is NULL.
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

/// Reads a time as Django writes it into SQLite: UTC unless it names an offset.
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
    fn times_are_read_as_django_writes_them() {
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
