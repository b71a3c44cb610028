//! Token Status Lists (IETF draft-ietf-oauth-status-list, sections 5.1 and 8.3): the signed list in
//! which an issuer publishes the status of its tokens.
//!
//! A list is signed with the keys of the tokens but is not a token: its `typ` is `statuslist+jwt`,
//! which [`Verifier::verify`] refuses, and no other `typ` is accepted here. The caller inflates
//! [`StatusList::compressed`], within a limit.

use crate::base64url;
use crate::claim_name::ClaimName;
use crate::header::Typ;
use crate::json::{Text, Value, read_members};
use crate::refusal::Refusal;
use crate::rejected::RejectedToken;
use crate::segments::Segments;
use crate::time::UnixTime;
use crate::verifier::Verifier;
use alloc::vec::Vec;

/// Longest status list that is accepted, in bytes of its token.
pub const MAX_STATUS_LIST_BYTES: usize = 1_048_576;

/// A list that passed every check; the only way to its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    segments: Segments,
    contents: Contents,
}

/// The claims of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Contents {
    bits: u8,
    compressed: Vec<u8>,
    issued_at: UnixTime,
    expires_at: Option<UnixTime>,
    ttl_seconds: Option<u64>,
}

impl StatusList {
    /// Returns the bits of one status: 1, 2, 4 or 8. The first status is in the lowest bits of the
    /// first byte.
    #[must_use]
    pub const fn bits(&self) -> u8 {
        self.contents.bits
    }

    /// Returns the compressed list (zlib, RFC 1950). The issuer determines its inflated size:
    /// inflate with a limit.
    #[must_use]
    pub fn compressed(&self) -> &[u8] {
        &self.contents.compressed
    }

    /// Returns the claim `iat`, rounded up to whole nanoseconds.
    #[must_use]
    pub const fn issued_at(&self) -> UnixTime {
        self.contents.issued_at
    }

    /// Returns the claim `exp`, rounded up to whole nanoseconds.
    #[must_use]
    pub const fn expires_at(&self) -> Option<UnixTime> {
        self.contents.expires_at
    }

    /// Returns the claim `ttl`: how long a copy may be cached, in whole seconds, rounded down.
    #[must_use]
    pub const fn ttl_seconds(&self) -> Option<u64> {
        self.contents.ttl_seconds
    }

    /// Returns the decoded segments.
    #[must_use]
    pub fn into_segments(self) -> Segments {
        self.segments
    }
}

impl Verifier {
    /// Verifies the status list of the address `uri` at the instant `now`.
    ///
    /// Shape, header, key and signature are checked as for a token, except that the limit is
    /// [`MAX_STATUS_LIST_BYTES`] and `typ` must be `statuslist+jwt`. `sub` must equal `uri`, `iat`
    /// must be present, and `iat`, `exp` and `nbf` must hold under the policy's leeways. `iss` is
    /// compared when both the policy and the list have one. A list without `aud` is for everyone;
    /// one with `aud` is for the audiences of the policy (section 5.1). The rest of the policy does
    /// not apply.
    ///
    /// # Errors
    /// The first broken rule. A `sub` of another list is [`Refusal::ClaimInvalid`].
    pub fn verify_status_list(
        &self,
        token: impl AsRef<[u8]>,
        uri: &str,
        now: UnixTime,
    ) -> Result<StatusList, RejectedToken> {
        let (segments, signing_input) = Segments::decode(token.as_ref(), MAX_STATUS_LIST_BYTES)?;
        match self.check_status_list(&segments, signing_input, uri, now) {
            Ok(contents) => Ok(StatusList { segments, contents }),
            Err(refusal) => Err(RejectedToken::new(refusal, segments)),
        }
    }

    fn check_status_list(
        &self,
        segments: &Segments,
        signing_input: &[u8],
        uri: &str,
        now: UnixTime,
    ) -> Result<Contents, Refusal> {
        let claims = self.authenticate(segments, signing_input, Typ::StatusList)?;
        let policy = self.policy();
        let expires_at = policy.check_expiry(&claims, now)?;
        let issued_at = policy.check_begun(&claims, now)?;
        let issued_at = issued_at.ok_or(Refusal::ClaimMissing(ClaimName::IssuedAt))?;
        if claims.get(ClaimName::Issuer).is_some() {
            policy.check_issuer(&claims)?;
        }
        if claims.get(ClaimName::Audience).is_some() {
            policy.check_audience(&claims)?;
        }
        if !claims.require(ClaimName::Subject)?.is_text(uri.as_bytes()) {
            return Err(Refusal::ClaimInvalid(ClaimName::Subject));
        }
        let ttl_seconds = match claims.get(ClaimName::TimeToLive) {
            None => None,
            Some(ttl) => {
                let invalid = Refusal::ClaimInvalid(ClaimName::TimeToLive);
                Some(whole_seconds(ttl).ok_or(invalid)?)
            }
        };
        let list = claims.require(ClaimName::StatusList)?;
        let (bits, compressed) =
            read_list(list).ok_or(Refusal::ClaimInvalid(ClaimName::StatusList))?;
        Ok(Contents { bits, compressed, issued_at, expires_at, ttl_seconds })
    }
}

/// Returns a number of seconds, rounded down, unless the result is zero. The draft requires a
/// positive number, not an integer (section 5.1).
fn whole_seconds(value: Value<'_>) -> Option<u64> {
    value.number()?.as_numeric_date().map(UnixTime::as_secs).filter(|seconds| *seconds > 0)
}

/// Returns the members `bits` and `lst` (section 4.2).
fn read_list(list: Value<'_>) -> Option<(u8, Vec<u8>)> {
    let [bits, lst] = read_members(list.raw(), &["bits", "lst"]).ok()?;
    let bits = match bits?.number()?.as_u64()? {
        bits @ (1 | 2 | 4 | 8) => bits as u8,
        _ => return None,
    };
    let mut compressed = Vec::new();
    let text: Vec<u8> = lst.and_then(Value::text).map(Text::bytes)?.collect();
    base64url::decode_into(&mut compressed, &text).ok()?;
    Some((bits, compressed))
}
