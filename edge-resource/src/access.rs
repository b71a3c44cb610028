//! Who may pass.

use http::StatusCode;
use http::request::Parts;
use verifier_core::{Code, Lang, VerifiedToken};

use crate::credentials::{NoToken, bearer_token};
use crate::host::Host;
use crate::keys::{Denied, Keys};
use crate::language;
use crate::response::{self, Response};
use crate::revocation::Revocation;
use crate::routes::{Requirement, Route};
use crate::rules::AccessRules;

/// The claim that holds the user's role.
pub const ROLE: &str = "role";

/// The role that sees everything.
pub const ADMIN: &str = "admin";

/// What a request is checked with.
#[derive(Clone, Copy)]
pub struct Guards<'a> {
    /// What routes demand.
    pub rules: &'a AccessRules,
    /// Which keys are valid.
    pub keys: &'a Keys,
    /// Which tokens are revoked.
    pub revocation: &'a Revocation,
}

/// The verified token of a request that fulfils what the route and the rules demand; nothing where
/// nothing is demanded.
///
/// # Errors
/// The response that turns the request away: 401 without a good token, 403 without the role or
/// claim, 503 without keys.
pub async fn authorize(
    request: &Parts,
    route: &'static Route,
    Guards { rules, keys, revocation }: Guards<'_>,
    host: &impl Host,
) -> Result<Option<VerifiedToken>, Response> {
    let mut demands = rules.of(route).peekable();
    if route.requires == Requirement::Nothing && demands.peek().is_none() {
        return Ok(None);
    }
    let lang = language::preferred(&request.headers);
    let token = bearer_token(&request.headers).map_err(|reason| {
        response::not_authenticated(match reason {
            NoToken::Missing => "not_authenticated",
            NoToken::Ambiguous => "bad_authorization_header",
        })
    })?;
    let token = keys.verify(&token, host).await.map_err(|denied| match denied {
        Denied::Token(refusal) => response::token_refused(refusal.code(), lang),
        Denied::NoKeys(problem) => {
            let text = response::Text { ko: &problem.korean(), en: &problem.to_string() };
            response::localized_error(StatusCode::SERVICE_UNAVAILABLE, text, problem.code(), lang)
        }
    })?;
    let role_counts = matches!(route.requires, Requirement::Role(_))
        || (route.endpoint.gives_admins_more() && has_role(&token, ADMIN));
    let strict = role_counts || demands.peek().is_some();
    revocation.check(&token, strict, keys, host).await.map_err(|code| match code {
        Code::RevocationUnknown => {
            let text = response::Text { ko: code.text(Lang::Ko), en: code.text(Lang::En) };
            response::localized_error(StatusCode::SERVICE_UNAVAILABLE, text, code.as_str(), lang)
        }
        code => response::token_refused(code, lang),
    })?;
    if let Requirement::Role(role) = route.requires
        && !has_role(&token, role)
    {
        return Err(response::forbidden("role_missing", lang));
    }
    if let Some(unmet) = demands.find(|demand| !demand.is_met(&token)) {
        return Err(response::forbidden(unmet.code(), lang));
    }
    Ok(Some(token))
}

/// Whether the claim `role` is this string.
#[must_use]
pub fn has_role(token: &VerifiedToken, role: &str) -> bool {
    token.claim(ROLE).and_then(|claim| claim.as_str().map(|value| value == role)).unwrap_or(false)
}
