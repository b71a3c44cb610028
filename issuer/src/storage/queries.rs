//! The statements. They read the same in SQLite and PostgreSQL: `$1`, `RETURNING` and `ON
//! CONFLICT` are understood by both.

pub(super) const USER_BY_NAME: &str = "SELECT * FROM users WHERE username = $1";
pub(super) const USER_BY_ID: &str = "SELECT * FROM users WHERE id = $1";
/// Nothing that an ended key signed is good, also at an issuer that still has the key.
pub(super) const USER_IN_SESSION: &str = "\
    SELECT users.*, live.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ended_keys WHERE kid = $3) AS session_is_live, \
    CASE WHEN live.taken_over THEN live.kid END AS taken_over_by FROM users \
    LEFT JOIN sessions AS live ON live.id = $2 AND live.user_id = users.id AND live.revoked_at IS NULL \
    WHERE users.id = $1";
pub(super) const USERS_FROM: &str = "SELECT * FROM users WHERE id >= $1 ORDER BY id LIMIT $2";
pub(super) const USERS_PAGE: &str = "SELECT * FROM users ORDER BY id LIMIT $1 OFFSET $2";
pub(super) const COUNT_USERS: &str = "SELECT COUNT(*) FROM users";
pub(super) const UPDATE_USER: &str = "\
    UPDATE users SET email = COALESCE($2, email), first_name = COALESCE($3, first_name), \
    last_name = COALESCE($4, last_name), role = COALESCE($5, role), premium = COALESCE($6, premium), \
    is_active = COALESCE($7, is_active) WHERE id = $1 RETURNING *";
/// Writes nothing new: it locks the record, in SQLite the database, and returns it as it is before
/// a change.
pub(super) const LOCK_USER: &str = "UPDATE users SET role = role WHERE id = $1 RETURNING *";
/// Waits for an import before any administrator is locked: an import that got its lock of the table
/// in between would wait for these records, and their change for the table.
pub(super) const POSTGRES_LOCK_FOR_WRITING: Option<&str> =
    Some("LOCK TABLE users IN ROW EXCLUSIVE MODE");
/// SQLite has one writer at a time.
pub(super) const SQLITE_LOCK_FOR_WRITING: Option<&str> = None;
/// Locks the active administrators, so that two of them cannot remove each other at the same
/// moment. In the order of their ids, as everywhere: in another order two changes would wait for
/// each other.
pub(super) const POSTGRES_LOCK_ADMINISTRATORS: &str =
    "SELECT id FROM users WHERE role = $1 AND is_active ORDER BY id FOR UPDATE";
/// The first statement of a transaction writes: SQLite gives up one that reads first and finds
/// another writer.
pub(super) const SQLITE_LOCK_ADMINISTRATORS: &str =
    "UPDATE users SET role = role WHERE role = $1 AND is_active RETURNING id";
pub(super) const DELETE_USER: &str = "DELETE FROM users WHERE id = $1";
pub(super) const SET_PASSWORD: &str = "\
    UPDATE users SET password_hash = $2, sessions_ended_at = $3 \
    WHERE id = $1 AND (CAST($4 AS TEXT) IS NULL OR password_hash = $4)";
/// Not over a password that was changed in the meantime.
pub(super) const REPLACE_HASH: &str =
    "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
pub(super) const INSERT_USER: &str = "\
    INSERT INTO users (username, email, first_name, last_name, password_hash, role, premium, is_active, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *";

/// Keeps others from changing users until the import, which looks at all of them, is committed.
pub(super) const SQLITE_LOCK_USERS: &str = "UPDATE users SET id = id WHERE FALSE";
pub(super) const POSTGRES_LOCK_USERS: &str = "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE";
pub(super) const USERS_TO_COMPARE: &str = "\
    SELECT id, username, email, first_name, last_name, password_hash, role, is_active, created_at, imported_password, \
    imported_record FROM users";
pub(super) const IMPORT_USER: &str = "\
    INSERT INTO users (id, username, email, first_name, last_name, password_hash, role, premium, is_active, \
    created_at, imported_password, imported_record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
pub(super) const RENAME_USER: &str = "UPDATE users SET username = $2 WHERE id = $1";
pub(super) const UPDATE_IMPORTED_USER: &str = "\
    UPDATE users SET username = $2, email = $3, first_name = $4, last_name = $5, password_hash = $6, role = $7, \
    is_active = $8, imported_password = $9, imported_record = $10 WHERE id = $1";
/// SQLite's AUTOINCREMENT has seen the ids; PostgreSQL's sequence has not, and must not go back
/// either.
pub(super) const SQLITE_ADVANCE_IDS: Option<&str> = None;
pub(super) const POSTGRES_ADVANCE_IDS: Option<&str> = Some(
    "SELECT setval(seq, GREATEST(nextval(seq), (SELECT MAX(id) FROM users))) \
     FROM (SELECT pg_get_serial_sequence('users', 'id')::regclass AS seq) AS ids",
);

/// A session's columns, its id under a name that no column of a user has.
macro_rules! session_columns {
    () => {
        "sessions.id AS session_id, user_id, current_jti, previous_jti, issued_at, refresh_expires_at, expires_at, \
         revoked_at, status_list, status_idx, kid, taken_over"
    };
}

pub(super) const SESSION: &str =
    concat!("SELECT ", session_columns!(), " FROM sessions WHERE id = $1");
pub(super) const USER_AND_SESSION: &str = concat!(
    "SELECT users.*, ",
    session_columns!(),
    " FROM users JOIN sessions ON user_id = users.id WHERE users.id = $1 AND sessions.id = $2 \
      AND NOT EXISTS (SELECT 1 FROM ended_keys WHERE ended_keys.kid = $3)"
);
/// Nothing is stored over a session or a status index that is there, nor for a user who is gone,
/// inactive, or had the password changed or the sessions ended since the record was read: a login
/// that is under way must not outlive that. A session that is ended already is stored for who is
/// inactive, too.
macro_rules! insert_session {
    ($lock:literal) => {
        concat!(
            "INSERT INTO sessions (id, user_id, current_jti, issued_at, refresh_expires_at, expires_at, status_list, \
             status_idx, revoked_at, kid, taken_over) SELECT CAST($1 AS TEXT), id, CAST($3 AS TEXT), \
             CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($8 AS BIGINT), \
             CAST($11 AS BIGINT), CAST($12 AS TEXT), $13 FROM users \
             WHERE id = $2 AND (is_active OR CAST($11 AS BIGINT) IS NOT NULL) AND password_hash = $9 \
             AND sessions_ended_at = $10 AND NOT EXISTS (SELECT 1 FROM ended_keys WHERE kid = $12)",
            $lock,
            " ON CONFLICT DO NOTHING"
        )
    };
}

/// SQLite has one writer at a time.
pub(super) const SQLITE_INSERT_SESSION: &str = insert_session!("");
/// Waits for a change of the user that is not committed yet, and then looks again.
pub(super) const POSTGRES_INSERT_SESSION: &str = insert_session!(" FOR SHARE");
/// The condition makes one of several refreshes at once the first; the others find that it was not
/// them.
pub(super) const ROTATE_SESSION: &str = "\
    UPDATE sessions SET previous_jti = current_jti, current_jti = $3, issued_at = $4, refresh_expires_at = $5, \
    expires_at = $6 WHERE id = $1 AND current_jti = $2 AND revoked_at IS NULL";
/// Together with [`DELETE_PROBE`], writes the pages that a login writes and leaves nothing behind.
pub(super) const INSERT_PROBE: &str = "\
    INSERT INTO sessions (id, user_id, current_jti, issued_at, refresh_expires_at, expires_at) \
    VALUES ($1, -1, $1, $2, $2, $2)";
pub(super) const DELETE_PROBE: &str = "DELETE FROM sessions WHERE id = $1";
pub(super) const EXTEND_SESSION: &str =
    "UPDATE sessions SET expires_at = $2 WHERE id = $1 AND expires_at < $2";
pub(super) const REVOKE_SESSION: &str =
    "UPDATE sessions SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL";
/// From here on the token before the newest is a used one.
pub(super) const FORGET_PREVIOUS: &str =
    "UPDATE sessions SET previous_jti = NULL WHERE id = $1 AND current_jti = $2";
/// An insertion of a session that is under way ends first, and those that come later find the key
/// among the ended ones.
pub(super) const POSTGRES_LOCK_SESSIONS: Option<&str> =
    Some("LOCK TABLE sessions IN SHARE ROW EXCLUSIVE MODE");
/// SQLite has one writer at a time.
pub(super) const SQLITE_LOCK_SESSIONS: Option<&str> = None;
pub(super) const END_KEY: &str =
    "INSERT INTO ended_keys (kid, ended_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
pub(super) const IS_ENDED_KEY: &str = "SELECT COUNT(*) FROM ended_keys WHERE kid = $1";
/// A session without a record of its key may be of any.
pub(super) const REVOKE_SESSIONS_OF_KEY: &str =
    "UPDATE sessions SET revoked_at = $2 WHERE (kid = $1 OR kid IS NULL) AND revoked_at IS NULL";
pub(super) const REVOKE_EVERY_SESSION: &str =
    "UPDATE sessions SET revoked_at = $1 WHERE revoked_at IS NULL";
pub(super) const END_ALL_UNNAMED_SESSIONS: &str = "UPDATE users SET sessions_ended_at = $1";
pub(super) const REVOKE_OTHER_SESSIONS: &str =
    "UPDATE sessions SET revoked_at = $3 WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL";
pub(super) const END_UNNAMED_SESSIONS: &str =
    "UPDATE users SET sessions_ended_at = $2 WHERE id = $1";
/// A user who was deleted while a login was under way has ended sessions too.
pub(super) const REVOKED_IN_LIST: &str = "\
    SELECT status_idx FROM sessions WHERE status_list = $1 AND (revoked_at IS NOT NULL \
    OR NOT EXISTS (SELECT 1 FROM users WHERE users.id = sessions.user_id))";
pub(super) const LIST_EXISTS: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM sessions WHERE status_list = $1 LIMIT 1) AS one";
pub(super) const UNPUBLISHED: &str = "\
    SELECT id, revoked_at, expires_at FROM sessions \
    WHERE revoked_at IS NOT NULL AND published_at IS NULL AND expires_at >= $1 ORDER BY revoked_at, id LIMIT $2";
pub(super) const MARK_PUBLISHED: &str = "UPDATE sessions SET published_at = $2 WHERE id = $1";
pub(super) const FORGET_PUBLISHED: &str =
    "UPDATE sessions SET published_at = NULL WHERE published_at IS NOT NULL";
pub(super) const APPLIED_MIGRATIONS: &str = "SELECT COUNT(*) FROM _sqlx_migrations WHERE success";
pub(super) const MIGRATIONS: &str = "SELECT version, success, checksum FROM _sqlx_migrations";
pub(super) const FLUSH_SESSIONS: &str = "DELETE FROM sessions WHERE expires_at < $1";
