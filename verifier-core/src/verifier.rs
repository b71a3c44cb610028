//! The way of a token, from its text to its claims.

use crate::claims::Claims;
use crate::explain::Check;
use crate::header::Header;
use crate::keys::KeySet;
use crate::policy::Policy;
use crate::refusal::{Quote, Refusal};
use crate::shape::{MAX_TOKEN_BYTES, Segments};
use crate::time::UnixTime;
use crate::verified::VerifiedToken;

/// Decides whether tokens are good: keys and policy, fixed once.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: KeySet,
    policy: Policy,
}

impl Verifier {
    /// A verifier that trusts these keys under this policy.
    #[must_use]
    pub const fn new(keys: KeySet, policy: Policy) -> Self {
        Self { keys, policy }
    }

    /// The keys it trusts.
    #[must_use]
    pub const fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// The policy it applies.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Decides whether a token is good at the instant `now`.
    ///
    /// A pure function of token, keys, policy and `now`. Only a token that passed every check yields its claims.
    ///
    /// # Errors
    /// The first rule that is broken, in this order: size and shape, header, key, signature, claims.
    pub fn verify(&self, token: impl AsRef<[u8]>, now: UnixTime) -> Result<VerifiedToken, Refusal> {
        let mut segments = Segments::default();
        let expires_at = self.decide(token.as_ref(), now, &mut segments, &mut |_| {})?;
        VerifiedToken::new(segments, expires_at)
    }

    /// As [`Self::verify`], in memory that the caller keeps, with a refusal that quotes no text: for callers that have
    /// little room, or that make sentences elsewhere. The answer of a good token is the instant it expires at; its
    /// header and payload are in `segments`.
    ///
    /// # Errors
    /// As [`Self::verify`]; `segments` then holds whatever was decoded, and none of it may be trusted.
    pub fn verify_in(&self, segments: &mut Segments, token: &[u8], now: UnixTime) -> Result<UnixTime, Refusal<()>> {
        self.decide(token, now, segments, &mut |_| {})
    }

    /// The way of a token. `passed` hears of every check that was passed, which is all that explaining adds.
    pub(crate) fn decide<Q: Quote>(
        &self,
        token: &[u8],
        now: UnixTime,
        segments: &mut Segments,
        passed: &mut impl FnMut(Check),
    ) -> Result<UnixTime, Refusal<Q>> {
        let signing_input = segments.read(token, MAX_TOKEN_BYTES)?;
        passed(Check::Shape);
        let header = Header::read(&segments.header, self.policy.require_at_jwt)?;
        passed(Check::Header);
        let key = self.keys.select(header.kid)?;
        passed(Check::Key);
        if !key.verifies(signing_input, &segments.signature) {
            return Err(Refusal::Signature);
        }
        passed(Check::Signature);
        let claims = Claims::read(&segments.payload)?;
        passed(Check::Payload);
        self.policy.check(&claims, now, passed)
    }
}
