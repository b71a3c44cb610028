//! `GET /uploads`: a user's own files, the newest first, page by page.

use std::collections::BTreeSet;

use http::request::Parts;
use serde::Serialize;

use super::{Owner, RECORDS, Receipt, Record, UploadId, unavailable};
use crate::host::{Host, StoreError};
use crate::language;
use crate::response::{self, Response, Text};

const DEFAULT_PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;

const LIMIT_INVALID: Text<'static> = Text {
    ko: "limit은 1부터 100까지의 수입니다",
    en: "limit is a number from 1 to 100",
};
const AFTER_INVALID: Text<'static> =
    Text { ko: "after는 업로드의 id입니다", en: "after is the id of an upload" };
const UNKNOWN: Text<'static> =
    Text { ko: "알 수 없는 매개변수입니다", en: "This parameter is unknown" };
const REPEATED: Text<'static> = Text {
    ko: "이 매개변수는 한 번만 쓸 수 있습니다",
    en: "This parameter may occur only once",
};

/// Characters of a parameter's name that the response repeats.
const MAX_NAME: usize = 40;

#[derive(Serialize)]
struct Page<'a> {
    uploads: Vec<Receipt<'a>>,
    /// The `after` of the next page; `null` on the last.
    next: Option<&'a str>,
}

/// Answers with one page: `limit` files (1 to 100, default 20), older than `after`, which is an id.
pub async fn list(request: &Parts, owner: &Owner, host: &impl Host) -> Response {
    let query = match Query::parse(request.uri.query().unwrap_or_default()) {
        Ok(query) => query,
        Err(error) => return error.response(request),
    };
    match page(&query, owner, host).await {
        Ok((files, next)) => response::ok(&Page {
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
    /// Rejects unknown and repeated parameters: ignoring them would return another page than the
    /// client asked for. Names are compared as sent, without percent-decoding.
    fn parse(query: &str) -> Result<Self, QueryError<'_>> {
        let (mut limit, mut after) = (None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let invalid = |text| QueryError { name, kind: "value_error", text };
            match name {
                "limit" if limit.is_some() => return Err(invalid(REPEATED)),
                "after" if after.is_some() => return Err(invalid(REPEATED)),
                "limit" => limit = Some(parse_limit(value).ok_or_else(|| invalid(LIMIT_INVALID))?),
                "after" => {
                    after = Some(UploadId::parse(value).ok_or_else(|| invalid(AFTER_INVALID))?)
                }
                _ => return Err(QueryError { name, kind: "extra_forbidden", text: UNKNOWN }),
            }
        }
        Ok(Self { limit: limit.unwrap_or(DEFAULT_PAGE), after })
    }
}

fn parse_limit(value: &str) -> Option<usize> {
    // Digits alone: a sign is a blank in a query.
    let digits = Some(value).filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok().filter(|limit| (1..=LARGEST_PAGE).contains(limit))
}

/// Why a query is rejected.
struct QueryError<'q> {
    /// The parameter.
    name: &'q str,
    /// FastAPI's word for the error.
    kind: &'static str,
    text: Text<'static>,
}

impl QueryError<'_> {
    fn response(&self, request: &Parts) -> Response {
        let name: String = self.name.chars().take(MAX_NAME).collect();
        let lang = language::preferred(&request.headers);
        response::invalid_input(self.kind, &["query", &name], self.text, "query_invalid", lang)
    }
}

/// The page, and its last id when there are more. Never holds more ids than a page has, however
/// many there are.
async fn page(
    query: &Query,
    owner: &Owner,
    host: &impl Host,
) -> Result<(Vec<(UploadId, Record)>, Option<UploadId>), StoreError> {
    let prefix = owner.prefix();
    let mut newest = BTreeSet::new();
    host.keys(|key| {
        let id = key
            .strip_prefix(RECORDS)
            .filter(|id| id.starts_with(&prefix))
            .and_then(UploadId::parse);
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
    // The first of all is the next page's. What follows is found whether or not the last of this
    // page is still there.
    let next = newest.iter().nth(1).filter(|_| newest.len() > query.limit).cloned();
    let mut files = Vec::new();
    for id in newest.into_iter().rev().take(query.limit) {
        // One that has been deleted meanwhile is left out, and so is another user's with the same
        // hash.
        if let Some(record) =
            Record::load(&id, host).await?.filter(|record| record.owner == owner.0)
        {
            files.push((id, record));
        }
    }
    Ok((files, next))
}
