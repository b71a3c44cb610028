//! The settings of [`crate::Authorizer`], parsed from text variables.

use http::Uri;
use verifier_core::{
    Audience, DEFAULT_FUTURE_LEEWAY_SECONDS, MAX_LEEWAY_SECONDS, Policy, PolicyError, PolicyOptions,
};

use crate::claims::{ClaimPath, RoleClaim};
use crate::error::SettingError;
use crate::keys::{IssuerUrl, KeySource, is_http};
use crate::revocation::{AllowedAddresses, Source};
use crate::rules::AccessRule;

crate::variables! {
    /// The variables of [`AuthSettings`] as text.
    pub struct AuthVariables {
        /// The issuer's public key: PEM, JWK or JWKS text.
        public_key = "",
        /// Address of the issuer's JWKS; used when `public_key` is not set.
        jwks_url = "",
        /// The accepted `iss`: one value, or a JSON array of them. Without `public_key` and
        /// `jwks_url`, one that is an address has metadata with the address of the JWKS.
        issuer = "",
        /// What `aud` must be or contain: one value, or a JSON array of which one suffices.
        audience = "",
        /// Whether any `aud`, and none, is accepted, in place of `audience`: `true` or `false`.
        any_audience = "false",
        /// The required claim `token_type`. `none`: the issuer's tokens have no such claim, so that
        /// `issuer`, and `audience` or `any_audience`, must be set.
        token_type = "access",
        /// Claims that must be present: one name, or a JSON array of them.
        required_claims = "",
        /// Seconds by which `exp`, `nbf` and `iat` may be off.
        leeway = "0",
        /// Seconds by which `nbf` and `iat` may be ahead, where that is more than `leeway`.
        future_leeway = "5",
        /// Whether the header's `typ` must be `at+jwt`: `true` or `false`.
        require_at_jwt = "false",
        /// `none`, `redis`, `status_list` or `status_list_if_named`.
        revocation = "none",
        /// Address of the Redis server that holds revocations.
        redis_url = "redis://localhost:6379",
        /// Address of the status lists, or the beginning of their addresses.
        status_list_url = "",
        /// Behavior while the source of revocations is unavailable: `closed` or `open`.
        revocation_when_down = "closed",
        /// The claim with the roles of the user, a text or a list of texts: its name, or a JSON
        /// array of the names of nested members. Not set: `role`, a text.
        role_claim = "",
        /// JSON array of [`AccessRule`]s.
        access_rules = "",
    }
}

/// The parsed settings of an [`crate::Authorizer`].
#[derive(Clone, Debug)]
pub struct AuthSettings {
    pub(crate) keys: KeySource,
    pub(crate) policy: Policy,
    pub(crate) revocation: Source,
    pub(crate) role_claim: RoleClaim,
    /// The operator's access rules. The caller decides which of them apply to a request and passes
    /// their conditions to [`crate::Authorizer::authorize`].
    pub rules: Vec<AccessRule>,
}

impl AuthSettings {
    /// Parses the variables.
    ///
    /// # Errors
    /// [`SettingError`] for the first invalid one. A key text is parsed by
    /// [`crate::Authorizer::new`].
    pub fn parse(variables: &AuthVariables) -> Result<Self, SettingError> {
        Ok(Self {
            keys: key_source(variables)?,
            policy: policy(variables)?,
            revocation: revocation(variables)?,
            role_claim: claim_path("role_claim", &variables.role_claim)?
                .map_or_else(RoleClaim::default, RoleClaim::at),
            rules: non_empty(&variables.access_rules).map_or(Ok(Vec::new()), |text| {
                AccessRule::parse_list(text).map_err(|reason| invalid("access_rules", reason))
            })?,
        })
    }
}

fn policy(variables: &AuthVariables) -> Result<Policy, SettingError> {
    let future_leeway =
        leeway("future_leeway", &variables.future_leeway, DEFAULT_FUTURE_LEEWAY_SECONDS)?;
    let audience = match (
        one_or_more("audience", &variables.audience)?,
        flag("any_audience", &variables.any_audience)?,
    ) {
        (None, false) => Audience::Absent,
        (None, true) => Audience::Any,
        (Some(audiences), false) => Audience::OneOf(audiences),
        (Some(_), true) => return Err(invalid("any_audience", "contradicts `audience`")),
    };
    let options = PolicyOptions {
        leeway_seconds: leeway("leeway", &variables.leeway, 0)?,
        future_leeway_seconds: future_leeway,
        token_type: match non_empty(&variables.token_type) {
            None => Some("access".to_owned()),
            Some("none") => None,
            Some(token_type) => Some(token_type.to_owned()),
        },
        issuer: one_or_more("issuer", &variables.issuer)?,
        audience,
        require_at_jwt: flag("require_at_jwt", &variables.require_at_jwt)?,
        required_claims: one_or_more("required_claims", &variables.required_claims)?
            .unwrap_or_default(),
    };
    Policy::new(options).map_err(|error| match error {
        PolicyError::Empty(variable) => invalid(variable, "must not be empty"),
        PolicyError::Unbound => invalid(
            "token_type",
            "is `none`, which requires `issuer`, and `audience` or `any_audience`",
        ),
        // Both were read with this limit.
        PolicyError::LeewayTooLong => invalid("leeway", error.to_string()),
    })
}

/// Parses one text, or a JSON array of texts.
fn one_or_more(variable: &'static str, value: &str) -> Result<Option<Vec<String>>, SettingError> {
    let Some(text) = non_empty(value) else { return Ok(None) };
    if !text.starts_with('[') {
        return Ok(Some(vec![text.to_owned()]));
    }
    let list: Vec<String> = serde_json::from_str(text)
        .map_err(|error| invalid(variable, format!("is not a list of texts: {error}")))?;
    if list.is_empty() {
        return Err(invalid(variable, "is an empty list"));
    }
    Ok(Some(list))
}

/// Parses the name of a claim, or a JSON array of the names of nested members; `None` for a
/// variable that is not set.
///
/// # Errors
/// [`SettingError`] for an empty name or another JSON array.
pub fn claim_path(variable: &'static str, value: &str) -> Result<Option<ClaimPath>, SettingError> {
    let Some(names) = one_or_more(variable, value)? else { return Ok(None) };
    ClaimPath::new(names).map(Some).ok_or_else(|| invalid(variable, "has an empty name"))
}

/// Returns the value of a variable, unless it is empty or white space.
#[must_use]
pub fn non_empty(value: &str) -> Option<&str> {
    Some(value.trim()).filter(|value| !value.is_empty())
}

fn invalid(variable: &'static str, reason: impl Into<String>) -> SettingError {
    SettingError { variable, reason: reason.into() }
}

fn key_source(variables: &AuthVariables) -> Result<KeySource, SettingError> {
    let url = match non_empty(&variables.jwks_url) {
        None => None,
        Some(url) => Some(
            url.parse::<Uri>()
                .ok()
                .filter(is_http)
                .ok_or_else(|| invalid("jwks_url", "is not an http:// or https:// address"))?,
        ),
    };
    if let Some(text) = non_empty(&variables.public_key) {
        return Ok(KeySource::Text(text.to_owned()));
    }
    if let Some(url) = url {
        return Ok(KeySource::Url(url));
    }
    let issuer = match one_or_more("issuer", &variables.issuer)?.as_deref() {
        Some([issuer]) => IssuerUrl::parse(issuer),
        _ => None,
    };
    Ok(issuer.map_or(KeySource::None, KeySource::Issuer))
}

fn leeway(variable: &'static str, value: &str, default: u64) -> Result<u64, SettingError> {
    let Some(text) = non_empty(value) else { return Ok(default) };
    let seconds = text.parse().ok().filter(|seconds| *seconds <= MAX_LEEWAY_SECONDS);
    seconds.ok_or_else(|| {
        let reason = format!("is not a number of seconds from 0 to {MAX_LEEWAY_SECONDS}");
        invalid(variable, reason)
    })
}

fn revocation(variables: &AuthVariables) -> Result<Source, SettingError> {
    let open_when_down = match non_empty(&variables.revocation_when_down) {
        None | Some("closed") => false,
        Some("open") => true,
        Some(_) => return Err(invalid("revocation_when_down", "is neither closed nor open")),
    };
    match non_empty(&variables.revocation) {
        None | Some("none") => Ok(Source::None),
        Some("redis") => match non_empty(&variables.redis_url) {
            Some(url) if url.starts_with("redis://") || url.starts_with("rediss://") => {
                Ok(Source::Redis { url: url.to_owned(), open_when_down })
            }
            _ => Err(invalid(
                "redis_url",
                "is not an address such as redis://localhost:6379, which `revocation` needs",
            )),
        },
        Some(source @ ("status_list" | "status_list_if_named")) => {
            let url = non_empty(&variables.status_list_url).unwrap_or_default();
            let addresses = AllowedAddresses::below(url)
                .map_err(|reason| invalid("status_list_url", reason))?;
            let unlisted_pass = source == "status_list_if_named";
            Ok(Source::StatusList { addresses, open_when_down, unlisted_pass })
        }
        Some(_) => Err(invalid(
            "revocation",
            "is neither none, redis, status_list nor status_list_if_named",
        )),
    }
}

fn flag(variable: &'static str, value: &str) -> Result<bool, SettingError> {
    match non_empty(value) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(invalid(variable, "is neither true nor false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_means_no_key_and_the_default_leeways() {
        let settings = AuthSettings::parse(&AuthVariables::default()).expect("valid");
        assert!(matches!(settings.keys, KeySource::None));
        assert_eq!(settings.policy, Policy::default());
        let options = settings.policy.options();
        assert_eq!((options.leeway_seconds, options.future_leeway_seconds), (0, 5));
        assert_eq!((options.issuer.as_ref(), &options.audience), (None, &Audience::Absent));
    }

    #[test]
    fn issuers_audiences_and_claims_are_one_text_or_a_list() {
        let variables = AuthVariables {
            token_type: " none ".into(),
            issuer: r#" ["https://a", "https://b"] "#.into(),
            audience: " edge ".into(),
            required_claims: r#"["sub"]"#.into(),
            ..AuthVariables::default()
        };
        let settings = AuthSettings::parse(&variables).expect("valid");
        let options = settings.policy.options();
        assert_eq!(options.token_type, None);
        assert_eq!(options.issuer, Some(vec!["https://a".to_owned(), "https://b".to_owned()]));
        assert_eq!(options.audience, Audience::OneOf(vec!["edge".to_owned()]));
        assert_eq!(options.required_claims, ["sub"]);
        let any = AuthVariables {
            audience: String::new(),
            any_audience: "true".into(),
            token_type: "id".into(),
            ..variables
        };
        let settings = AuthSettings::parse(&any).expect("valid");
        let options = settings.policy.options();
        assert_eq!(options.audience, Audience::Any);
        assert_eq!(options.token_type.as_deref(), Some("id"));
    }

    #[test]
    fn a_key_text_takes_precedence_over_a_key_address() {
        let both = AuthVariables {
            public_key: "text".into(),
            jwks_url: "http://issuer/jwks".into(),
            ..AuthVariables::default()
        };
        assert!(matches!(AuthSettings::parse(&both).expect("valid").keys, KeySource::Text(_)));
    }

    #[test]
    fn an_issuer_that_is_an_address_is_enough() {
        let source = |issuer: &str| {
            let variables = AuthVariables { issuer: issuer.into(), ..AuthVariables::default() };
            AuthSettings::parse(&variables).expect("valid").keys
        };
        for issuer in ["https://issuer.example", r#"["https://issuer.example/"]"#] {
            assert!(matches!(source(issuer), KeySource::Issuer(_)), "{issuer}");
        }
        for issuer in ["issuer.example", r#"["https://a.example", "https://b.example"]"#] {
            assert!(matches!(source(issuer), KeySource::None), "{issuer}");
        }
        let with_address = AuthVariables {
            issuer: "https://issuer.example".into(),
            jwks_url: "https://issuer.example/jwks".into(),
            ..AuthVariables::default()
        };
        let settings = AuthSettings::parse(&with_address).expect("valid");
        assert!(matches!(settings.keys, KeySource::Url(_)));
    }

    #[test]
    fn the_names_of_changed_variables_are_listed() {
        let variables = AuthVariables {
            public_key: "a key".into(),
            leeway: "0".into(),
            revocation: " none ".into(),
            issuer: " ".into(),
            audience: "edge".into(),
            ..AuthVariables::default()
        };
        assert_eq!(variables.changed(), ["public_key", "audience"]);
    }

    #[test]
    fn an_invalid_value_names_its_variable() {
        type Change = fn(&mut AuthVariables);
        let cases: [(&str, Change); 29] = [
            ("jwks_url", |variables| {
                variables.public_key = "a key".into();
                variables.jwks_url = "issuer/jwks".into();
            }),
            ("jwks_url", |variables| variables.jwks_url = "issuer/jwks".into()),
            ("jwks_url", |variables| variables.jwks_url = "file:///etc/passwd".into()),
            ("leeway", |variables| variables.leeway = "-1".into()),
            ("leeway", |variables| variables.leeway = "ten".into()),
            ("leeway", |variables| variables.leeway = "18446744073709551615".into()),
            ("leeway", |variables| variables.leeway = "3601".into()),
            ("future_leeway", |variables| variables.future_leeway = "-1".into()),
            ("future_leeway", |variables| variables.future_leeway = "0.5".into()),
            ("future_leeway", |variables| variables.future_leeway = "3601".into()),
            ("future_leeway", |variables| {
                variables.future_leeway = "18446744073709551616".into();
            }),
            ("revocation", |variables| variables.revocation = "on".into()),
            ("redis_url", |variables| variables.revocation = "redis".into()),
            ("status_list_url", |variables| variables.revocation = "status_list".into()),
            ("status_list_url", |variables| {
                variables.revocation = "status_list".into();
                variables.status_list_url = "issuer/status".into();
            }),
            ("revocation_when_down", |variables| variables.revocation_when_down = "ajar".into()),
            ("require_at_jwt", |variables| variables.require_at_jwt = "yes".into()),
            ("any_audience", |variables| variables.any_audience = "*".into()),
            ("any_audience", |variables| {
                variables.any_audience = "true".into();
                variables.audience = "edge".into();
            }),
            ("issuer", |variables| variables.issuer = "[]".into()),
            ("issuer", |variables| variables.issuer = r#"["a", ""]"#.into()),
            ("issuer", |variables| variables.issuer = "[a]".into()),
            ("audience", |variables| variables.audience = "[1]".into()),
            ("required_claims", |variables| variables.required_claims = r#"[""]"#.into()),
            ("role_claim", |variables| variables.role_claim = r#"["a", ""]"#.into()),
            ("token_type", |variables| variables.token_type = "none".into()),
            ("token_type", |variables| {
                variables.token_type = "none".into();
                variables.issuer = "https://issuer.example".into();
            }),
            ("token_type", |variables| {
                variables.token_type = "none".into();
                variables.audience = "edge".into();
            }),
            ("token_type", |variables| {
                variables.token_type = "none".into();
                variables.any_audience = "true".into();
            }),
        ];
        for (variable, change) in cases {
            let mut variables = AuthVariables::default();
            change(&mut variables);
            let error = AuthSettings::parse(&variables).expect_err(variable);
            assert_eq!(error.variable, variable);
            let text = error.to_string();
            assert!(text.starts_with(&format!("the variable `{variable}` ")), "{text}");
        }
    }
}
