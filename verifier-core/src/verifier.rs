//! The verification pipeline: from the compact serialization to verified claims.

use crate::claims::Claims;
use crate::header::{self, Typ};
use crate::keys::KeySet;
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::rejected::RejectedToken;
use crate::segments::{MAX_TOKEN_BYTES, Segments};
use crate::time::UnixTime;
use crate::verified::VerifiedToken;

/// Verifies tokens with one key set under one policy.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: KeySet,
    policy: Policy,
}

impl Verifier {
    /// Creates a verifier that trusts these keys under this policy.
    #[must_use]
    pub const fn new(keys: KeySet, policy: Policy) -> Self {
        Self { keys, policy }
    }

    /// Returns the trusted keys.
    #[must_use]
    pub const fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// Returns the policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Verifies a token at the instant `now`.
    ///
    /// The verdict depends only on the token, the keys, the policy and `now`. Only a token that
    /// passes every check yields its claims.
    ///
    /// # Errors
    /// The first broken rule, in the order of the stages: shape, header, key, signature, claims.
    pub fn verify(
        &self,
        token: impl AsRef<[u8]>,
        now: UnixTime,
    ) -> Result<VerifiedToken, RejectedToken> {
        let (segments, signing_input) = Segments::decode(token.as_ref(), MAX_TOKEN_BYTES)?;
        match self.check(&segments, signing_input, now) {
            Ok(()) => Ok(VerifiedToken::new(segments)),
            Err(refusal) => {
                Err(RejectedToken::new(refusal, segments).with_required_claim(&self.policy))
            }
        }
    }

    fn check(
        &self,
        segments: &Segments,
        signing_input: &[u8],
        now: UnixTime,
    ) -> Result<(), Refusal> {
        let typ = if self.policy.options().require_at_jwt { Typ::AtJwt } else { Typ::Jwt };
        let claims = self.authenticate(segments, signing_input, typ)?;
        self.policy.check(&claims, now)
    }

    /// Checks header, key and signature, and reads the payload.
    ///
    /// # Errors
    /// The first broken rule.
    pub(crate) fn authenticate<'s>(
        &self,
        segments: &'s Segments,
        signing_input: &[u8],
        typ: Typ,
    ) -> Result<Claims<'s>, Refusal> {
        let kid = header::check(segments.header(), typ)?;
        let key = self.keys.select(kid)?;
        if !key.verifies(signing_input, segments.signature()) {
            return Err(Refusal::Signature);
        }
        Claims::read(segments.payload())
    }

    /// Verifies a token **without checking its signature**, for the fuzz target of the claims.
    ///
    /// # Errors
    /// As [`Self::verify`], except those of key and signature.
    #[cfg(feature = "fuzzing")]
    #[doc(hidden)]
    pub fn verify_all_but_the_signature(
        &self,
        token: impl AsRef<[u8]>,
        now: UnixTime,
    ) -> Result<VerifiedToken, RejectedToken> {
        let (segments, _) = Segments::decode(token.as_ref(), MAX_TOKEN_BYTES)?;
        let check = || {
            header::check(segments.header(), Typ::Jwt)?;
            self.policy.check(&Claims::read(segments.payload())?, now)
        };
        match check() {
            Ok(()) => Ok(VerifiedToken::new(segments)),
            Err(refusal) => Err(RejectedToken::new(refusal, segments)),
        }
    }
}
