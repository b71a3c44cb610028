//! Routes a request, lets `edge-auth` authorize it, and calls the handler.

use std::time::Duration;

use edge_auth::{
    AuthError, Authorizer, Condition, Requirement, X_REQUEST_ID, log_refusal, request_id,
};
use http::header::ALLOW;
use http::request::Parts;

use crate::host::UploadHost;
use crate::limits::Limits;
use crate::request::Request;
use crate::response::{self, Body, Response};
use crate::routes::{self, Access, RouteMatch};
use crate::settings::{RouteConditions, Settings, Variables};
use crate::state::State;
use crate::storage::Sweeper;
use crate::store_probe::StoreProbe;
use edge_component::cors::{self, AllowedOrigins};
use edge_component::request_body::RequestBody;

/// The methods of all routes.
const METHODS: &str = "GET, HEAD, POST, DELETE, OPTIONS";

/// The service of an instance, shared by the requests in progress.
pub struct Service {
    cors: AllowedOrigins,
    conditions: RouteConditions,
    state: State,
}

impl Service {
    /// Sets the service up. An invalid variable or key is logged here once; each request that needs
    /// a token is then refused with 503.
    #[must_use]
    pub fn new<H: UploadHost + 'static>(variables: &Variables, host: &H) -> Self {
        let table = routes::routes::<H>();
        let rows = table.iter().map(|route| (&route.method, route.path));
        let (authorizer, cors, conditions, limits) = match Settings::parse(variables, rows) {
            Ok(Settings { auth, cors, conditions, limits }) => {
                (Authorizer::new(auth), cors, conditions, limits)
            }
            // A page must be able to read the 503 that names the variable.
            Err(error) => (
                Authorizer::misconfigured(error),
                variables.cors_origins().unwrap_or_default(),
                RouteConditions::without_rules(table.len()),
                Limits::default(),
            ),
        };
        if let Some(problem) = authorizer.setting_problem() {
            host.log(format_args!("error: {problem}"));
        }
        let state = State {
            authorizer,
            limits,
            probe: StoreProbe::default(),
            sweeper: Sweeper::default(),
            variables: variables.changed(),
        };
        Self { cors, conditions, state }
    }

    /// Responds to a request. `HEAD` gets the response to `GET`: the HTTP server omits the body,
    /// but needs its length.
    pub async fn handle<H: UploadHost + 'static>(
        &self,
        request: &Parts,
        mut body: impl RequestBody,
        host: &H,
    ) -> Response {
        let mut response = if cors::is_preflight(request) {
            cors::preflight_response(METHODS).map(Body::Text)
        } else {
            self.route(request, &mut body, host).await
        };
        self.cors.admit(request, &mut response);
        let id = request_id(&request.headers, host);
        log_refusal(request, &response, &id, host);
        response.headers_mut().insert(X_REQUEST_ID, id);
        response
    }

    /// Returns the longest time without a byte of a body, in either direction.
    #[must_use]
    pub const fn idle_timeout(&self) -> Duration {
        self.state.limits.idle
    }

    /// Returns whether [`Self::upkeep`] has something to do.
    pub fn has_upkeep<H: UploadHost>(&self, host: &H) -> bool {
        self.state.authorizer.has_upkeep(host) || self.state.sweeper.is_due()
    }

    /// Fetches keys and lists that expire soon, and removes abandoned uploads. Run it after a
    /// response, so that no request waits.
    pub async fn upkeep<H: UploadHost>(&self, host: &H) {
        self.state.authorizer.upkeep(host).await;
        self.state.sweeper.sweep(host).await;
    }

    async fn route<H: UploadHost + 'static>(
        &self,
        parts: &Parts,
        body: &mut dyn RequestBody,
        host: &H,
    ) -> Response {
        let (index, route, id) = match routes::find::<H>(&parts.method, parts.uri.path()) {
            RouteMatch::Found(index, route, id) => (index, route, id),
            RouteMatch::Methods(allow) => return methods(&allow),
            RouteMatch::Moved(path) => return moved(parts.uri.path(), path, parts.uri.query()),
            RouteMatch::NotFound => return response::not_found(),
            RouteMatch::MethodNotAllowed(allow) => return response::method_not_allowed(&allow),
        };
        let request = Request { parts, body, id, state: &self.state, host };
        let lang = request.lang();
        let Some(conditions) = self.conditions.of(index) else { return response::not_found() };
        match self.respond(request, &route.access, conditions).await {
            Ok(response) => response,
            Err(error) => response::refusal(&error, lang),
        }
    }

    /// Checks what the route requires, then calls its handler.
    async fn respond<H: UploadHost>(
        &self,
        request: Request<'_, H>,
        access: &Access<H>,
        conditions: &[Condition],
    ) -> Result<Response, AuthError> {
        let authorize = async |requirement| {
            let (headers, host) = (&request.parts.headers, request.host);
            self.state.authorizer.authorize(headers, requirement, conditions, host).await
        };
        match access {
            Access::Open(handler) => {
                if !conditions.is_empty() {
                    authorize(Requirement::AccessToken).await?;
                }
                Ok(handler(request).await)
            }
            Access::Token(requirement, handler) => {
                let token = authorize(*requirement).await?;
                Ok(handler(request, token).await)
            }
        }
    }
}

/// Redirects to the path without the slashes at its end, as FastAPI does. The reference is
/// relative (RFC 3986, section 4.2), so that it stays below a prefix that a proxy has stripped:
/// each `..` removes one slash.
fn moved(requested: &str, path: &str, query: Option<&str>) -> Response {
    let slashes = requested.len().saturating_sub(path.len());
    let name = path.rsplit('/').next().unwrap_or_default();
    let target = format!("{}{name}", "../".repeat(slashes));
    match query {
        Some(query) => response::redirect(&format!("{target}?{query}")),
        None => response::redirect(&target),
    }
}

/// Responds to `OPTIONS` outside CORS.
fn methods(allow: &str) -> Response {
    let mut response = response::empty();
    response::set(&mut response, ALLOW, allow);
    response
}

#[cfg(test)]
mod tests;
