//! Token Status Lists (IETF draft-ietf-oauth-status-list, sections 5.1 and 8.3): the signed list in which an issuer says which
//! of its tokens still count.
//!
//! A list is signed by the keys of the tokens, and is none: its `typ` is `statuslist+jwt`, which [`Verifier::verify`] refuses,
//! and no other `typ` is accepted here. What is left to the caller is to inflate [`StatusList::compressed`] within a limit.

use crate::base64url;
use crate::claims::numeric_date;
use crate::header::{Header, found};
use crate::json::{Value, read_members};
use crate::refusal::{Quote, Refusal, Segment};
use crate::shape::Segments;
use crate::time::UnixTime;
use crate::verifier::Verifier;
use alloc::vec::Vec;

/// Longest status list that is looked at, in bytes of its token.
pub const MAX_STATUS_LIST_BYTES: usize = 1_048_576;

/// The header's `typ`, to the letter.
const TYP: &str = "statuslist+jwt";

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

    /// The list, compressed (zlib, RFC 1950). Its size when inflated is whatever the issuer says: inflate with a limit.
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

    /// The claim `ttl`, when it is there: seconds for which a copy may be kept.
    #[must_use]
    pub const fn ttl_seconds(&self) -> Option<u64> {
        self.ttl_seconds
    }
}

impl Verifier {
    /// Decides whether a text is the status list of the address `uri` at the instant `now`.
    ///
    /// Size, shape, header, key and signature are checked as those of a token are, but for the limit, which is
    /// [`MAX_STATUS_LIST_BYTES`], and `typ`, which must be `statuslist+jwt`. Then `sub` must be `uri`, `iat` must be there, and it, `exp` and
    /// `nbf` must hold under the policy's leeway. `iss` is compared when the policy and the list both have one. No other part of the policy is for lists.
    ///
    /// # Errors
    /// The first rule that is broken. A `sub` that names another list is [`Refusal::ClaimInvalid`].
    pub fn verify_status_list(&self, token: impl AsRef<[u8]>, uri: &str, now: UnixTime) -> Result<StatusList, Refusal> {
        self.decide_status_list(&mut Segments::default(), token.as_ref(), uri, now)
    }

    /// As [`Self::verify_status_list`], in memory that the caller keeps, with a refusal that quotes no text: what
    /// [`Self::verify_in`] is to [`Self::verify`].
    ///
    /// # Errors
    /// As [`Self::verify_status_list`]; `segments` then holds whatever was decoded, and none of it may be trusted.
    // Compiled by its callers only: one caller more keeps what tokens need too from being inlined, in builds without lists as well.
    #[inline]
    pub fn verify_status_list_in(
        &self,
        segments: &mut Segments,
        token: &[u8],
        uri: &str,
        now: UnixTime,
    ) -> Result<StatusList, Refusal<()>> {
        self.decide_status_list(segments, token, uri, now)
    }

    fn decide_status_list<Q: Quote>(
        &self,
        segments: &mut Segments,
        token: &[u8],
        uri: &str,
        now: UnixTime,
    ) -> Result<StatusList, Refusal<Q>> {
        let signing_input = segments.read(token, MAX_STATUS_LIST_BYTES)?;
        let header = Header::read_with(&segments.header, |typ| match typ {
            Some(Value::Text(typ)) if typ.is(TYP) => Ok(()),
            other => Err(Refusal::Typ(found(other))),
        })?;
        let key = self.keys().select(header.kid)?;
        if !key.verifies(signing_input, &segments.signature) {
            return Err(Refusal::Signature);
        }
        let claims = Claims::read(&segments.payload)?;
        let policy = self.policy();
        let expires_at = claims.expires_at.map(|exp| policy.check_expiry(Some(exp), now)).transpose()?;
        policy.check_not_before(claims.not_before, now)?;
        let issued_at = numeric_date("iat", claims.issued_at)?.ok_or(Refusal::ClaimMissing("iat"))?;
        policy.check_issued_at(claims.issued_at, now)?;
        if claims.issuer.is_some() {
            policy.check_issuer(claims.issuer)?;
        }
        match claims.subject {
            Some(Value::Text(subject)) if subject.is(uri) => {}
            Some(_) => return Err(Refusal::ClaimInvalid("sub")),
            None => return Err(Refusal::ClaimMissing("sub")),
        }
        let ttl_seconds = match claims.ttl {
            None => None,
            Some(Value::Number(ttl)) => Some(ttl.as_u64().filter(|ttl| *ttl > 0).ok_or(Refusal::ClaimInvalid("ttl"))?),
            Some(_) => return Err(Refusal::ClaimInvalid("ttl")),
        };
        let (bits, compressed) = read_list(claims.list)?;
        Ok(StatusList { bits, compressed, issued_at, expires_at, ttl_seconds })
    }
}

/// The claims of a list.
struct Claims<'a> {
    subject: Option<Value<'a>>,
    issuer: Option<Value<'a>>,
    issued_at: Option<Value<'a>>,
    not_before: Option<Value<'a>>,
    expires_at: Option<Value<'a>>,
    ttl: Option<Value<'a>>,
    list: Option<Value<'a>>,
}

impl<'a> Claims<'a> {
    fn read<Q: Quote>(payload: &'a [u8]) -> Result<Self, Refusal<Q>> {
        let names = ["sub", "iss", "iat", "nbf", "exp", "ttl", "status_list"];
        let [subject, issuer, issued_at, not_before, expires_at, ttl, list] =
            read_members(payload, names).map_err(|fault| Refusal::json(Segment::Payload, fault))?;
        Ok(Self { subject, issuer, issued_at, not_before, expires_at, ttl, list })
    }
}

/// The members `bits` and `lst` (section 4.2).
fn read_list<Q: Quote>(list: Option<Value<'_>>) -> Result<(u8, Vec<u8>), Refusal<Q>> {
    let invalid = || Refusal::ClaimInvalid("status_list");
    let text = match list {
        None => return Err(Refusal::ClaimMissing("status_list")),
        Some(Value::Object(text)) => text,
        Some(_) => return Err(invalid()),
    };
    match read_members(text.as_bytes(), ["bits", "lst"]) {
        Ok([Some(Value::Number(bits)), Some(Value::Text(lst))]) => {
            let lst = base64url::decode(lst.to_str().as_bytes()).map_err(|_| invalid())?;
            match bits.as_u64() {
                Some(bits @ (1 | 2 | 4 | 8)) => Ok((bits as u8, lst)),
                _ => Err(invalid()),
            }
        }
        _ => Err(invalid()),
    }
}
