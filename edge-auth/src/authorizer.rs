//! Authorizes a request: credentials, verdict, revocation, role and access rules, in this order.

use http::HeaderMap;
use verifier_core::VerifiedToken;

use crate::claims::RoleClaim;
use crate::credentials::bearer_token;
use crate::error::{AuthError, KeysError, SettingError};
use crate::host::Host;
use crate::keys::Keys;
use crate::revocation::Revocation;
use crate::rules::Condition;
use crate::settings::AuthSettings;
use crate::status::{KeyStatus, RevocationStatus};

/// The credentials that a route requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// A verified access token that is not revoked.
    AccessToken,
    /// An access token with this role, see [`RoleClaim`].
    Role(&'static str),
    /// An access token. This role, though not required, gives access to more: its holder is refused
    /// while the source of revocations is unavailable.
    AccessTokenOrElevated(&'static str),
}

/// Decides whether requests are authorized. One instance of it serves all requests of a component.
pub struct Authorizer {
    keys: Keys,
    revocation: Revocation,
    role_claim: RoleClaim,
}

impl Authorizer {
    /// Prepares to authorize requests. Does no I/O. A `public_key` that cannot be used refuses
    /// every token, see [`Self::setting_problem`].
    #[must_use]
    pub fn new(settings: AuthSettings) -> Self {
        let AuthSettings { keys, policy, revocation, role_claim, .. } = settings;
        let (keys, revocation) = (Keys::new(keys, policy), Revocation::new(revocation));
        Self { keys, revocation, role_claim }
    }

    /// Refuses every token because of an invalid setting.
    #[must_use]
    pub fn misconfigured(error: SettingError) -> Self {
        Self {
            keys: Keys::misconfigured(error),
            revocation: Revocation::default(),
            role_claim: RoleClaim::default(),
        }
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
            Requirement::AccessTokenOrElevated(role) => self.has_role(&token, role),
        };
        let strict = role_matters || conditions.peek().is_some();
        self.revocation.check(&token, strict, &self.keys, host).await?;
        if let Requirement::Role(role) = requirement
            && !self.has_role(&token, role)
        {
            return Err(AuthError::RoleMissing);
        }
        conditions.try_for_each(|condition| condition.check(&token, &self.role_claim))?;
        Ok(token)
    }

    /// Returns whether a verified token has this role.
    #[must_use]
    pub fn has_role(&self, token: &VerifiedToken, role: &str) -> bool {
        self.role_claim.has(token, role)
    }

    /// Returns why no token can be verified until the operator changes a setting.
    #[must_use]
    pub const fn setting_problem(&self) -> Option<&KeysError> {
        self.keys.setting_problem()
    }

    /// Returns where verified tokens have their roles.
    #[must_use]
    pub const fn role_claim(&self) -> &RoleClaim {
        &self.role_claim
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

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;
    use serde_json::{Value, json};
    use test_support::claims::{access_claims, with};
    use test_support::signer::Signer;

    use super::*;
    use crate::rules::AccessRule;
    use crate::settings::AuthVariables;
    use crate::testing::{NOW, TestHost};

    const ADMIN: &str = "admin";

    struct Fixture {
        authorizer: Authorizer,
        rules: Vec<AccessRule>,
        signer: Signer,
        host: TestHost,
    }

    impl Fixture {
        /// Uses a Redis that passes tokens while it is down.
        fn new() -> Self {
            let signer = Signer::generated("k1");
            let variables = AuthVariables {
                public_key: signer.public_pem(),
                revocation: "redis".into(),
                redis_url: "redis://localhost:6379".into(),
                revocation_when_down: "open".into(),
                access_rules: r#"[{"path":"/","claim":"premium","value":true}]"#.into(),
                ..AuthVariables::default()
            };
            let settings = AuthSettings::parse(&variables).expect("valid");
            let rules = settings.rules.clone();
            Self { authorizer: Authorizer::new(settings), rules, signer, host: TestHost::default() }
        }

        async fn authorize(
            &self,
            changes: &Value,
            requirement: Requirement,
            rules: &[AccessRule],
        ) -> Result<(), AuthError> {
            let token = self.signer.token(&with(access_claims(NOW), changes));
            let mut headers = HeaderMap::new();
            let bearer = format!("Bearer {token}").parse().expect("a header value");
            headers.insert(AUTHORIZATION, bearer);
            let conditions = rules.iter().filter_map(AccessRule::condition);
            let authorized =
                self.authorizer.authorize(&headers, requirement, conditions, &self.host).await;
            authorized.map(drop)
        }
    }

    #[tokio::test]
    async fn the_first_failing_check_decides() {
        let fixture = Fixture::new();
        let revoked = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
        let complete = "dojang:revocations-complete";
        fixture.host.redis.replace(Some(revoked(&[complete, "dojang:revoked:gone"])));
        let rules = &fixture.rules;
        let required = Requirement::Role(ADMIN);
        for (changes, expected) in [
            (json!({"exp": 1, "jti": "gone", "premium": false}), "token_expired"),
            (json!({"jti": "gone", "premium": false}), "token_revoked"),
            (json!({"premium": false}), "role_missing"),
            (json!({"role": "admin", "premium": false}), "claim_not_granted"),
        ] {
            let error = fixture.authorize(&changes, required, rules).await.expect_err(expected);
            assert_eq!(error.code(), expected);
        }
        assert_eq!(fixture.authorize(&json!({"role": "admin"}), required, rules).await, Ok(()));
        let none = HeaderMap::new();
        let outcome = fixture.authorizer.authorize(&none, required, [], &fixture.host).await;
        assert_eq!(outcome.err(), Some(AuthError::CredentialsMissing));
    }

    #[tokio::test]
    async fn scopes_and_nested_claims_can_be_required() {
        let fixture = Fixture::new();
        fixture.host.redis.replace(Some(["dojang:revocations-complete".to_owned()].into()));
        let rules = AccessRule::parse_list(
            r#"[{"path":"/","scope":["read","write"]},
                {"path":"/","claim":["realm_access","roles"],"contains":"staff"},
                {"path":"/","claim":["tenant","id"],"value":7}]"#,
        )
        .expect("valid");
        let granted = json!({
            "scope": "read write", "realm_access": {"roles": ["staff"]}, "tenant": {"id": 7},
        });
        let missing = Err(AuthError::ScopeMissing("read write".into()));
        let ungranted = Err(AuthError::ClaimNotGranted);
        for (changes, expected) in [
            (json!({}), Ok(())),
            (json!({"scope": "read"}), missing.clone()),
            (json!({"scope": null}), missing),
            (json!({"realm_access": {"roles": "staff"}}), ungranted.clone()),
            (json!({"realm_access": {"roles": ["user"]}}), ungranted.clone()),
            (json!({"tenant": {"id": "7"}}), ungranted.clone()),
            (json!({"tenant": {"id": [7]}}), ungranted.clone()),
            (json!({"tenant": {"id": 7.0}}), ungranted),
        ] {
            let claims = with(granted.clone(), &changes);
            let outcome = fixture.authorize(&claims, Requirement::AccessToken, &rules).await;
            assert_eq!(outcome, expected, "{changes}");
        }
        let refusal = crate::response::refusal(
            &AuthError::ScopeMissing("read write".into()),
            verifier_core::Lang::En,
        );
        assert_eq!(refusal.status(), 403);
        assert_eq!(
            refusal.headers()["www-authenticate"],
            r#"Bearer error="insufficient_scope", scope="read write""#,
        );
    }

    #[tokio::test]
    async fn while_revocation_is_unknown_only_tokens_without_privileges_pass() {
        let fixture = Fixture::new();
        let (open, rules) = ([].as_slice(), fixture.rules.as_slice());
        let unknown = Err(AuthError::RevocationUnknown);
        for (role, requirement, rules, expected) in [
            ("instructor", Requirement::AccessToken, open, Ok(())),
            ("admin", Requirement::AccessToken, open, Ok(())),
            ("instructor", Requirement::AccessTokenOrElevated(ADMIN), open, Ok(())),
            ("admin", Requirement::AccessTokenOrElevated(ADMIN), open, unknown.clone()),
            ("admin", Requirement::Role(ADMIN), open, unknown.clone()),
            ("instructor", Requirement::AccessToken, rules, unknown),
        ] {
            let outcome = fixture.authorize(&json!({"role": role}), requirement, rules).await;
            assert_eq!(outcome, expected, "{role} {requirement:?}");
        }
    }
}
