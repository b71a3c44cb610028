use super::pool::{PerDatabase, Pool, Transaction};
use super::{rows, steps};
use crate::storage::error::{ImportError, StorageError};
use crate::users::{
    ImportChange, ImportOptions, ImportPlan, ImportReport, ImportedUser, Snapshot, plan_import,
};

/// Keeps others from changing users until the import, which compares all of them, is committed.
const LOCK_USERS: PerDatabase = PerDatabase {
    sqlite: "UPDATE users SET id = id WHERE FALSE",
    postgres: "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE",
};

/// Moves PostgreSQL's sequence past the imported ids, never back. SQLite's AUTOINCREMENT saw them.
const ADVANCE_IDS: &str = "\
    SELECT setval(seq, GREATEST(nextval(seq), (SELECT MAX(id) FROM users))) \
    FROM (SELECT pg_get_serial_sequence('users', 'id')::regclass AS seq) AS ids";

pub(super) async fn import(
    pool: &Pool,
    users: &[ImportedUser],
    options: ImportOptions,
    now: i64,
) -> Result<ImportReport, ImportError> {
    const STORED: &str = "\
        SELECT id, username, email, first_name, last_name, password_hash, role, is_active, \
        created_at, imported_password, imported_record FROM users";
    let mut transaction = pool.begin().await?;
    transaction.query_per_database(&LOCK_USERS).execute().await?;
    let administrators = if options.update {
        steps::lock_administrators(&mut transaction).await?
    } else {
        Vec::new()
    };
    let stored = transaction.query(STORED).fetch_all(rows::stored_user).await?;
    let ImportPlan { new, changes, mut report } =
        plan_import(users, &stored, &administrators, options)?;
    release_names(&mut transaction, &changes).await?;
    for change in &changes {
        update(&mut transaction, change).await?;
        if change.ends_sessions {
            steps::revoke_sessions(&mut transaction, change.id, None, now).await?;
            steps::end_unnamed_sessions(&mut transaction, change.id, now).await?;
        }
    }
    for user in new {
        insert(&mut transaction, user).await?;
        report.new += 1;
    }
    transaction.execute_on_postgres(ADVANCE_IDS).await?;
    transaction.commit().await?;
    Ok(report)
}

/// Replaces the old names of renamed users by unused ones: a user may get the name that another
/// one gives up.
async fn release_names(
    transaction: &mut Transaction,
    changes: &[ImportChange<'_>],
) -> Result<(), StorageError> {
    for change in changes.iter().filter(|change| change.is_renamed) {
        // No username contains a control character.
        let unused = format!("\u{1}{}", change.id);
        let rename = transaction.query("UPDATE users SET username = $2 WHERE id = $1");
        rename.bind(change.id).bind(unused).execute().await?;
    }
    Ok(())
}

async fn update(
    transaction: &mut Transaction,
    change: &ImportChange<'_>,
) -> Result<(), StorageError> {
    const UPDATE: &str = "\
        UPDATE users SET username = $2, email = $3, first_name = $4, last_name = $5, \
        password_hash = $6, role = $7, is_active = $8, imported_password = $9, \
        imported_record = $10 WHERE id = $1";
    let update = transaction
        .query(UPDATE)
        .bind(change.id)
        .bind(change.username)
        .bind(change.email)
        .bind(change.first_name)
        .bind(change.last_name)
        .bind(change.password_hash.as_str())
        .bind(change.role)
        .bind(change.is_active)
        .bind(&change.imported_password)
        .bind(change.imported_record.as_ref().map(Snapshot::to_json));
    update.execute().await.map(drop)
}

async fn insert(transaction: &mut Transaction, user: &ImportedUser) -> Result<(), StorageError> {
    const INSERT: &str = "\
        INSERT INTO users (id, username, email, first_name, last_name, password_hash, role, \
        premium, is_active, created_at, imported_password, imported_record) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let insert = transaction
        .query(INSERT)
        .bind(user.id)
        .bind(&user.record.username)
        .bind(&user.record.email)
        .bind(&user.record.first_name)
        .bind(&user.record.last_name)
        .bind(user.record.password_hash.as_str())
        .bind(&user.record.role)
        .bind(user.record.premium)
        .bind(user.record.is_active)
        .bind(user.record.created_at)
        .bind(user.password_fingerprint())
        .bind(user.snapshot().to_json());
    insert.execute().await.map(drop)
}
