//! The JSON of an error response, as sent and as the OpenAPI document describes it.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::oauth::OAuthProblem;
use crate::token::TokenRefusal;

/// The body of an error response.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Error)]
pub(in crate::http) enum ErrorBody {
    Problem(Problem),
    FieldErrors(FieldErrors),
    OAuth(OAuthProblem),
}

/// What went wrong.
#[derive(Default, Serialize, ToSchema)]
pub(in crate::http) struct Problem {
    /// In the words of REST framework and SimpleJWT.
    detail: String,
    /// For programs, like `token_not_valid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    code: Option<&'static str>,
    /// Why a token was refused, like `token_expired`: a code of the verifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    reason: Option<&'static str>,
    /// Why a token was refused, as SimpleJWT says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<TokenMessage>>, nullable = false)]
    messages: Option<[TokenMessage; 1]>,
}

/// Why a kind of token was refused.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct TokenMessage {
    #[schema(value_type = String)]
    token_class: &'static str,
    #[schema(value_type = String)]
    token_type: &'static str,
    #[schema(value_type = String)]
    message: &'static str,
}

/// What is wrong with each field; `non_field_errors`: with the body as a whole.
#[derive(Serialize, ToSchema)]
#[schema(value_type = BTreeMap<String, Vec<String>>)]
pub(in crate::http) struct FieldErrors(BTreeMap<&'static str, Vec<String>>);

impl ErrorBody {
    pub(super) fn text(detail: impl Into<String>) -> Self {
        Self::Problem(Problem { detail: detail.into(), ..Problem::default() })
    }

    pub(super) fn coded(code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::Problem(Problem { detail, code: Some(code), ..Problem::default() })
    }

    /// A refused token in a body field.
    pub(super) fn token(refusal: &TokenRefusal) -> Self {
        Self::Problem(Problem {
            detail: refusal.message.into(),
            code: Some("token_not_valid"),
            reason: Some(refusal.reason),
            messages: None,
        })
    }

    /// A refused token in the `Authorization` header.
    pub(super) fn bearer_token(refusal: &TokenRefusal) -> Self {
        Self::Problem(Problem {
            detail: "Given token not valid for any token type".into(),
            code: Some("token_not_valid"),
            reason: Some(refusal.reason),
            messages: Some([TokenMessage {
                token_class: "AccessToken",
                token_type: "access",
                message: refusal.message,
            }]),
        })
    }

    /// Invalid fields, each with its text.
    pub(super) fn fields(errors: &[(&'static str, &'static str)]) -> Self {
        let texts = errors.iter().map(|(field, text)| (*field, vec![(*text).to_owned()]));
        Self::FieldErrors(FieldErrors(texts.collect()))
    }

    /// A body that is invalid as a whole.
    pub(super) fn non_field(text: String) -> Self {
        Self::FieldErrors(FieldErrors(BTreeMap::from([("non_field_errors", vec![text])])))
    }
}
