//! Token Status Lists (IETF draft-ietf-oauth-status-list, sections 5.1 and 8.3): the signed list
//! in which an issuer says which of its tokens still count.
//!
//! A list is signed by the keys of the tokens, and is none: its `typ` is `statuslist+jwt`, which
//! [`Verifier::verify`] refuses, and no other `typ` is accepted here. What is left to the caller
//! is to inflate [`StatusList::compressed`] within a limit.

use crate::base64url;
use crate::claims::{ClaimName, Claims, invalid, missing};
use crate::code::Code;
use crate::fault::Fault;
use crate::header::{self, Typ};
use crate::json::{Text, Value, read_members};
use crate::refusal::{Asked, Refusal};
use crate::shape::Segments;
use crate::time::UnixTime;
use crate::verifier::Verifier;
use alloc::vec::Vec;

/// Longest status list that is looked at, in bytes of its token.
pub const MAX_STATUS_LIST_BYTES: usize = 1_048_576;

/// A list that passed every check; the only way to what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    bits: u8,
    compressed: Vec<u8>,
    issued_at: UnixTime,
    expires_at: Option<UnixTime>,
    ttl_seconds: Option<u64>,
}

impl StatusList {
    /// Bits of one status: 1, 2, 4 or 8. The first status is in the lowest bits of the first byte.
    #[must_use]
    pub const fn bits(&self) -> u8 {
        self.bits
    }

    /// The list, compressed (zlib, RFC 1950). Its size when inflated is whatever the issuer says:
    /// inflate with a limit.
    #[must_use]
    pub fn compressed(&self) -> &[u8] {
        &self.compressed
    }

    /// The claim `iat`, rounded up to whole nanoseconds.
    #[must_use]
    pub const fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// The claim `exp`, when it is there, rounded up to whole nanoseconds.
    #[must_use]
    pub const fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// The claim `ttl`, when it is there: whole seconds for which a copy may be kept, rounded down.
    #[must_use]
    pub const fn ttl_seconds(&self) -> Option<u64> {
        self.ttl_seconds
    }
}

impl Verifier {
    /// Decides whether a text is the status list of the address `uri` at the instant `now`.
    ///
    /// Size, shape, header, key and signature are checked as those of a token are, but for the
    /// limit, which is [`MAX_STATUS_LIST_BYTES`], and `typ`, which must be `statuslist+jwt`. Then
    /// `sub` must be `uri`, `iat` must be there, and it, `exp` and `nbf` must hold under the
    /// policy's leeways. `iss` is compared when the policy and the list both have one. No other
    /// part of the policy is for lists.
    ///
    /// # Errors
    /// The first rule that is broken. A `sub` that names another list is [`Refusal::ClaimInvalid`].
    pub fn verify_status_list(
        &self,
        token: impl AsRef<[u8]>,
        uri: &str,
        now: UnixTime,
    ) -> Result<StatusList, Refusal> {
        let mut segments = Segments::default();
        self.verify_status_list_in(&mut segments, token.as_ref(), uri, now).map_err(|fault| {
            let (segments, policy) = (&segments, self.policy());
            Refusal::new(fault, &Asked { segments, policy, limit: MAX_STATUS_LIST_BYTES, now })
        })
    }
}

impl<Name: AsRef<[u8]>> Verifier<Name> {
    /// As [`Verifier::verify_status_list`], in memory that the caller keeps, and with a refusal of
    /// eight bytes: what [`Self::verify_in`] is to [`Self::verify`].
    ///
    /// # Errors
    /// As [`Verifier::verify_status_list`]; `segments` then holds whatever was decoded, and none
    /// of it may be trusted.
    // Compiled by its callers only: one caller more keeps what tokens need too from being inlined,
    // in builds without lists as well.
    #[inline]
    pub fn verify_status_list_in(
        &self,
        segments: &mut Segments,
        token: &[u8],
        uri: impl AsRef<[u8]>,
        now: UnixTime,
    ) -> Result<StatusList, Fault> {
        let signing_input = segments.read(token, MAX_STATUS_LIST_BYTES)?;
        let kid = header::read(segments.header(), Typ::StatusList)?;
        let key = self.keys().select(kid)?;
        if !key.verifies(signing_input, segments.signature()) {
            return Err(Fault::of(Code::SignatureInvalid));
        }
        let claims = Claims::read(segments.payload())?;
        let expires_at = claims.date(ClaimName::ExpiresAt)?;
        if let Some(expires_at) = expires_at {
            self.policy().check_expiry(expires_at, now)?;
        }
        self.policy().check_begun(&claims, now)?;
        let issued_at = claims.date(ClaimName::IssuedAt)?.ok_or(missing(ClaimName::IssuedAt))?;
        if claims.get(ClaimName::Issuer).is_some() {
            self.policy().check_issuer(&claims)?;
        }
        let subject = claims.get(ClaimName::Subject).ok_or(missing(ClaimName::Subject))?;
        if !subject.is_text(uri.as_ref()) {
            return Err(invalid(ClaimName::Subject));
        }
        let ttl_seconds = match claims.get(ClaimName::TimeToLive) {
            None => None,
            Some(ttl) => Some(whole_seconds(ttl).ok_or(invalid(ClaimName::TimeToLive))?),
        };
        let list = claims.get(ClaimName::StatusList).ok_or(missing(ClaimName::StatusList))?;
        let (bits, compressed) = read_list(list).ok_or(invalid(ClaimName::StatusList))?;
        Ok(StatusList { bits, compressed, issued_at, expires_at, ttl_seconds })
    }
}

/// A number of seconds, rounded down, that is then not zero. The draft wants a positive number,
/// not a whole one (section 5.1).
fn whole_seconds(value: Value<'_>) -> Option<u64> {
    value.number()?.as_numeric_date().map(UnixTime::as_secs).filter(|seconds| *seconds > 0)
}

/// The members `bits` and `lst` (section 4.2).
fn read_list(list: Value<'_>) -> Option<(u8, Vec<u8>)> {
    let mut members = [None; 2];
    read_members(list.raw(), &["bits", "lst"], &mut members).ok()?;
    let [bits, lst] = members;
    let bits = match bits?.number()?.as_u64()? {
        bits @ (1 | 2 | 4 | 8) => bits as u8,
        _ => return None,
    };
    let mut compressed = Vec::new();
    let text: Vec<u8> = lst.and_then(Value::text).map(Text::bytes)?.collect();
    base64url::decode_into(&mut compressed, &text).ok()?;
    Some((bits, compressed))
}
