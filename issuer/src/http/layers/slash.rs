//! Redirects paths without their final slash, as Django does.

use std::sync::Arc;

use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use crate::http::error::ApiError;
use crate::http::state::Issuer;

/// The templates of paths that end in a slash, without it. `{...}` stands for a number.
#[derive(Clone)]
pub(in crate::http) struct SlashedPaths {
    templates: Arc<[String]>,
    issuer: Arc<Issuer>,
}

impl SlashedPaths {
    /// Takes those among `paths` that end in a slash.
    pub(in crate::http) fn among<'a>(
        paths: impl Iterator<Item = &'a String>,
        issuer: Arc<Issuer>,
    ) -> Self {
        let templates = paths
            .filter_map(|path| path.strip_suffix('/'))
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect();
        Self { templates, issuer }
    }

    /// Returns the response for a path without a route: a permanent redirect when a slash is
    /// missing, else 404. A POST gets 308, which keeps its method and body.
    pub(in crate::http) fn response(&self, method: &Method, uri: &Uri) -> Response {
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
    let (mut expected, mut actual) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), actual.next()) {
            (None, None) => return true,
            (Some(expected), Some(actual)) if expected == actual => {}
            (Some(expected), Some(actual)) if expected.starts_with('{') && is_number(actual) => {}
            _ => return false,
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
