//! The decision about a request: pass it on, or respond in place of the component behind.

use edge_auth::language::{self, Text};
use edge_auth::response::{localized_error, refusal};
use edge_auth::{
    AuthError, Authorizer, Host, KeysError, Requirement, X_REQUEST_ID, log_refusal, request_id,
};
use edge_component::cors::{self, AllowedOrigins};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};

use crate::access::{Access, AccessRules};
use crate::identity::IdentityClaims;
use crate::settings::{
    Authorization, PREFIX, Platform, Preflight, Settings, Variables, cors_origins,
};

/// The methods that the gate's answer to a preflight allows. Whether the component behind has them
/// shows when the page sends its request.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

const AMBIGUOUS: Text<'static> = Text {
    ko: "경로를 한 가지로 해석할 수 없습니다",
    en: "The path can be read in more than one way",
};

/// Decides about requests. One instance of it serves all requests of a component.
pub struct Gate {
    cors: AllowedOrigins,
    mode: Mode,
}

enum Mode {
    /// No request passes until the operator changes a setting.
    Closed(KeysError),
    Guarding(Box<Guard>),
}

struct Guard {
    authorizer: Authorizer,
    rules: AccessRules,
    claims: IdentityClaims,
    authorization: Authorization,
    preflight: Preflight,
}

/// What happens to a request.
#[derive(Debug)]
pub enum Decision {
    /// The component behind gets it, without the client's identity headers, and with these.
    Forward {
        /// Name and value of the headers to add.
        headers: Vec<(&'static str, HeaderValue)>,
        /// Whether to remove the `Authorization` header.
        removes_authorization: bool,
    },
    /// The client gets this response.
    Respond(Response<String>),
}

/// Why a request does not pass.
enum Refusal {
    Auth(AuthError),
    AmbiguousPath,
}

impl Gate {
    /// Sets the gate up. An invalid variable or key is logged here once; every request is then
    /// refused with 503.
    #[must_use]
    pub fn new(variables: &Variables, platform: Platform, host: &impl Host) -> Self {
        let cors = cors_origins(variables);
        let guard = cors.as_ref().map_err(Clone::clone).and_then(|_| {
            let Settings { auth, rules, claims, authorization, preflight } =
                Settings::parse(variables, platform)?;
            let authorizer = Authorizer::new(auth);
            match authorizer.setting_problem() {
                Some(problem) => Err(problem.clone()),
                None => Ok(Guard { authorizer, rules, claims, authorization, preflight }),
            }
        });
        // A page must be able to read the 503.
        match guard {
            Ok(guard) => {
                Self { cors: cors.unwrap_or_default(), mode: Mode::Guarding(Box::new(guard)) }
            }
            Err(problem) => Self::closed(problem, cors.unwrap_or_default(), host),
        }
    }

    /// Refuses every request with 503 because the variables cannot be read. Logs the reason.
    #[must_use]
    pub fn without_variables(reason: String, host: &impl Host) -> Self {
        Self::closed(KeysError::VariablesUnavailable(reason), AllowedOrigins::default(), host)
    }

    fn closed(problem: KeysError, cors: AllowedOrigins, host: &impl Host) -> Self {
        host.log(format_args!(
            "error: {problem}; the gate's variables have the prefix `{PREFIX}`, and no request \
             passes until this is changed"
        ));
        Self { cors, mode: Mode::Closed(problem) }
    }

    /// Decides about a request by its head.
    pub async fn decide(&self, request: &Parts, host: &impl Host) -> Decision {
        let guard = match self.guard() {
            Ok(guard) => guard,
            Err(refusal) => return self.refuse(request, refusal, host),
        };
        if guard.preflight == Preflight::Answer && cors::is_preflight(request) {
            return self.respond(request, cors::preflight_response(METHODS), host);
        }
        match guard.check(request, host).await {
            Ok(headers) => Decision::Forward {
                headers,
                removes_authorization: guard.authorization == Authorization::Remove,
            },
            Err(refusal) => self.refuse(request, refusal, host),
        }
    }

    /// Refuses a request whose head cannot be represented, so that nothing can be decided about it.
    /// `request` is the part of the head that could be read.
    pub fn refuse_unreadable_head(&self, request: &Parts, host: &impl Host) -> Decision {
        let refusal = self.guard().err().unwrap_or(Refusal::AmbiguousPath);
        self.refuse(request, refusal, host)
    }

    fn guard(&self) -> Result<&Guard, Refusal> {
        match &self.mode {
            Mode::Guarding(guard) => Ok(guard),
            Mode::Closed(error) => Err(Refusal::Auth(AuthError::Keys(error.clone()))),
        }
    }

    fn refuse(&self, request: &Parts, refusal: Refusal, host: &impl Host) -> Decision {
        self.respond(request, refusal.into_response(request), host)
    }

    fn respond(
        &self,
        request: &Parts,
        mut response: Response<String>,
        host: &impl Host,
    ) -> Decision {
        self.cors.admit(request, &mut response);
        let id = request_id(&request.headers, host);
        log_refusal(request, &response, &id, host);
        response.headers_mut().insert(X_REQUEST_ID, id);
        Decision::Respond(response)
    }

    /// Returns whether [`Self::upkeep`] has something to do.
    pub fn has_upkeep(&self, host: &impl Host) -> bool {
        matches!(&self.mode, Mode::Guarding(guard) if guard.authorizer.has_upkeep(host))
    }

    /// Fetches keys and lists that expire soon. Run it after a response, so that no request waits.
    pub async fn upkeep(&self, host: &impl Host) {
        if let Mode::Guarding(guard) = &self.mode {
            guard.authorizer.upkeep(host).await;
        }
    }
}

impl Guard {
    /// Returns the headers to add to a request that may pass.
    async fn check(
        &self,
        request: &Parts,
        host: &impl Host,
    ) -> Result<Vec<(&'static str, HeaderValue)>, Refusal> {
        let passes_preflights = self.preflight == Preflight::Pass;
        let conditions = match self.rules.access(&request.method, request.uri.path()) {
            Access::Ambiguous => return Err(Refusal::AmbiguousPath),
            Access::Public => return Ok(Vec::new()),
            Access::Token(_) if passes_preflights && cors::is_preflight(request) => {
                return Ok(Vec::new());
            }
            Access::Token(conditions) => conditions,
        };
        let token = self
            .authorizer
            .authorize(&request.headers, Requirement::AccessToken, conditions, host)
            .await
            .map_err(Refusal::Auth)?;
        Ok(self.claims.headers(&token, self.authorizer.role_claim()))
    }
}

impl Refusal {
    fn into_response(self, request: &Parts) -> Response<String> {
        let lang = language::preferred(&request.headers);
        match self {
            Self::Auth(error) => refusal(&error, lang),
            Self::AmbiguousPath => {
                localized_error(StatusCode::BAD_REQUEST, AMBIGUOUS, "path_ambiguous", lang)
            }
        }
    }
}

#[cfg(test)]
mod tests;
