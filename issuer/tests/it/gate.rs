//! A gate with an application behind it, for `doctor`, with common mistakes.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http_body::Frame;
use issuer::clock::{Clock as _, SystemClock, unix_time};
use serde_json::json;
use verifier_core::{KeySet, Policy, PolicyOptions, Verifier};

use crate::edge::TestEdge;

/// What stands in front of the application.
pub(crate) enum Guard {
    /// The gate verifies tokens.
    Tokens { keys: String, options: Box<PolicyOptions>, removes: Removes },
    /// The gate accepts any token.
    AnyText,
    /// The gate has no keys to verify tokens with, which it notices when a token comes.
    WithoutKeys,
    /// An invalid setting: the gate refuses every request.
    Closed,
    /// The path means different things to different servers.
    AmbiguousPath,
    /// The application has no gate.
    Missing,
}

/// The headers of clients that the gate removes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Removes {
    Identity,
    /// Only those with hyphens.
    Hyphens,
    Nothing,
}

/// The component behind the gate.
#[derive(Clone, Copy)]
pub(crate) enum Application {
    /// Responds with this status.
    Status(u16),
    /// Responds with this status and a body that does not end.
    Endless(u16),
    /// Does not respond.
    Silent,
    /// Refuses requests without a user in `X-Auth-User-Id`, in the words of the gate.
    RequiresUser,
    /// Responds with 403 unless one of these headers has the role.
    RequiresRole(&'static [&'static str]),
    /// Refuses requests without a token with this challenge, and no code.
    RefusesItself(&'static str),
}

struct Setup {
    guard: Guard,
    application: Application,
}

/// Starts a server whose paths all belong to the application.
pub(crate) fn start(guard: Guard, application: Application) -> TestEdge {
    let setup = Arc::new(Setup { guard, application });
    TestEdge::serve(Router::new().fallback(handle).with_state(setup))
}

/// Starts one whose `GET /` responds.
pub(crate) fn start_below(guard: Guard, application: Application) -> TestEdge {
    let setup = Arc::new(Setup { guard, application });
    let router = Router::new().route("/", get(|| async { "home" }));
    TestEdge::serve(router.fallback(handle).with_state(setup))
}

/// A gate that does what it should.
pub(crate) fn right(keys: &str) -> Guard {
    removing(keys, Removes::Identity)
}

pub(crate) fn removing(keys: &str, removes: Removes) -> Guard {
    Guard::Tokens { keys: keys.to_owned(), options: Box::default(), removes }
}

async fn handle(State(setup): State<Arc<Setup>>, mut headers: HeaderMap) -> Response {
    if let Some(refusal) = setup.guard.refusal(token(&headers)) {
        return refusal;
    }
    setup.guard.remove(&mut headers);
    setup.application.respond(&headers).await
}

fn token(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

impl Guard {
    fn refusal(&self, token: Option<&str>) -> Option<Response> {
        if matches!(self, Self::Missing) {
            return None;
        }
        if matches!(self, Self::Closed) {
            let detail = "the variable `access_rules` is not a JSON array";
            return Some(error(StatusCode::SERVICE_UNAVAILABLE, "setting_invalid", detail));
        }
        if matches!(self, Self::AmbiguousPath) {
            let detail = "The path can be read in more than one way";
            return Some(error(StatusCode::BAD_REQUEST, "path_ambiguous", detail));
        }
        let Some(token) = token else { return Some(not_authenticated()) };
        match self {
            Self::Tokens { keys, options, .. } => {
                let policy = Policy::new(PolicyOptions::clone(options)).expect("a policy");
                let keys = KeySet::parse(keys).expect("keys");
                let now = unix_time(SystemClock.now());
                let refusal = Verifier::new(keys, policy).verify(token, now).err()?;
                let code = refusal.code().to_string();
                Some(error(StatusCode::UNAUTHORIZED, &code, "The token is not valid"))
            }
            Self::WithoutKeys => {
                let detail = "the variable `jwks_url` leads to no usable key (status 404)";
                Some(error(StatusCode::SERVICE_UNAVAILABLE, "keys_unavailable", detail))
            }
            _ => None,
        }
    }

    fn remove(&self, headers: &mut HeaderMap) {
        let removes = match self {
            Self::Tokens { removes, .. } => *removes,
            Self::Missing => Removes::Nothing,
            _ => Removes::Identity,
        };
        let is_identity = |name: &HeaderName| match removes {
            Removes::Identity => name.as_str().replace('_', "-").starts_with("x-auth-"),
            Removes::Hyphens => name.as_str().starts_with("x-auth-"),
            Removes::Nothing => false,
        };
        let names: Vec<HeaderName> =
            headers.keys().filter(|name| is_identity(name)).cloned().collect();
        for name in names {
            headers.remove(name);
        }
    }
}

impl Application {
    async fn respond(self, headers: &HeaderMap) -> Response {
        match self {
            Self::Status(status) => {
                let location = [("location", "http://127.0.0.1:1/")];
                (StatusCode::from_u16(status).expect("a status"), location).into_response()
            }
            Self::Endless(status) => {
                (StatusCode::from_u16(status).expect("a status"), Body::new(Pending))
                    .into_response()
            }
            Self::Silent => std::future::pending().await,
            Self::RequiresUser if headers.contains_key("x-auth-user-id") => ok(),
            Self::RequiresUser => not_authenticated(),
            Self::RequiresRole(names) if names.iter().any(|name| headers.contains_key(*name)) => {
                ok()
            }
            Self::RequiresRole(_) => {
                error(StatusCode::FORBIDDEN, "role_missing", "Permission denied")
            }
            Self::RefusesItself(_) if token(headers).is_some() => ok(),
            Self::RefusesItself(challenge) => {
                (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)], "{}").into_response()
            }
        }
    }
}

/// A body without a first byte and without an end.
struct Pending;

impl http_body::Body for Pending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

fn ok() -> Response {
    axum::Json(json!({ "message": "ok" })).into_response()
}

fn not_authenticated() -> Response {
    error(StatusCode::UNAUTHORIZED, "not_authenticated", "Not authenticated")
}

fn error(status: StatusCode, code: &str, detail: &str) -> Response {
    let body = axum::Json(json!({ "detail": detail, "code": code }));
    if status == StatusCode::UNAUTHORIZED {
        (status, [(WWW_AUTHENTICATE, "Bearer")], body).into_response()
    } else {
        (status, body).into_response()
    }
}
