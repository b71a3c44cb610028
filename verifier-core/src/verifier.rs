//! The way of a token, from its text to its claims.

use crate::claims::Claims;
use crate::explain::Check;
use crate::header::Header;
use crate::keys::KeySet;
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::shape::CompactJws;
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
        self.decide(token.as_ref(), now, &mut |_| {})
    }

    /// The way of a token. `passed` hears of every check that was passed, which is all that explaining adds.
    pub(crate) fn decide(
        &self,
        token: &[u8],
        now: UnixTime,
        passed: &mut impl FnMut(Check),
    ) -> Result<VerifiedToken, Refusal> {
        let jws = CompactJws::split(token)?;
        passed(Check::Shape);
        let header = Header::read(&jws.header, self.policy.require_at_jwt)?;
        passed(Check::Header);
        let key = self.keys.select(header.kid)?;
        passed(Check::Key);
        if !key.verifies(jws.signing_input, &jws.signature) {
            return Err(Refusal::Signature);
        }
        passed(Check::Signature);
        let claims = Claims::read(&jws.payload)?;
        passed(Check::Payload);
        let expires_at = self.policy.check(&claims, now, passed)?;
        VerifiedToken::new(jws, expires_at)
    }
}
