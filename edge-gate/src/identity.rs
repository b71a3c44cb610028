//! The headers that name the user of the token to the component behind the gate.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge_auth::{Claim, ClaimPath, RoleClaim, VerifiedToken};
use http::HeaderValue;

const USER_ID: &str = "x-auth-user-id";
const USERNAME: &str = "x-auth-username";
const ROLE: &str = "x-auth-role";
const JTI: &str = "x-auth-jti";
const CLAIMS: &str = "x-auth-claims";

/// Returns whether a header belongs to the gate: every one that begins with `X-Auth-`. The gate
/// removes those of clients, also with an underscore or another mark in place of a hyphen, which
/// some frameworks read as the same header.
#[must_use]
pub fn is_identity_header(name: &str) -> bool {
    const FRONT: &[u8] = b"x-auth-";
    let fold = |byte: &u8| {
        if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
    };
    name.len() >= FRONT.len() && name.as_bytes().iter().zip(FRONT).all(|(n, f)| fold(n) == *f)
}

/// The claims that name the user: of each list, the first that a token has.
#[derive(Clone, Debug)]
pub(crate) struct IdentityClaims {
    user_id: Vec<ClaimPath>,
    username: Vec<ClaimPath>,
}

impl IdentityClaims {
    /// Reads these claims; for `None`, the usual ones.
    pub(crate) fn new(user_id: Option<ClaimPath>, username: Option<ClaimPath>) -> Self {
        let claims = |configured: Option<ClaimPath>, usual: [&str; 2]| match configured {
            Some(path) => vec![path],
            None => {
                usual.into_iter().filter_map(|name| ClaimPath::new(vec![name.to_owned()])).collect()
            }
        };
        Self {
            user_id: claims(user_id, ["user_id", "sub"]),
            username: claims(username, ["username", "preferred_username"]),
        }
    }

    /// Returns the headers for a token. A claim whose text a header cannot carry unchanged has
    /// none; `X-Auth-Claims` has all claims, as base64url of their JSON.
    pub(crate) fn headers(
        &self,
        token: &VerifiedToken,
        roles: &RoleClaim,
    ) -> Vec<(&'static str, HeaderValue)> {
        let users = self.user_id.iter().chain(&self.username).map(ClaimPath::claim);
        let names: Vec<&str> = users.chain([roles.path().claim(), "jti"]).collect();
        // One pass over the payload: with one for each claim, a request took 12 us more.
        let claims = token.claims(&names);
        let (user_id, rest) = claims.split_at(self.user_id.len());
        let (username, rest) = rest.split_at(self.username.len());
        let (role, jti) = (rest.first().copied().flatten(), rest.get(1).copied().flatten());
        let values = [
            (USER_ID, first(&self.user_id, user_id)),
            (USERNAME, first(&self.username, username)),
            (ROLE, role.and_then(|claim| role_list(&roles.roles_in(claim)))),
            (JTI, jti.and_then(|claim| Some(claim.as_str()?.into()))),
            (CLAIMS, Some(URL_SAFE_NO_PAD.encode(token.claims_json()))),
        ];
        values
            .into_iter()
            .filter_map(|(name, value)| Some((name, header_value(&value?)?)))
            .collect()
    }
}

/// Returns the text of the first of these claims that a token has.
fn first(paths: &[ClaimPath], claims: &[Option<Claim<'_>>]) -> Option<String> {
    let (path, claim) =
        paths.iter().zip(claims).find_map(|(path, claim)| Some((path, (*claim)?)))?;
    path.text_in(claim)
}

/// Joins roles with commas. A role that contains a comma would read as two.
fn role_list(roles: &[String]) -> Option<String> {
    let roles: Vec<&str> = roles
        .iter()
        .map(String::as_str)
        .filter(|role| !role.contains(',') && header_value(role).is_some())
        .collect();
    (!roles.is_empty()).then(|| roles.join(","))
}

/// Returns a text as a header value, unless a server would read another text: one with control
/// characters, such as line breaks, or with spaces at its ends, which HTTP removes.
fn header_value(text: &str) -> Option<HeaderValue> {
    let is_unchanged =
        !text.is_empty() && text.trim() == text && !text.contains(|c: char| c.is_control());
    is_unchanged.then(|| HeaderValue::from_bytes(text.as_bytes()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::verified;

    fn headers(claims: &Value) -> Vec<(&'static str, String)> {
        IdentityClaims::new(None, None)
            .headers(&verified(claims), &roles())
            .into_iter()
            .filter(|(name, _)| *name != CLAIMS)
            .map(|(name, value)| {
                (name, String::from_utf8(value.as_bytes().to_vec()).expect("UTF-8"))
            })
            .collect()
    }

    fn roles() -> RoleClaim {
        RoleClaim::at(path(&["roles"]))
    }

    fn path(names: &[&str]) -> ClaimPath {
        ClaimPath::new(names.iter().map(|name| (*name).to_owned()).collect()).expect("names")
    }

    #[test]
    fn every_spelling_of_the_gates_headers_is_recognized() {
        for name in [
            "x-auth-role",
            "X-Auth-Role",
            "x_auth_role",
            "X_AUTH_ROLE",
            "x-auth_role",
            "x_auth-",
            "X.Auth.Role",
            "x~auth|role",
            "x-auth-anything",
        ] {
            assert!(is_identity_header(name), "{name}");
        }
        for name in ["x-auth", "x-authority", "authorization", "x-request-id", "", "ax-auth-role"] {
            assert!(!is_identity_header(name), "{name}");
        }
    }

    #[test]
    fn the_headers_carry_the_claims_unchanged_or_not_at_all() {
        let jti = (JTI, "j1".to_owned());
        for (claims, expected) in [
            (
                json!({"user_id": 7, "username": "도장", "roles": "admin"}),
                vec![(USER_ID, "7"), (USERNAME, "도장"), (ROLE, "admin")],
            ),
            (
                json!({
                    "user_id": "9f3c",
                    "sub": "other",
                    "username": null,
                    "roles": ["a", "b,c", "d\n", 1, " e", "f"],
                }),
                vec![(USER_ID, "9f3c"), (ROLE, "a,f")],
            ),
            (
                json!({"user_id": null, "sub": "s", "preferred_username": "p"}),
                vec![(USER_ID, "s"), (USERNAME, "p")],
            ),
            (json!({"user_id": "1\r\nx-auth-role: admin", "username": " admin"}), vec![]),
            (json!({"user_id": "\u{85}", "username": "\u{a0}admin"}), vec![]),
            (json!({"user_id": 1.5, "username": ["a"]}), vec![]),
            (json!({"user_id": "", "username": true}), vec![]),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(name, value)| (name, value.to_owned()))
                .chain([jti.clone()])
                .collect();
            assert_eq!(headers(&claims), expected, "{claims}");
        }
    }

    #[test]
    fn integers_keep_their_digits_and_claims_may_be_nested() {
        let id = 12_345_678_901_234_567_890_u64;
        let token = verified(&json!({"user_id": id, "nested": {"id": id, "roles": ["a"]}}));
        for user_id in [path(&["user_id"]), path(&["nested", "id"])] {
            let roles = RoleClaim::at(path(&["nested", "roles"]));
            let headers = IdentityClaims::new(Some(user_id), None).headers(&token, &roles);
            let value = |wanted| headers.iter().find(|(name, _)| *name == wanted).map(|(_, v)| v);
            assert_eq!(value(USER_ID).expect("the header"), "12345678901234567890");
            assert_eq!(value(ROLE).expect("the header"), "a");
        }
    }

    #[test]
    fn all_claims_are_in_one_header() {
        let token = verified(&json!({"user_id": "1\r\n2"}));
        let headers = IdentityClaims::new(None, None).headers(&token, &roles());
        let (_, value) = headers.iter().find(|(name, _)| *name == CLAIMS).expect("the header");
        let claims = URL_SAFE_NO_PAD.decode(value.as_bytes()).expect("base64url");
        assert_eq!(claims, token.claims_json().as_bytes());
    }
}
