//! `GET /protected` and `GET /admin/dashboard`.

use edge_auth::VerifiedToken;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::response::{self, Response};

/// Responds with the user of the token.
pub(crate) fn protected(token: &VerifiedToken) -> Response {
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

/// Responds to administrators.
pub(crate) fn admin_dashboard() -> Response {
    #[derive(Serialize)]
    struct Body {
        message: &'static str,
    }
    response::ok(&Body { message: "관리자 대시보드" })
}

/// Returns the claim's JSON text, digit for digit; `null` when the token has no such claim.
fn claim_as_sent(token: &VerifiedToken, name: &str) -> Box<RawValue> {
    token
        .claim(name)
        .and_then(|claim| RawValue::from_string(claim.raw().to_string()).ok())
        .unwrap_or_else(|| RawValue::NULL.to_owned())
}
