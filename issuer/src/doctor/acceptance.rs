//! Why the edge refuses a valid token.

use verifier_core::Code;

use super::client::Response;
use super::finding::Finding;
use super::token_values::TokenValues;

const CHECK: &str = "edge_token";
/// The remedy for another key.
pub(super) const SAME_KEY: &str =
    "give it `public.pem` of the issuer (GET /public.pem), or let it fetch /.well-known/jwks.json";
const CLOCK: &str =
    "synchronize the clocks of issuer and edge by NTP; see the findings on the clocks";

/// Reports whether the edge accepts a valid token, by its response.
pub(super) fn acceptance(path: &str, whose: &str, token: &str, response: &Response) -> Finding {
    if (200..300).contains(&response.status) {
        return Finding::ok(CHECK, format!("the edge accepts {whose}"));
    }
    refusal(CHECK, path, whose, token, response)
}

/// Reports why the edge refuses a valid token, by its response.
pub(super) fn refusal(
    check: &'static str,
    path: &str,
    whose: &str,
    token: &str,
    response: &Response,
) -> Finding {
    let refusal = format!("the edge refuses {whose} at {path}: {}", response.summary());
    let code = response.text("code").unwrap_or_default();
    let values = TokenValues::read(token);
    match values.and_then(|values| mismatch(&code, &values, response)) {
        Some((reason, advice)) => Finding::problem(check, format!("{refusal}: {reason}"), advice),
        None => Finding::problem(check, refusal, advice(&code, response)),
    }
}

/// Returns how a token differs from what the edge requires, and what to do.
fn mismatch(code: &str, token: &TokenValues, response: &Response) -> Option<(String, String)> {
    let is = |known: Code| known.as_str() == code;
    if is(Code::TypNotAllowed) {
        return Some(typ(token));
    }
    for (known, claim, setting, option) in [
        (Code::IssuerMismatch, "iss", "issuer", "--public-url"),
        (Code::AudienceMismatch, "aud", "audience", "--audience"),
    ] {
        if is(known) {
            return Some(claim_mismatch(token, claim, setting, option));
        }
    }
    for (known, claim, is_ahead) in [
        (Code::TokenIssuedInFuture, "iat", false),
        (Code::TokenNotYetValid, "nbf", false),
        (Code::TokenExpired, "exp", true),
    ] {
        if is(known) {
            let time = token.time(claim)?;
            // The edge's clock when it refused the token.
            let ahead = response.date()?.timestamp() - time;
            let reason = if is_ahead {
                format!("its clock is {ahead} s after the `{claim}` of the token")
            } else {
                format!("its clock is {} s before the `{claim}` of the token", -ahead)
            };
            return Some((reason, CLOCK.to_owned()));
        }
    }
    None
}

fn typ(token: &TokenValues) -> (String, String) {
    let actual = token.show_typ();
    if token.typ().is_some_and(|typ| typ.eq_ignore_ascii_case("at+jwt")) {
        let advice = "start the issuer without --at-jwt, or update the verifier of the edge";
        return (format!("it does not accept {actual}"), advice.to_owned());
    }
    (
        format!("it requires the `typ` \"at+jwt\", and the token has {actual}"),
        "start the issuer with --at-jwt (ISSUER_AT_JWT) and pass it here, or unset the edge's \
         setting `require_at_jwt`"
            .to_owned(),
    )
}

fn claim_mismatch(
    token: &TokenValues,
    claim: &str,
    setting: &str,
    option: &str,
) -> (String, String) {
    let actual = token.show(claim);
    match token.claim(claim) {
        Some(value) => {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let value: String = value.chars().take(200).collect();
            (
                format!("the token has {actual}, which its setting `{setting}` does not name"),
                format!("set the edge's `{setting}` to {value}, or change the issuer's {option}"),
            )
        }
        None => (
            format!("its setting `{setting}` requires a value, and the token has {actual}"),
            format!(
                "start the issuer with the {option} that the edge's `{setting}` names, and pass it \
                 here; or unset it at the edge"
            ),
        ),
    }
}

fn advice(code: &str, response: &Response) -> &'static str {
    let is = |codes: &[Code]| codes.iter().any(|known| known.as_str() == code);
    if response.status == 404 || response.status == 405 {
        "name a path that an access token opens with --edge-path"
    } else if response.status == 403 {
        "the token is valid, but the path requires more: name another one with --edge-path"
    } else if is(&[Code::SignatureInvalid, Code::KeyNotFound, Code::KidMissing]) {
        SAME_KEY
    } else if is(&[Code::AlgNotAllowed]) {
        "both sides must use RS256"
    } else if is(&[Code::TokenExpired, Code::TokenNotYetValid, Code::TokenIssuedInFuture]) {
        CLOCK
    } else if is(&[Code::ClaimMissing]) {
        "the edge requires claims that the token lacks: check its settings required_claims and \
         revocation; --username tries a token of a login, which has a user and a session"
    } else if response.status >= 500 {
        "see the finding on the edge, and its log"
    } else if response
        .text("detail")
        .is_some_and(|detail| detail.contains("만료") || detail.contains("expired"))
    {
        CLOCK
    } else {
        "compare its public key with the issuer's, and its algorithm with RS256; --edge-keys \
         compares the keys"
    }
}
