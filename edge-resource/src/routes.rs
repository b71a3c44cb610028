//! The routes: one row for each method of each path.

use std::marker::PhantomData;

use edge_auth::{Requirement, VerifiedToken};
use futures_util::future::LocalBoxFuture;
use http::Method;

use crate::health::health;
use crate::host::UploadHost;
use crate::openapi::{self, Input, Operation, Output};
use crate::pages::{admin_dashboard, protected};
use crate::request::Request;
use crate::response::{self, Response};
use crate::uploads::{self, ADMIN};

/// One method of one path.
pub(crate) struct Route<H: 'static> {
    /// `GET` includes `HEAD`, for which the HTTP server leaves out the body.
    pub(crate) method: Method,
    /// The exact path; the segment `{id}` stands for any one segment.
    pub(crate) path: &'static str,
    pub(crate) access: Access<H>,
    pub(crate) operation: Operation,
}

/// The requirement of a route, together with its handler: a handler that needs a token cannot be
/// called without one.
pub(crate) enum Access<H: 'static> {
    /// Everyone, unless an access rule has a condition.
    Open(fn(Request<'_, H>) -> LocalBoxFuture<'_, Response>),
    /// Requests that meet the requirement.
    Token(Requirement, fn(Request<'_, H>, VerifiedToken) -> LocalBoxFuture<'_, Response>),
}

/// Holds the table, which is generic in the host of its handlers.
struct Table<H>(PhantomData<H>);

impl<H: UploadHost + 'static> Table<H> {
    const ROUTES: &'static [Route<H>] = &[
        Route {
            method: Method::GET,
            path: "/",
            access: Access::Open(|request| Box::pin(health(request))),
            operation: Operation::new("Whether the service is up and has keys"),
        },
        Route {
            method: Method::GET,
            path: "/openapi.json",
            access: Access::Open(|_| Box::pin(async { document::<H>() })),
            operation: Operation::new("This document"),
        },
        Route {
            method: Method::GET,
            path: "/protected",
            access: Access::Token(Requirement::AccessToken, |_, token| {
                Box::pin(async move { protected(&token) })
            }),
            operation: Operation::new("Who the token belongs to"),
        },
        Route {
            method: Method::GET,
            path: "/admin/dashboard",
            access: Access::Token(Requirement::Role(ADMIN), |_, _| {
                Box::pin(async { admin_dashboard() })
            }),
            operation: Operation::new("For administrators"),
        },
        Route {
            method: Method::POST,
            path: "/upload",
            access: Access::Token(Requirement::AccessToken, |request, token| {
                Box::pin(uploads::receive(request, token))
            }),
            operation: Operation::new("Stores a file")
                .takes(Input::Form)
                .returns(Output::Upload)
                .fails(&["400", "408", "413", "422"]),
        },
        Route {
            method: Method::GET,
            path: "/uploads",
            access: Access::Token(Requirement::AccessToken, |request, token| {
                Box::pin(uploads::list(request, token))
            }),
            operation: Operation::new("The user's files, the newest first")
                .takes(Input::Page)
                .returns(Output::Page)
                .fails(&["422"]),
        },
        Route {
            method: Method::GET,
            path: "/uploads/{id}",
            access: Access::Token(Requirement::AccessTokenOrElevated(ADMIN), |request, token| {
                Box::pin(uploads::download(request, token))
            }),
            operation: Operation::new("The content of a file, or a range of it")
                .takes(Input::UploadId)
                .returns(Output::File)
                .fails(&["404", "412", "416"]),
        },
        Route {
            method: Method::DELETE,
            path: "/uploads/{id}",
            access: Access::Token(Requirement::AccessTokenOrElevated(ADMIN), |request, token| {
                Box::pin(uploads::delete(request, token))
            }),
            operation: Operation::new("Deletes a file")
                .takes(Input::UploadId)
                .fails(&["404", "412"]),
        },
    ];
}

/// Returns all rows.
pub(crate) fn routes<H: UploadHost + 'static>() -> &'static [Route<H>] {
    Table::<H>::ROUTES
}

/// `GET /openapi.json`.
fn document<H: UploadHost + 'static>() -> Response {
    let rows = routes::<H>().iter().map(|route| openapi::Row {
        method: &route.method,
        path: route.path,
        needs_token: matches!(route.access, Access::Token(..)),
        operation: &route.operation,
    });
    response::ok(&openapi::document(rows))
}

/// The result of matching a request with the routes.
pub(crate) enum RouteMatch<'a, H: 'static> {
    /// The row at this index, and the segment that matches `{id}`.
    Found(usize, &'static Route<H>, &'a str),
    /// The list of the path's methods, for `OPTIONS`.
    Methods(String),
    /// A redirect to this path, the requested one without its trailing slashes.
    Moved(&'a str),
    NotFound,
    /// The path has only these methods.
    MethodNotAllowed(String),
}

/// Most slashes at the end of a path that lead to a redirect, whose length grows with each.
const MAX_SLASHES: usize = 16;

/// Finds the route of a request. Paths are compared byte by byte.
pub(crate) fn find<'a, H: UploadHost + 'static>(
    method: &Method,
    path: &'a str,
) -> RouteMatch<'a, H> {
    let routes = routes::<H>();
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let matching = routes
        .iter()
        .enumerate()
        .filter_map(|(index, route)| Some((index, route, segment(route.path, path)?)));
    let mut allow = Vec::new();
    for (index, route, id) in matching {
        if route.method == *method {
            return RouteMatch::Found(index, route, id);
        }
        allow.push(route.method.as_str());
        if route.method == Method::GET {
            allow.push("HEAD");
        }
    }
    if allow.is_empty() {
        let trimmed = path.trim_end_matches('/');
        let is_moved = (1..=MAX_SLASHES).contains(&(path.len() - trimmed.len()))
            && routes.iter().any(|route| segment(route.path, trimmed).is_some());
        return if is_moved { RouteMatch::Moved(trimmed) } else { RouteMatch::NotFound };
    }
    allow.push("OPTIONS");
    let allow = allow.join(", ");
    if *method == Method::OPTIONS {
        RouteMatch::Methods(allow)
    } else {
        RouteMatch::MethodNotAllowed(allow)
    }
}

/// Returns the segment that stands for `{id}`, or the empty string, when the path matches.
fn segment<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    match pattern.strip_suffix("{id}") {
        None => (pattern == path).then_some(""),
        Some(front) => path.strip_prefix(front).filter(|id| !id.is_empty() && !id.contains('/')),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::testing::TestHost;

    #[test]
    fn every_route_has_a_method_and_path_of_its_own_and_is_found_by_them() {
        let routes = routes::<TestHost>();
        let rows: BTreeSet<_> =
            routes.iter().map(|route| (route.method.as_str(), route.path)).collect();
        assert_eq!(rows.len(), routes.len());
        for (index, route) in routes.iter().enumerate() {
            let path = route.path.replace("{id}", "x");
            let found = find::<TestHost>(&route.method, &path);
            assert!(matches!(found, RouteMatch::Found(at, ..) if at == index), "{path}");
        }
    }

    #[test]
    fn every_route_is_described_with_what_it_requires() {
        let openapi = document::<TestHost>();
        let crate::response::Body::Text(openapi) = openapi.body() else { panic!("a file") };
        let openapi: Value = serde_json::from_str(openapi).expect("JSON");
        for route in routes::<TestHost>() {
            let method = route.method.as_str().to_ascii_lowercase();
            let operation = &openapi["paths"][route.path][method];
            assert!(operation["summary"].is_string(), "{}", route.path);
            assert!(operation["responses"]["200"].is_object(), "{}", route.path);
            let needs_token = matches!(route.access, Access::Token(..));
            assert_eq!(operation["security"].is_array(), needs_token, "{}", route.path);
            assert_eq!(operation["responses"]["401"].is_object(), needs_token, "{}", route.path);
        }
        let paths = openapi["paths"].as_object().expect("paths");
        let operations: usize =
            paths.values().filter_map(Value::as_object).map(|path| path.len()).sum();
        assert_eq!(operations, routes::<TestHost>().len());
    }
}
