//! The form of a request that contains a token (RFC 7009 section 2.1, RFC 7662 section 2.1).

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::body::read;
use crate::http::error::{ApiError, OAuthError};

const FORM: &str = "application/x-www-form-urlencoded";

/// A form with a token. Other parameters are ignored, `token_type_hint` too: the token names its
/// type.
///
/// Rejects with 400 `invalid_request` any other body, one without `token`, and one that repeats
/// either (RFC 6749 section 3.2); with 408 and 413 like other bodies.
#[derive(ToSchema)]
pub(in crate::http) struct TokenForm {
    /// An access or refresh token.
    #[schema(value_type = String, min_length = 1)]
    pub(in crate::http) token: Zeroizing<String>,
    /// Ignored.
    #[schema(value_type = Option<String>, nullable = false)]
    #[expect(dead_code, reason = "it only describes the form")]
    token_type_hint: Option<String>,
}

impl<S: Sync> FromRequest<S> for TokenForm {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = read(&parts.headers, body).await?;
        if !bytes.is_empty() && !is_form(&parts.headers) {
            let reason = "The body must be application/x-www-form-urlencoded.";
            return Err(OAuthError::InvalidRequest(reason).into());
        }
        let (mut token, mut hint) = (None, None);
        for (name, value) in form_urlencoded::parse(&bytes) {
            let parameter = match &*name {
                "token" => &mut token,
                "token_type_hint" => &mut hint,
                _ => continue,
            };
            if parameter.replace(Zeroizing::new(value.into_owned())).is_some() {
                return Err(OAuthError::InvalidRequest("A parameter occurs twice.").into());
            }
        }
        let token = token.unwrap_or_default();
        // An empty parameter counts as a missing one (RFC 6749 section 3.2).
        if token.is_empty() {
            return Err(OAuthError::InvalidRequest("The parameter token is missing.").into());
        }
        Ok(Self { token, token_type_hint: None })
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(FORM)
}
