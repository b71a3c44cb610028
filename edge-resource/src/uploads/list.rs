//! `GET /uploads`: a user's own files, the newest first, page by page.

use std::collections::BTreeSet;

use http::request::Parts;
use serde::Serialize;

use super::{Owner, RECORDS, Receipt, Record, UploadId, unavailable};
use crate::answer::{self, Answer, Text};
use crate::host::{Host, StoreError};
use crate::language;

const DEFAULT_PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;

const LIMIT_INVALID: Text<'static> =
    Text { ko: "limit은 1부터 100까지의 수입니다", en: "limit is a number from 1 to 100" };
const AFTER_INVALID: Text<'static> =
    Text { ko: "after는 업로드의 id입니다", en: "after is the id of an upload" };

#[derive(Serialize)]
struct Page<'a> {
    uploads: Vec<Receipt<'a>>,
    /// The `after` of the next page; `null` on the last.
    next: Option<&'a str>,
}

/// Answers with one page: `limit` files (1 to 100, default 20), older than `after`, which is an id.
pub async fn list(request: &Parts, owner: &Owner, host: &impl Host) -> Answer {
    let query = match Query::parse(request.uri.query().unwrap_or_default()) {
        Ok(query) => query,
        Err((name, text)) => {
            let lang = language::preferred(&request.headers);
            return answer::invalid_input(&["query", name], text, "query_invalid", lang);
        }
    };
    match page(&query, owner, host).await {
        Ok((files, next)) => answer::ok(&Page {
            uploads: files.iter().map(|(id, record)| record.receipt(id)).collect(),
            next: next.as_ref().map(|id| id.0.as_str()),
        }),
        Err(error) => unavailable(&error, request, host),
    }
}

struct Query {
    limit: usize,
    after: Option<UploadId>,
}

impl Query {
    /// The error is the name of a parameter, and what is wrong with it.
    fn parse(query: &str) -> Result<Self, (&'static str, Text<'static>)> {
        let mut parsed = Self { limit: DEFAULT_PAGE, after: None };
        for (name, value) in query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))) {
            match name {
                "limit" => {
                    // Digits alone: a sign is a blank in a query.
                    let digits = Some(value).filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
                    let limit = digits
                        .and_then(|digits| digits.parse().ok())
                        .filter(|limit| (1..=LARGEST_PAGE).contains(limit));
                    parsed.limit = limit.ok_or(("limit", LIMIT_INVALID))?;
                }
                "after" => parsed.after = Some(UploadId::parse(value).ok_or(("after", AFTER_INVALID))?),
                _ => {}
            }
        }
        Ok(parsed)
    }
}

/// The page, and its last id when there are more. Never holds more ids than a page has, however many there are.
async fn page(
    query: &Query,
    owner: &Owner,
    host: &impl Host,
) -> Result<(Vec<(UploadId, Record)>, Option<UploadId>), StoreError> {
    let prefix = owner.prefix();
    let mut newest = BTreeSet::new();
    host.keys(|key| {
        let id = key.strip_prefix(RECORDS).filter(|id| id.starts_with(&prefix)).and_then(UploadId::parse);
        if let Some(id) = id
            && query.after.as_ref().is_none_or(|after| id < *after)
        {
            newest.insert(id);
            if newest.len() > query.limit + 1 {
                newest.pop_first();
            }
        }
    })
    .await?;
    // The first of all is the next page's. What follows is found whether or not the last of this page is still there.
    let next = newest.iter().nth(1).filter(|_| newest.len() > query.limit).cloned();
    let mut files = Vec::new();
    for id in newest.into_iter().rev().take(query.limit) {
        // One that has been deleted meanwhile is left out, and so is another user's with the same hash.
        if let Some(record) = Record::load(&id, host).await?.filter(|record| record.owner == owner.0) {
            files.push((id, record));
        }
    }
    Ok((files, next))
}
