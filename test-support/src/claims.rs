//! Headers and claims, as the issuer writes them.

use serde_json::{Value, json};

use crate::encoding::b64;

/// The instant of tests with a fixed clock, in Unix seconds.
pub const NOW: u64 = 1_730_277_600;

/// Returns the header of a token whose key has no `kid`.
pub fn header() -> Value {
    json!({"alg": "RS256", "typ": "JWT"})
}

/// Returns the claims of an access token that was issued at this time, in Unix seconds.
pub fn access_claims(now: u64) -> Value {
    json!({
        "token_type": "access", "iat": now, "exp": now + 7200,
        "jti": "0123456789abcdef0123456789abcdef", "user_id": 1, "username": "testuser",
        "email": "test@example.com", "role": "instructor", "premium": true,
    })
}

/// Returns the claims of an access token issued at [`NOW`], with these changes, as [`with`] makes
/// them.
pub fn claims_with(changes: Value) -> Value {
    with(access_claims(NOW), &changes)
}

/// Returns the claims of a status list (draft-ietf-oauth-status-list, section 5.1); `compressed` is
/// its content in zlib.
pub fn status_list_claims(uri: &str, now: u64, bits: u8, compressed: &[u8]) -> Value {
    json!({
        "sub": uri, "iat": now, "exp": now + 3600, "ttl": 60,
        "status_list": {"bits": bits, "lst": b64(compressed)},
    })
}

/// Returns claims with some added, replaced, or, with `null`, removed.
pub fn with(mut claims: Value, changes: &Value) -> Value {
    let members = claims.as_object_mut().expect("claims are an object");
    for (name, value) in changes.as_object().expect("changes are an object") {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    claims
}
