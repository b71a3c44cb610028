//! A missing slash at the end of a path, which Django adds by a redirect.

use std::sync::Arc;

use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use super::{ApiError, Issuer};

/// The paths that end in a slash, `{...}` standing for a number.
#[derive(Clone)]
pub(super) struct SlashedPaths {
    templates: Arc<[String]>,
    issuer: Arc<Issuer>,
}

impl SlashedPaths {
    /// Those among `paths`.
    pub(super) fn among<'a>(paths: impl Iterator<Item = &'a String>, issuer: Arc<Issuer>) -> Self {
        let templates = paths
            .filter_map(|path| path.strip_suffix('/'))
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect();
        Self { templates, issuer }
    }

    /// The answer for a path that is none of the router's: permanent as Django's; a POST gets 308,
    /// which keeps its method and body. 404 when a slash would not help.
    pub(super) fn answer(&self, method: &Method, uri: &Uri) -> Response {
        let path = uri.path();
        if !self.templates.iter().any(|template| matches(template, path)) {
            return ApiError::NotFound.into_response();
        }
        let mut location = self.issuer.public_path(path);
        location.push('/');
        if let Some(query) = uri.query() {
            location.push('?');
            location.push_str(query);
        }
        let status = match *method {
            Method::GET | Method::HEAD => StatusCode::MOVED_PERMANENTLY,
            _ => StatusCode::PERMANENT_REDIRECT,
        };
        (status, [(LOCATION, location)]).into_response()
    }
}

fn matches(template: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == found => {}
            (Some(wanted), Some(found)) if wanted.starts_with('{') && is_number(found) => {}
            _ => return false,
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
