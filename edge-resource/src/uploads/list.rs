//! `GET /uploads`: a user's files, the newest first, page by page.

use edge_auth::VerifiedToken;
use edge_auth::language::{Lang, Text};
use serde::Serialize;

use super::responses::{Receipt, unavailable, user_id_missing};
use crate::host::UploadHost;
use crate::request::Request;
use crate::response::{self, Response};
use crate::storage::{self, Owner, UploadId};

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

/// Most characters of a parameter's name in the response.
const MAX_NAME: usize = 40;

#[derive(Serialize)]
struct Page<'a> {
    uploads: Vec<Receipt<'a>>,
    /// The `after` of the next page; `null` on the last.
    next: Option<&'a str>,
}

/// Responds with one page: `limit` files (1 to 100, default 20) older than the upload `after`.
pub(crate) async fn list<H: UploadHost>(request: Request<'_, H>, token: VerifiedToken) -> Response {
    let lang = request.lang();
    let Some(owner) = Owner::of(&token) else { return user_id_missing(lang) };
    let query = match Query::parse(request.parts.uri.query().unwrap_or_default()) {
        Ok(query) => query,
        Err(error) => return error.response(lang),
    };
    let Query { limit, after } = query;
    match storage::list_files(&owner, after.as_ref(), limit, request.host).await {
        Ok(storage::Page { files, next }) => response::ok(&Page {
            uploads: files.iter().map(|(id, record)| Receipt::new(id, record)).collect(),
            next: next.as_ref().map(UploadId::as_str),
        }),
        Err(error) => unavailable(&error, lang, request.host),
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
    // In a query a plus sign stands for a space, so only digits are accepted.
    let digits = Some(value).filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok().filter(|limit| (1..=LARGEST_PAGE).contains(limit))
}

/// Why a query is rejected.
struct QueryError<'q> {
    /// The parameter.
    name: &'q str,
    /// FastAPI's `type` of the error.
    kind: &'static str,
    text: Text<'static>,
}

impl QueryError<'_> {
    fn response(&self, lang: Lang) -> Response {
        let name: String = self.name.chars().take(MAX_NAME).collect();
        let location = ["query", name.as_str()];
        response::invalid_input(self.kind, &location, self.text, "query_invalid", lang)
    }
}
