//! The database and Redis, which are not changed.

use super::finding::Finding;
use crate::revocation::ping_redis;
use crate::storage::{self, Exposure, OpenError, TablesState};

const CHECK: &str = "database";

/// Checks the database. `now` is in Unix seconds.
pub(super) async fn database(url: &str, now: i64) -> Finding {
    match storage::examine(url).await {
        Ok(TablesState::Current) => usable(url, now).await,
        Ok(TablesState::Missing) => Finding::warning(
            CHECK,
            "it has no tables yet",
            "`issuer serve` creates them; or correct DATABASE_URL",
        ),
        Ok(TablesState::Behind(count)) => Finding::warning(
            CHECK,
            format!("{count} migrations are pending"),
            "start `issuer serve` of this version, which applies them",
        ),
        Ok(TablesState::Foreign) => Finding::problem(
            CHECK,
            "its tables belong to another version of the issuer",
            "run that version, or use another database",
        ),
        Err(error) => unusable(&error),
    }
}

/// Checks the permissions of a database with the right tables, and that it is writable.
async fn usable(url: &str, now: i64) -> Finding {
    let exposure = storage::exposure(url).ok().flatten();
    if let Some(Exposure { path, mode }) = exposure.clone().filter(Exposure::is_to_all) {
        return unusable(&OpenError::Exposed { path, mode });
    }
    if let Err(error) = storage::try_writing(url, now).await {
        return unusable(&error);
    }
    match exposure {
        Some(Exposure { path, mode }) => {
            let path = path.display();
            let text = format!("the group of the database {path} can access it (mode {mode:04o})");
            Finding::warning(
                CHECK,
                text,
                format!("run `chmod 600 {path}`, unless the group has no other members"),
            )
        }
        None => Finding::ok(CHECK, "it works: its tables are up to date, and it is writable"),
    }
}

fn unusable(error: &OpenError) -> Finding {
    let text = error.to_string();
    let (text, advice) = text.rsplit_once("; ").unwrap_or((&text, "correct DATABASE_URL"));
    Finding::problem(CHECK, text, advice)
}

pub(super) async fn redis(url: Option<&str>) -> Finding {
    const CHECK: &str = "redis";
    let Some(url) = url else {
        return Finding::skipped(CHECK, "not configured; --redis-url or REDIS_URL names one");
    };
    match ping_redis(url).await {
        Ok(()) => Finding::ok(CHECK, "it works"),
        Err(error) => Finding::problem(CHECK, error.to_string(), "start it, or correct REDIS_URL"),
    }
}
