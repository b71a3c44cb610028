//! What the operator sets: the component's Spin variables.

use std::fmt;
use std::time::Duration;

use http::Uri;
use verifier_core::{DEFAULT_FUTURE_LEEWAY_SECONDS, MAX_LEEWAY_SECONDS, Policy, TokenType};

use crate::cors::AllowedOrigins;
use crate::revocation::Source;
use crate::rules::AccessRules;
use crate::status_list::reference::AllowedAddresses;
use crate::uploads::quota::FILE_OVERHEAD;
use crate::uploads::receive::{DEFAULT_PAUSE, Limits};

/// The most bytes a file may have when nothing else is set: 32 MiB.
pub const DEFAULT_UPLOAD_LIMIT: u64 = 32 * 1024 * 1024;

/// The most that `upload_limit` may be: 10 GiB.
pub const MAX_UPLOAD_LIMIT: u64 = 10 * 1024 * 1024 * 1024;

/// The most that `idle_timeout` may be, in seconds: as long as a whole upload may take.
pub const MAX_IDLE_TIMEOUT: u64 = 3600;

/// Origins that may call from a browser when nothing else is set: where front ends run in
/// development.
pub const DEFAULT_CORS_ORIGINS: &str =
    "http://localhost:3000,http://localhost:5173,http://localhost:8080,http://127.0.0.1:8080";

/// The variables as text. An empty one counts as not set.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// `public_key`: PEM, JWK or JWKS text.
    pub public_key: String,
    /// `jwks_url`: where the keys are fetched when `public_key` is not set.
    pub jwks_url: String,
    /// `issuer`: the only accepted `iss`.
    pub issuer: String,
    /// `audience`: what `aud` must be or contain.
    pub audience: String,
    /// `leeway`: seconds of clock difference that are forgiven.
    pub leeway: String,
    /// `future_leeway`: seconds that `nbf` and `iat` may be ahead, where that is more than
    /// `leeway`.
    pub future_leeway: String,
    /// `require_at_jwt`: whether the header's `typ` must be `at+jwt`; `true` or `false`.
    pub require_at_jwt: String,
    /// `revocation`: `none`, `redis`, `status_list` or `status_list_if_named`.
    pub revocation: String,
    /// `redis_url`: where revoked tokens are listed.
    pub redis_url: String,
    /// `status_list_url`: where status lists are, or what their addresses begin with.
    pub status_list_url: String,
    /// `revocation_when_down`: `closed` or `open`.
    pub revocation_when_down: String,
    /// `access_rules`: what routes demand, as JSON.
    pub access_rules: String,
    /// `upload_limit`: the most bytes a file may have.
    pub upload_limit: String,
    /// `upload_quota`: the most bytes a user's files may take together.
    pub upload_quota: String,
    /// `idle_timeout`: seconds for which a body may stand still, in either direction.
    pub idle_timeout: String,
    /// `cors_origins`: comma separated origins, or `*`.
    pub cors_origins: String,
}

impl Variables {
    /// Who may call from a browser.
    ///
    /// # Errors
    /// [`SettingError`] for an entry that is not an origin.
    pub fn cors_origins(&self) -> Result<AllowedOrigins, SettingError> {
        let text = set(&self.cors_origins).unwrap_or_else(|| DEFAULT_CORS_ORIGINS.to_owned());
        AllowedOrigins::parse(&text).map_err(|origin| SettingError {
            variable: "cors_origins",
            reason: format!(
                "contains {origin:?}, which is not an origin such as https://app.example"
            ),
        })
    }
}

/// [`Variables`], understood.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the keys come from.
    pub keys: KeySource,
    /// What a token must fulfil besides its signature.
    pub policy: Policy,
    /// Who may call from a browser.
    pub cors: AllowedOrigins,
    /// Where revoked tokens are listed.
    pub revocation: Source,
    /// What routes demand besides what they always do.
    pub rules: AccessRules,
    /// How much may be uploaded.
    pub uploads: Limits,
}

/// Where the verification keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// Nothing is set.
    None,
    /// The text of the variable `public_key`.
    Text(String),
    /// The address in the variable `jwks_url`.
    Url(Uri),
}

/// A variable whose value makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// The variable's name.
    pub variable: &'static str,
    /// What is wrong with it, and what it should be.
    pub reason: String,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the variable `{}` {}", self.variable, self.reason)
    }
}

impl std::error::Error for SettingError {}

impl Settings {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`SettingError`] for the first one that makes no sense. Whether a key can be used is found
    /// out by [`crate::keys`].
    pub fn from_variables(variables: &Variables) -> Result<Self, SettingError> {
        Ok(Self {
            keys: key_source(variables)?,
            policy: Policy {
                leeway_seconds: leeway("leeway", &variables.leeway, 0)?,
                future_leeway_seconds: leeway(
                    "future_leeway",
                    &variables.future_leeway,
                    DEFAULT_FUTURE_LEEWAY_SECONDS,
                )?,
                issuer: set(&variables.issuer),
                audience: set(&variables.audience),
                token_type: TokenType::Access,
                require_at_jwt: flag("require_at_jwt", &variables.require_at_jwt)?,
            },
            cors: variables.cors_origins()?,
            revocation: revocation(variables)?,
            rules: match set(&variables.access_rules) {
                Some(text) => AccessRules::parse(&text)
                    .map_err(|reason| SettingError { variable: "access_rules", reason })?,
                None => AccessRules::default(),
            },
            uploads: Limits {
                file: upload_limit(&variables.upload_limit)?,
                user: upload_quota(&variables.upload_quota)?,
                pause: idle_timeout(&variables.idle_timeout)?,
            },
        })
    }
}

fn set(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn key_source(variables: &Variables) -> Result<KeySource, SettingError> {
    if let Some(text) = set(&variables.public_key) {
        return Ok(KeySource::Text(text));
    }
    let Some(url) = set(&variables.jwks_url) else {
        return Ok(KeySource::None);
    };
    let uri: Option<Uri> = url.parse().ok();
    uri.filter(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
    })
    .map(KeySource::Url)
    .ok_or(SettingError {
        variable: "jwks_url",
        reason: "is not an http:// or https:// address".to_owned(),
    })
}

fn leeway(variable: &'static str, value: &str, default: u64) -> Result<u64, SettingError> {
    let Some(text) = set(value) else { return Ok(default) };
    text.parse().ok().filter(|seconds| *seconds <= MAX_LEEWAY_SECONDS).ok_or_else(|| SettingError {
        variable,
        reason: format!("is not a number of seconds from 0 to {MAX_LEEWAY_SECONDS}"),
    })
}

fn upload_limit(value: &str) -> Result<u64, SettingError> {
    let Some(text) = set(value) else { return Ok(DEFAULT_UPLOAD_LIMIT) };
    text.parse().ok().filter(|bytes| (1..=MAX_UPLOAD_LIMIT).contains(bytes)).ok_or_else(|| {
        SettingError {
            variable: "upload_limit",
            reason: format!("is not a number of bytes from 1 to {MAX_UPLOAD_LIMIT}"),
        }
    })
}

fn upload_quota(value: &str) -> Result<Option<u64>, SettingError> {
    let Some(text) = set(value) else { return Ok(None) };
    text.parse().ok().filter(|bytes| *bytes > FILE_OVERHEAD).map(Some).ok_or_else(|| SettingError {
        variable: "upload_quota",
        reason: format!("is not a number of bytes above {FILE_OVERHEAD}, which each file counts beside its content"),
    })
}

fn idle_timeout(value: &str) -> Result<Duration, SettingError> {
    let Some(text) = set(value) else { return Ok(DEFAULT_PAUSE) };
    let seconds = text.parse().ok().filter(|seconds| (1..=MAX_IDLE_TIMEOUT).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| SettingError {
        variable: "idle_timeout",
        reason: format!("is not a number of seconds from 1 to {MAX_IDLE_TIMEOUT}"),
    })
}

fn revocation(variables: &Variables) -> Result<Source, SettingError> {
    let wrong = |variable, reason: &str| Err(SettingError { variable, reason: reason.to_owned() });
    let open_when_down = match set(&variables.revocation_when_down).as_deref() {
        None | Some("closed") => false,
        Some("open") => true,
        Some(_) => return wrong("revocation_when_down", "is neither closed nor open"),
    };
    match set(&variables.revocation).as_deref() {
        None | Some("none") => return Ok(Source::Nowhere),
        Some("redis") => {}
        Some(which @ ("status_list" | "status_list_if_named")) => {
            let unlisted_pass = which == "status_list_if_named";
            let url = set(&variables.status_list_url).unwrap_or_default();
            return match AllowedAddresses::below(&url) {
                Ok(addresses) => {
                    Ok(Source::StatusList { addresses, open_when_down, unlisted_pass })
                }
                Err(reason) => wrong("status_list_url", reason),
            };
        }
        Some(_) => {
            return wrong(
                "revocation",
                "is neither none, redis, status_list nor status_list_if_named",
            );
        }
    }
    match set(&variables.redis_url) {
        Some(url) if url.starts_with("redis://") || url.starts_with("rediss://") => {
            Ok(Source::Redis { url, open_when_down })
        }
        _ => wrong(
            "redis_url",
            "is not an address such as redis://localhost:6379, which `revocation` needs",
        ),
    }
}

fn flag(variable: &'static str, value: &str) -> Result<bool, SettingError> {
    match set(value).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(SettingError { variable, reason: "is neither true nor false".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_means_no_key_no_leeway_and_the_development_origins() {
        let settings = Settings::from_variables(&Variables::default()).expect("defaults are valid");
        assert!(matches!(settings.keys, KeySource::None));
        assert_eq!((settings.policy.leeway_seconds, settings.policy.future_leeway_seconds), (0, 5));
        assert_eq!(settings.policy.issuer, None);
        assert_eq!(settings.policy.audience, None);
        assert!(settings.cors.allows("http://localhost:5173"));
        assert!(!settings.cors.allows("https://elsewhere.example"));
    }

    #[test]
    fn the_manifest_hands_over_what_it_declares_and_allows_calls_to_origins_alone() {
        let manifest = include_str!("../spin.toml");
        let section = |name: &str| {
            let (_, rest) = manifest.split_once(&format!("\n[{name}]\n")).expect("a section");
            let lines = rest.lines().take_while(|line| !line.starts_with('['));
            lines.filter_map(|line| line.split_once(" = ")).collect::<Vec<_>>()
        };
        let (declared, handed_over) =
            (section("variables"), section("component.edge-resource.variables"));
        let (_, allowed) =
            manifest.split_once("\nallowed_outbound_hosts = ").expect("a list of hosts");
        let allowed = allowed.lines().next().unwrap_or_default();
        assert_eq!(allowed, r#"["{{ issuer_url }}", "{{ redis_host }}"]"#);
        for (name, value) in declared {
            let reference = format!("\"{{{{ {name} }}}}\"");
            let is_for_the_host_alone = allowed.contains(&reference);
            assert_eq!(
                handed_over.contains(&(name, reference.as_str())),
                !is_for_the_host_alone,
                "{name}"
            );
            if is_for_the_host_alone {
                // Spin parses it when the component first calls anything: with user, path or
                // nothing in it, no call is allowed.
                let origin = value
                    .strip_prefix("{ default = \"")
                    .and_then(|value| value.strip_suffix("\" }"));
                let (_, authority) =
                    origin.and_then(|origin| origin.split_once("://")).expect("a scheme");
                assert!(!authority.is_empty() && !authority.contains(['/', '@']), "{value}");
            }
        }
    }

    #[test]
    fn a_key_text_goes_before_a_key_address() {
        let both = Variables {
            public_key: "text".into(),
            jwks_url: "http://issuer/jwks".into(),
            ..Variables::default()
        };
        assert!(matches!(Settings::from_variables(&both).expect("valid").keys, KeySource::Text(_)));
    }

    #[test]
    fn a_value_that_makes_no_sense_names_its_variable() {
        let cases = [
            ("jwks_url", Variables { jwks_url: "issuer/jwks".into(), ..Variables::default() }),
            (
                "jwks_url",
                Variables { jwks_url: "file:///etc/passwd".into(), ..Variables::default() },
            ),
            ("leeway", Variables { leeway: "-1".into(), ..Variables::default() }),
            ("leeway", Variables { leeway: "ten".into(), ..Variables::default() }),
            ("leeway", Variables { leeway: "18446744073709551615".into(), ..Variables::default() }),
            ("leeway", Variables { leeway: "3601".into(), ..Variables::default() }),
            ("future_leeway", Variables { future_leeway: "-1".into(), ..Variables::default() }),
            ("future_leeway", Variables { future_leeway: "0.5".into(), ..Variables::default() }),
            ("future_leeway", Variables { future_leeway: "3601".into(), ..Variables::default() }),
            (
                "future_leeway",
                Variables { future_leeway: "18446744073709551616".into(), ..Variables::default() },
            ),
            (
                "access_rules",
                Variables {
                    access_rules: r#"[{"path":"/x","role":"a"}]"#.into(),
                    ..Variables::default()
                },
            ),
            ("revocation", Variables { revocation: "on".into(), ..Variables::default() }),
            ("redis_url", Variables { revocation: "redis".into(), ..Variables::default() }),
            (
                "status_list_url",
                Variables { revocation: "status_list".into(), ..Variables::default() },
            ),
            (
                "status_list_url",
                Variables {
                    revocation: "status_list".into(),
                    status_list_url: "issuer/status".into(),
                    ..Variables::default()
                },
            ),
            (
                "revocation_when_down",
                Variables { revocation_when_down: "ajar".into(), ..Variables::default() },
            ),
            ("upload_limit", Variables { upload_limit: "10 MB".into(), ..Variables::default() }),
            ("upload_quota", Variables { upload_quota: "much".into(), ..Variables::default() }),
            ("upload_quota", Variables { upload_quota: "4096".into(), ..Variables::default() }),
            ("upload_limit", Variables { upload_limit: "0".into(), ..Variables::default() }),
            ("idle_timeout", Variables { idle_timeout: "0".into(), ..Variables::default() }),
            ("idle_timeout", Variables { idle_timeout: "3601".into(), ..Variables::default() }),
            ("idle_timeout", Variables { idle_timeout: "1 min".into(), ..Variables::default() }),
            ("require_at_jwt", Variables { require_at_jwt: "yes".into(), ..Variables::default() }),
            (
                "cors_origins",
                Variables {
                    cors_origins: "https://app.example/path".into(),
                    ..Variables::default()
                },
            ),
            (
                "cors_origins",
                Variables { cors_origins: "app.example".into(), ..Variables::default() },
            ),
        ];
        for (variable, variables) in cases {
            let error = Settings::from_variables(&variables).expect_err(variable);
            assert_eq!(error.variable, variable);
            assert!(
                error.to_string().starts_with(&format!("the variable `{variable}` ")),
                "{error}"
            );
        }
    }
}
