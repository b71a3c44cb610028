//! From a request to its response.

use std::time::Duration;

use http::header::ALLOW;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;
use verifier_core::VerifiedToken;

use crate::access::{ADMIN, Guards, authorize, has_role};
use crate::body::RequestBody;
use crate::cors::{self, AllowedOrigins};
use crate::health::{self, Subjects};
use crate::host::Host;
use crate::keys::Keys;
use crate::openapi;
use crate::printable::json_line;
use crate::request_id::{self, X_REQUEST_ID};
use crate::response::{self, RefusalCode, Response};
use crate::revocation::Revocation;
use crate::routes::{self, Endpoint, Lookup};
use crate::rules::AccessRules;
use crate::settings::{Settings, Variables};
use crate::store_probe::StoreProbe;
use crate::uploads::list::list;
use crate::uploads::receive::{Limits, receive};
use crate::uploads::{Owner, download, user_id_missing};

/// Everything an instance keeps between requests. Shared by the requests that are in progress.
pub struct Service {
    cors: AllowedOrigins,
    keys: Keys,
    rules: AccessRules,
    revocation: Revocation,
    uploads: Limits,
    store: StoreProbe,
    /// Names of the variables whose values are not the defaults.
    variables: Vec<&'static str>,
}

impl Service {
    /// Sets the service up. It never fails: a variable that makes no sense, or a key that cannot
    /// be read, is written to the log here, once, and answered with 503 wherever a token would
    /// have to be verified.
    #[must_use]
    pub fn new(variables: &Variables, host: &impl Host) -> Self {
        let service = match Settings::from_variables(variables) {
            Ok(settings) => Self {
                cors: settings.cors,
                keys: Keys::new(settings.keys, settings.policy),
                rules: settings.rules,
                revocation: Revocation::new(settings.revocation),
                uploads: settings.uploads,
                store: StoreProbe::default(),
                variables: variables.changed(),
            },
            // A page must be able to read the 503 that says what is wrong.
            Err(error) => Self {
                cors: variables.cors_origins().unwrap_or_default(),
                keys: Keys::misconfigured(error),
                rules: AccessRules::default(),
                revocation: Revocation::default(),
                uploads: Limits::default(),
                store: StoreProbe::default(),
                variables: variables.changed(),
            },
        };
        if let Some(problem) = service.keys.setting_problem() {
            host.log(format_args!("error: {problem}"));
        }
        service
    }

    /// Answers a request. `HEAD` gets what `GET` gets: leaving the body out is the HTTP server's
    /// work, which needs to see it to know its length.
    pub async fn handle(
        &self,
        request: &Parts,
        body: impl RequestBody,
        host: &impl Host,
    ) -> Response {
        let mut response = if cors::is_preflight(request) {
            cors::preflight_response()
        } else {
            self.route(request, body, host).await
        };
        self.cors.admit(request, &mut response);
        let id = request_id::of(&request.headers, host);
        log_refusal(request, &response, &id, host);
        response.headers_mut().insert(X_REQUEST_ID, id);
        response
    }

    /// Longest time for which a body may stand still.
    #[must_use]
    pub const fn idle_timeout(&self) -> Duration {
        self.uploads.pause
    }

    /// Whether [`Self::upkeep`] has something to do.
    pub fn has_upkeep(&self, host: &impl Host) -> bool {
        self.keys.is_due(host) || self.revocation.is_due(host)
    }

    /// Fetches what will soon be too old. To be run after a response, so that no request waits for
    /// it.
    pub async fn upkeep(&self, host: &impl Host) {
        self.keys.refresh(host).await;
        self.revocation.refresh(&self.keys, host).await;
    }

    async fn route(&self, request: &Parts, body: impl RequestBody, host: &impl Host) -> Response {
        let (route, id) = match routes::find(&request.method, request.uri.path()) {
            Lookup::Found(route, id) => (route, id),
            Lookup::Methods(allow) => return methods(&allow),
            Lookup::Moved(path) => return moved(request.uri.path(), path, request.uri.query()),
            Lookup::NotFound => return response::not_found(),
            Lookup::MethodNotAllowed(allow) => return response::method_not_allowed(&allow),
        };
        let guards = Guards { rules: &self.rules, keys: &self.keys, revocation: &self.revocation };
        let token = match authorize(request, route, guards, host).await {
            Ok(token) => token,
            Err(turned_away) => return turned_away,
        };
        let token = match (route.endpoint, token) {
            (Endpoint::Health, _) => return health::report(self.subjects(), host).await,
            (Endpoint::OpenApi, _) => return response::ok(&openapi::document()),
            (_, Some(token)) => token,
            // Unreachable with the routes there are; a new one that forgets its requirement stays
            // closed.
            (_, None) => return response::not_authenticated("not_authenticated"),
        };
        match route.endpoint {
            Endpoint::Health | Endpoint::OpenApi | Endpoint::Protected => protected(&token),
            Endpoint::AdminDashboard => admin_dashboard(),
            Endpoint::Upload | Endpoint::Uploads | Endpoint::Download | Endpoint::DeleteUpload => {
                self.files(route.endpoint, request, body, &token, id, host).await
            }
        }
    }

    fn subjects(&self) -> Subjects<'_> {
        let Self { keys, revocation, store, variables, .. } = self;
        Subjects { keys, revocation, store, variables }
    }

    async fn files(
        &self,
        endpoint: Endpoint,
        request: &Parts,
        body: impl RequestBody,
        token: &VerifiedToken,
        id: &str,
        host: &impl Host,
    ) -> Response {
        let Some(owner) = Owner::of(token) else { return user_id_missing(request) };
        let is_admin = has_role(token, ADMIN);
        match endpoint {
            Endpoint::Upload => receive(request, body, &owner, self.uploads, host).await,
            Endpoint::Download => download::download(request, id, &owner, is_admin, host).await,
            Endpoint::DeleteUpload => download::delete(request, id, &owner, is_admin, host).await,
            _ => list(request, &owner, host).await,
        }
    }
}

/// Writes one JSON object to the log for a request that is refused for what it brings, or that
/// cannot be served. It holds the path without its query, and nothing from any header but the
/// request's id.
fn log_refusal(request: &Parts, response: &Response, id: &HeaderValue, host: &impl Host) {
    #[derive(Serialize)]
    struct Refused<'a> {
        event: &'static str,
        request_id: &'a str,
        method: &'a str,
        path: String,
        status: u16,
        code: Option<&'a str>,
    }
    let status = response.status();
    if !(matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
        || status.is_server_error())
    {
        return;
    }
    let refused = Refused {
        event: "request_refused",
        request_id: id.to_str().unwrap_or_default(),
        method: request.method.as_str(),
        path: request.uri.path().chars().take(200).collect(),
        status: status.as_u16(),
        code: response.extensions().get::<RefusalCode>().map(|code| code.0.as_str()),
    };
    if let Ok(line) = json_line(&refused) {
        host.log(format_args!("{line}"));
    }
}

/// Redirects to the path without the slashes at its end, as FastAPI does. The reference is
/// relative (RFC 3986, section 4.2), so that it stays below a prefix that a proxy has stripped:
/// each `..` leaves one of the slashes behind.
fn moved(requested: &str, path: &str, query: Option<&str>) -> Response {
    let slashes = requested.len().saturating_sub(path.len());
    let name = path.rsplit('/').next().unwrap_or_default();
    let target = format!("{}{name}", "../".repeat(slashes));
    match query {
        Some(query) => response::redirect(&format!("{target}?{query}")),
        None => response::redirect(&target),
    }
}

fn methods(allow: &str) -> Response {
    let mut response = response::empty();
    if let Ok(allow) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

fn protected(token: &VerifiedToken) -> Response {
    #[derive(Serialize)]
    struct Body {
        message: &'static str,
        user_id: Box<RawValue>,
        username: Box<RawValue>,
    }
    response::ok(&Body {
        message: "인증 성공!",
        user_id: claim_as_sent(token, "user_id"),
        username: claim_as_sent(token, "username"),
    })
}

fn admin_dashboard() -> Response {
    #[derive(Serialize)]
    struct Body {
        message: &'static str,
    }
    response::ok(&Body { message: "관리자 대시보드" })
}

/// The claim's JSON text, digit for digit; `null` when the token has no such claim.
fn claim_as_sent(token: &VerifiedToken, name: &str) -> Box<RawValue> {
    token
        .claim(name)
        .and_then(|claim| RawValue::from_string(claim.raw().to_string()).ok())
        .unwrap_or_else(|| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests;
