//! `GET /protected` and `GET /admin/dashboard`.

use edge_auth::{Claim, VerifiedToken};
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
    let claims = token.claims(&["user_id", "username"]);
    let claim = |index: usize| claims.get(index).copied().flatten();
    response::ok(&Body {
        message: "인증 성공!",
        user_id: as_sent(claim(0)),
        username: as_sent(claim(1)),
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
fn as_sent(claim: Option<Claim<'_>>) -> Box<RawValue> {
    claim
        .and_then(|claim| RawValue::from_string(claim.raw().to_string()).ok())
        .unwrap_or_else(|| RawValue::NULL.to_owned())
}
