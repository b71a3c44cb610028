//! The settings of the gate, parsed from text variables.

use edge_auth::{AuthSettings, AuthVariables, KeysError, SettingError, claim_path, non_empty};
use edge_component::cors::AllowedOrigins;

use crate::access::AccessRules;
use crate::identity::IdentityClaims;

/// The beginning of every variable's name: in Spin, the gate and the component behind it share
/// their variables.
pub(crate) const PREFIX: &str = "jwt_gate_";

edge_auth::variables! {
    /// The variables of the gate itself as text.
    pub struct GateVariables {
        /// The claim for `X-Auth-User-Id`: its name, or a JSON array of the names of nested
        /// members. Not set: `user_id`, or `sub` where that is absent.
        user_id_claim = "",
        /// The claim for `X-Auth-Username`. Not set: `username`, or `preferred_username`.
        username_claim = "",
        /// Whether the component behind gets the `Authorization` header: `forward` or `remove`.
        authorization = "forward",
        /// Who answers CORS preflights: the gate (`answer`) or the component behind (`pass`).
        preflight = "answer",
        /// Comma separated origins whose pages may read the gate's own responses, or `*`.
        cors_origins = "",
    }
}

/// The variables as text, without the prefix of their names. An empty one counts as not set.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// Those of `edge-auth`.
    pub auth: AuthVariables,
    /// Those of this crate.
    pub gate: GateVariables,
}

/// What the host of the gate offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Spin: variables, a key-value store, Redis.
    Spin,
    /// WASI alone.
    Wasi,
}

impl Variables {
    /// Reads each variable by its name, which has a prefix.
    ///
    /// # Errors
    /// The first error of `get`.
    pub async fn read<E>(mut get: impl AsyncFnMut(&str) -> Result<String, E>) -> Result<Self, E> {
        let auth = AuthVariables::read(async |name| get(&full_name(name)).await).await?;
        let gate = GateVariables::read(async |name| get(&full_name(name)).await).await?;
        Ok(Self { auth, gate })
    }

    /// Returns the full name of each variable, and its default.
    pub fn declared() -> impl Iterator<Item = (String, &'static str)> {
        let all = AuthVariables::DECLARED.iter().chain(GateVariables::DECLARED);
        all.map(|(name, default)| (full_name(name), *default))
    }
}

fn full_name(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// What happens to the `Authorization` header of a request that passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Authorization {
    #[default]
    Forward,
    Remove,
}

/// Who answers CORS preflights, which carry no token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Preflight {
    #[default]
    Answer,
    Pass,
}

/// The parsed variables.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) auth: AuthSettings,
    pub(crate) rules: AccessRules,
    pub(crate) claims: IdentityClaims,
    pub(crate) authorization: Authorization,
    pub(crate) preflight: Preflight,
}

impl Settings {
    /// Parses the variables.
    ///
    /// # Errors
    /// [`KeysError::Setting`] for the first invalid one.
    pub(crate) fn parse(variables: &Variables, platform: Platform) -> Result<Self, KeysError> {
        Self::parsed(variables, platform).map_err(KeysError::Setting)
    }

    fn parsed(variables: &Variables, platform: Platform) -> Result<Self, SettingError> {
        let Variables { auth, gate } = variables;
        refuse_unused_revocation(auth)?;
        if platform == Platform::Wasi && non_empty(&auth.revocation) == Some("redis") {
            return Err(invalid("revocation", "is redis, which this build cannot reach"));
        }
        let mut settings = AuthSettings::parse(auth)?;
        let rules = AccessRules::new(std::mem::take(&mut settings.rules))
            .map_err(|reason| invalid("access_rules", reason))?;
        Ok(Self {
            auth: settings,
            rules,
            claims: IdentityClaims::new(
                claim_path("user_id_claim", &gate.user_id_claim)?,
                claim_path("username_claim", &gate.username_claim)?,
            ),
            authorization: match non_empty(&gate.authorization) {
                None | Some("forward") => Authorization::Forward,
                Some("remove") => Authorization::Remove,
                Some(_) => {
                    return Err(invalid("authorization", "is neither forward nor remove"));
                }
            },
            preflight: match non_empty(&gate.preflight) {
                None | Some("answer") => Preflight::Answer,
                Some("pass") => Preflight::Pass,
                Some(_) => return Err(invalid("preflight", "is neither answer nor pass")),
            },
        })
    }
}

/// Refuses the address of a source of revocations that is not used: tokens would stay valid after a
/// logout, though the operator has said where to look.
fn refuse_unused_revocation(variables: &AuthVariables) -> Result<(), SettingError> {
    let source = non_empty(&variables.revocation).unwrap_or("none");
    let is_unused =
        |value: &str, used: &[&str]| non_empty(value).is_some() && !used.contains(&source);
    let contradicts = |variable| {
        invalid("revocation", format!("is {source}, which contradicts that `{variable}` is set"))
    };
    if is_unused(&variables.status_list_url, &["status_list", "status_list_if_named"]) {
        return Err(contradicts("status_list_url"));
    }
    if is_unused(&variables.redis_url, &["redis"]) {
        return Err(contradicts("redis_url"));
    }
    Ok(())
}

/// Parses `cors_origins`. Not set, no page may read the gate's own responses.
///
/// # Errors
/// [`KeysError::Setting`] for an entry that is not an origin.
pub(crate) fn cors_origins(variables: &Variables) -> Result<AllowedOrigins, KeysError> {
    let origins = non_empty(&variables.gate.cors_origins).unwrap_or_default();
    AllowedOrigins::parse(origins).map_err(|origin| {
        let reason =
            format!("contains {origin:?}, which is not an origin such as https://app.example");
        KeysError::Setting(invalid("cors_origins", reason))
    })
}

fn invalid(variable: &'static str, reason: impl Into<String>) -> SettingError {
    SettingError { variable, reason: reason.into() }
}
