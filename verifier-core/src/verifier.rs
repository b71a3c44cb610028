//! The way of a token, from its text to its claims.

use crate::claims::Claims;
use crate::code::Code;
use crate::fault::Fault;
use crate::header::{self, Typ};
use crate::keys::KeySet;
use crate::policy::Policy;
use crate::refusal::{Asked, Refusal};
use crate::shape::{MAX_TOKEN_BYTES, Segments};
use crate::time::UnixTime;
use crate::verified::VerifiedToken;
use alloc::string::String;

/// Decides whether tokens are good: keys and policy, fixed once.
#[derive(Clone, Debug)]
pub struct Verifier<Name = String> {
    keys: KeySet,
    policy: Policy<Name>,
}

impl<Name: AsRef<[u8]>> Verifier<Name> {
    /// As [`Verifier::new`], with names of any type that is UTF-8.
    #[must_use]
    pub const fn with_names(keys: KeySet, policy: Policy<Name>) -> Self {
        Self { keys, policy }
    }

    /// The keys it trusts.
    #[must_use]
    pub const fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// The policy it applies.
    #[must_use]
    pub const fn policy(&self) -> &Policy<Name> {
        &self.policy
    }

    /// As [`Verifier::verify`], in memory that the caller keeps, and with a refusal of eight
    /// bytes: for callers that have little room, or that make sentences elsewhere. Header and
    /// payload of a good token are in `segments`.
    ///
    /// # Errors
    /// As [`Verifier::verify`]; `segments` then holds whatever was decoded, and none of it may be
    /// trusted.
    pub fn verify_in(
        &self,
        segments: &mut Segments,
        token: &[u8],
        now: UnixTime,
    ) -> Result<(), Fault> {
        let signing_input = segments.read(token, MAX_TOKEN_BYTES)?;
        let typ = if self.policy.require_at_jwt { Typ::AtJwt } else { Typ::Jwt };
        let kid = header::read(segments.header(), typ)?;
        let key = self.keys.select(kid)?;
        if !key.verifies(signing_input, segments.signature()) {
            return Err(Fault::of(Code::SignatureInvalid));
        }
        self.check_claims(segments, now)
    }

    /// The last stage: everything behind the signature.
    #[inline]
    fn check_claims(&self, segments: &Segments, now: UnixTime) -> Result<(), Fault> {
        let claims = Claims::read(segments.payload())?;
        self.policy.check(&claims, now)
    }
}

impl Verifier {
    /// A verifier that trusts these keys under this policy.
    #[must_use]
    pub const fn new(keys: KeySet, policy: Policy) -> Self {
        Self::with_names(keys, policy)
    }

    /// Decides whether a token is good at the instant `now`.
    ///
    /// A pure function of token, keys, policy and `now`. Only a token that passed every check
    /// yields its claims.
    ///
    /// # Errors
    /// The first rule that is broken, in this order: size and shape, header, key, signature,
    /// claims.
    pub fn verify(&self, token: impl AsRef<[u8]>, now: UnixTime) -> Result<VerifiedToken, Refusal> {
        let mut segments = Segments::default();
        match self.verify_in(&mut segments, token.as_ref(), now) {
            Ok(()) => Ok(VerifiedToken::new(segments)),
            Err(fault) => Err(self.refusal(fault, &segments, now)),
        }
    }

    /// The verdict of [`Self::verify`] on a token whose signature is good, **without looking at
    /// the signature**.
    ///
    /// # Errors
    /// As [`Self::verify`], but for those of key and signature.
    #[cfg(feature = "fuzzing")]
    #[doc(hidden)]
    pub fn verify_all_but_the_signature(
        &self,
        token: impl AsRef<[u8]>,
        now: UnixTime,
    ) -> Result<VerifiedToken, Refusal> {
        let mut segments = Segments::default();
        let mut decide = || {
            segments.read(token.as_ref(), MAX_TOKEN_BYTES)?;
            header::read(segments.header(), Typ::Jwt)?;
            self.check_claims(&segments, now)
        };
        match decide() {
            Ok(()) => Ok(VerifiedToken::new(segments)),
            Err(fault) => Err(self.refusal(fault, &segments, now)),
        }
    }

    /// What there is to tell of a fault in these segments.
    pub(crate) fn refusal(&self, fault: Fault, segments: &Segments, now: UnixTime) -> Refusal {
        Refusal::new(fault, &Asked { segments, policy: &self.policy, limit: MAX_TOKEN_BYTES, now })
    }
}
