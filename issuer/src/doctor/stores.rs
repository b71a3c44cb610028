//! The database and Redis, asked without changing them.

use super::Finding;
use crate::revocation::ping_redis;
use crate::storage::{self, TablesState};

pub(super) async fn database(url: &str) -> Finding {
    const CHECK: &str = "database";
    match storage::examine(url).await {
        Ok(TablesState::Current) => Finding::ok(CHECK, "it answers, and its tables are up to date"),
        Ok(TablesState::Missing) => {
            Finding::warning(CHECK, "it has no tables yet", "`issuer serve` makes them; or correct DATABASE_URL")
        }
        Ok(TablesState::Behind(count)) => Finding::warning(
            CHECK,
            format!("{count} changes of its tables are not made yet"),
            "start this version's `issuer serve`, which makes them",
        ),
        Ok(TablesState::Foreign) => Finding::problem(
            CHECK,
            "its tables belong to another version of the issuer",
            "run that version, or use another database",
        ),
        Err(error) => {
            let text = error.to_string();
            let (text, advice) = text.rsplit_once("; ").unwrap_or((&text, "correct DATABASE_URL"));
            Finding::problem(CHECK, text, advice)
        }
    }
}

pub(super) async fn redis(url: Option<&str>) -> Finding {
    const CHECK: &str = "redis";
    let Some(url) = url else { return Finding::skipped(CHECK, "not configured; --redis-url or REDIS_URL names one") };
    match ping_redis(url).await {
        Ok(()) => Finding::ok(CHECK, "it answers"),
        Err(error) => Finding::problem(CHECK, error.to_string(), "start it, or correct REDIS_URL"),
    }
}
