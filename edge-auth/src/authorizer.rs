//! The path of a request to a verified token: credentials, verdict, revocation, role, access rules.

use http::HeaderMap;
use verifier_core::VerifiedToken;

use crate::credentials::bearer_token;
use crate::error::{AuthError, SettingError};
use crate::host::Host;
use crate::keys::Keys;
use crate::revocation::Revocation;
use crate::rules::{Condition, has_role};
use crate::settings::AuthSettings;
use crate::status::{KeyStatus, RevocationStatus};

/// What a request must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// A verified access token that is not revoked.
    AccessToken,
    /// An access token whose claim `role` is this string.
    Role(&'static str),
    /// An access token. This role, though not required, gives access to more: its holder is refused
    /// while the source of revocations is unavailable.
    AccessTokenOrElevated(&'static str),
}

/// Decides whether requests are authorized. One instance of it serves all requests of a component.
pub struct Authorizer {
    keys: Keys,
    revocation: Revocation,
}

impl Authorizer {
    /// Prepares to authorize requests. Does no I/O. A `public_key` that cannot be used refuses
    /// every token, see [`Self::setting_problem`].
    #[must_use]
    pub fn new(settings: AuthSettings) -> Self {
        let AuthSettings { keys, policy, revocation, .. } = settings;
        Self { keys: Keys::new(keys, policy), revocation: Revocation::new(revocation) }
    }

    /// Refuses every token because of an invalid setting.
    #[must_use]
    pub fn misconfigured(error: SettingError) -> Self {
        Self { keys: Keys::misconfigured(error), revocation: Revocation::default() }
    }

    /// Returns the verified token of a request that shows what is required.
    ///
    /// # Errors
    /// [`AuthError`], in the order of the checks: credentials, verdict, revocation, role,
    /// `conditions`.
    pub async fn authorize<'c>(
        &self,
        headers: &HeaderMap,
        requirement: Requirement,
        conditions: impl IntoIterator<Item = &'c Condition>,
        host: &impl Host,
    ) -> Result<VerifiedToken, AuthError> {
        let mut conditions = conditions.into_iter().peekable();
        let token = self.keys.verify(&bearer_token(headers)?, host).await?;
        let role_matters = match requirement {
            Requirement::AccessToken => false,
            Requirement::Role(_) => true,
            Requirement::AccessTokenOrElevated(role) => has_role(&token, role),
        };
        let strict = role_matters || conditions.peek().is_some();
        self.revocation.check(&token, strict, &self.keys, host).await?;
        if let Requirement::Role(role) = requirement
            && !has_role(&token, role)
        {
            return Err(AuthError::RoleMissing);
        }
        conditions.try_for_each(|condition| condition.check(&token))?;
        Ok(token)
    }

    /// Returns what keeps every token from being verified until the operator changes a variable.
    #[must_use]
    pub fn setting_problem(&self) -> Option<String> {
        self.keys.setting_problem()
    }

    /// Returns whether [`Self::upkeep`] has something to do.
    pub fn has_upkeep(&self, host: &impl Host) -> bool {
        self.keys.is_due(host) || self.revocation.is_due(host)
    }

    /// Fetches keys and status lists that expire soon. Run it after a response, so that no request
    /// waits.
    pub async fn upkeep(&self, host: &impl Host) {
        self.keys.refresh(host).await;
        self.revocation.refresh(&self.keys, host).await;
    }

    /// Returns the state of the keys, for a health response. Fetches nothing.
    pub async fn key_status(&self, host: &impl Host) -> KeyStatus {
        self.keys.status(host).await
    }

    /// Returns the state of revocation, for a health response. Fetches nothing.
    pub async fn revocation_status(&self, host: &impl Host) -> RevocationStatus {
        self.revocation.status(host).await
    }
}
