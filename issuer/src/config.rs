//! The settings of `issuer serve`: options, each also an environment variable.

mod profile;
mod unset;

use std::path::PathBuf;

use clap::Args;
use verifier_core::{DEFAULT_FUTURE_LEEWAY_SECONDS, MAX_LEEWAY_SECONDS, PolicyError};

pub use self::profile::{InvalidProfile, ProfileArgs};
use self::unset::{non_empty, non_empty_values};
use crate::http::{
    AllowedOrigins, IntrospectionClients, InvalidClient, IssuerSettings, LoginLimits, TlsFiles,
    TrustedProxies,
};
use crate::keys::{AcceptedClaims, OtherClaims, TrustedKeyFiles};
use crate::logging::LogFormat;
use crate::token::Lifetimes;
use crate::users::{ClaimsChange, HashingLimits};

/// The database.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// Database: sqlite://FILE (created if missing) or postgres://user:password@host/database
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "sqlite://issuer.sqlite3",
        hide_env_values = true
    )]
    pub database_url: String,
}

/// The keys directory.
#[derive(Debug, Clone, Args)]
pub struct KeysArgs {
    /// Directory of the signing keys
    #[arg(long, env = "ISSUER_KEYS_DIR", default_value = "keys")]
    pub keys_dir: PathBuf,
}

/// The effect of changed claims on sessions.
#[derive(Debug, Clone, Args)]
pub struct ClaimsArgs {
    /// Which sessions a changed role or premium ends: their access tokens carry the old claims
    #[arg(long, env = "ISSUER_ON_CLAIMS_CHANGE", value_enum, default_value_t)]
    pub on_claims_change: ClaimsChange,
}

/// TLS of the server itself.
#[derive(Debug, Clone, Args)]
pub struct TlsArgs {
    /// Certificate of the server with its intermediates, as PEM; enables TLS
    #[arg(long, env = "ISSUER_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// Private key of the certificate, as PEM
    #[arg(long, env = "ISSUER_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

impl TlsArgs {
    /// Returns both files, or none: clap requires both or neither. Empty variables are unset ones.
    #[must_use]
    pub fn files(&self) -> Option<TlsFiles> {
        let files = TlsFiles { certificates: self.tls_cert.clone()?, key: self.tls_key.clone()? };
        let is_empty =
            files.certificates.as_os_str().is_empty() && files.key.as_os_str().is_empty();
        (!is_empty).then_some(files)
    }
}

/// Settings of the server.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Address and port to listen on
    #[arg(long, env = "ISSUER_LISTEN", default_value = "127.0.0.1:8000")]
    pub listen: String,

    /// Address of GET /metrics for Prometheus, which should not be public [default: none]
    #[arg(long, env = "ISSUER_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<String>,

    /// Open connections at a time; more wait
    #[arg(
        long,
        env = "ISSUER_MAX_CONNECTIONS",
        value_name = "N",
        default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub max_connections: u32,

    /// The users.
    #[command(flatten)]
    pub database: DatabaseArgs,

    /// The signing keys.
    #[command(flatten)]
    pub keys: KeysArgs,

    /// TLS.
    #[command(flatten)]
    pub tls: TlsArgs,

    /// Origins of the web pages that may call the issuer, separated by commas; * for all
    #[arg(
        long,
        env = "ISSUER_CORS_ORIGINS",
        value_name = "ORIGINS",
        default_value = "http://localhost:3000,http://localhost:5173,http://localhost:8080,http://127.0.0.1:8080"
    )]
    pub cors_origins: AllowedOrigins,

    /// Lifetime of access tokens, in seconds
    #[arg(
        long,
        env = "ISSUER_ACCESS_LIFETIME",
        value_name = "SECONDS",
        default_value_t = Lifetimes::default().access_seconds,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub access_lifetime: u32,

    /// Lifetime of refresh tokens, in seconds
    #[arg(
        long,
        env = "ISSUER_REFRESH_LIFETIME",
        value_name = "SECONDS",
        default_value_t = Lifetimes::default().refresh_seconds,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub refresh_lifetime: u32,

    /// How far `nbf` and `iat` of a token may be ahead of this clock, in seconds: the clock of
    /// another issuer on the database may be ahead, and clocks are set back. `exp` is exact
    #[arg(
        long,
        env = "ISSUER_FUTURE_LEEWAY",
        value_name = "SECONDS",
        default_value_t = DEFAULT_FUTURE_LEEWAY_SECONDS,
        value_parser = clap::value_parser!(u64).range(0..=MAX_LEEWAY_SECONDS)
    )]
    pub future_leeway: u64,

    /// The standard claims.
    #[command(flatten)]
    pub profile: ProfileArgs,

    /// Serve the metadata at /.well-known/openid-configuration too, for services that look for the
    /// keys there alone. Needs --public-url. The issuer is no OpenID provider
    #[arg(
        long,
        env = "ISSUER_OPENID_CONFIGURATION",
        action = clap::ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        value_parser = unset::flag
    )]
    pub openid_configuration: bool,

    /// Services that may introspect tokens, NAME:HASH separated by commas; `issuer
    /// introspection-client NAME` makes the secret and its hash [default: none, no introspection]
    #[arg(
        long,
        env = "ISSUER_INTROSPECTION_CLIENTS",
        value_name = "NAME:HASH",
        default_value = "",
        hide_default_value = true,
        hide_env_values = true
    )]
    pub introspection_clients: String,

    /// How long verifiers may cache a status list, in seconds
    #[arg(
        long,
        env = "ISSUER_STATUS_LIST_TTL",
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..=300)
    )]
    pub status_list_ttl: u32,

    /// Redis to publish ended sessions to: redis://host:6379, or rediss:// with TLS
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    pub redis_url: Option<String>,

    /// Replace the refresh token at every refresh; reusing a replaced one ends its session
    #[arg(
        long,
        env = "ISSUER_ROTATE_REFRESH_TOKENS",
        action = clap::ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        value_parser = unset::flag
    )]
    pub rotate_refresh_tokens: bool,

    /// Password attempts per minute from one address (IPv6: one /64 network); 0: unlimited
    #[arg(
        long,
        env = "ISSUER_LOGIN_LIMIT_ADDRESS",
        value_name = "N",
        default_value_t = LoginLimits::default().per_address
    )]
    pub login_limit_address: u32,

    /// Wrong passwords per minute for one user name from one network (IPv4 /24, IPv6 /64);
    /// 0: unlimited
    #[arg(
        long,
        env = "ISSUER_LOGIN_LIMIT_NAME",
        value_name = "N",
        default_value_t = LoginLimits::default().per_name
    )]
    pub login_limit_name: u32,

    /// Wrong passwords per minute for one user name from all networks; 0: unlimited
    #[arg(
        long,
        env = "ISSUER_LOGIN_LIMIT_NAME_EVERYWHERE",
        value_name = "N",
        default_value_t = LoginLimits::default().per_name_everywhere
    )]
    pub login_limit_name_everywhere: u32,

    /// Trusted public keys of another system, FILE=refresh-once, separated by commas: refresh
    /// tokens of such a key are exchanged for tokens of the issuer
    #[arg(
        long,
        env = "ISSUER_TRUST_KEY",
        value_name = "FILE=USE",
        default_value = "",
        hide_default_value = true
    )]
    pub trust_key: TrustedKeyFiles,

    /// Accepted `aud` beside --audience, of a Django project's tokens or of a former --audience;
    /// tokens with any other `aud` are rejected. Several are repeated or separated by commas
    #[arg(long, env = "ISSUER_ACCEPTED_AUDIENCE", value_name = "AUD", value_delimiter = ',')]
    pub accepted_audience: Vec<String>,

    /// Accepted `iss` beside --public-url, of a Django project's tokens or of a former
    /// --public-url; without both, `iss` is ignored. Several are repeated or separated by commas
    #[arg(long, env = "ISSUER_ACCEPTED_ISSUER", value_name = "ISS", value_delimiter = ',')]
    pub accepted_issuer: Vec<String>,

    /// The effect of changed claims on sessions.
    #[command(flatten)]
    pub claims: ClaimsArgs,

    /// Proxies whose X-Forwarded-For is trusted: addresses or networks like 10.0.0.0/8, separated
    /// by commas
    #[arg(
        long,
        env = "ISSUER_TRUSTED_PROXIES",
        value_name = "PROXIES",
        default_value = "",
        hide_default_value = true
    )]
    pub trusted_proxies: TrustedProxies,

    /// Concurrent password hashes; each takes 19 MiB [default: one per core]
    #[arg(
        long,
        env = "ISSUER_HASH_CONCURRENCY",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    pub hash_concurrency: Option<u16>,

    /// OpenTelemetry collector to send a span of each request to, by OTLP over HTTP:
    /// http://localhost:4318
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", hide_env_values = true)]
    pub otlp_endpoint: Option<String>,

    /// Log level: error, warn, info, debug, or a tracing filter like info,sqlx=debug
    #[arg(long, env = "ISSUER_LOG", value_name = "FILTER", default_value = "info")]
    pub log: String,

    /// Format of the log, on standard error
    #[arg(long, env = "ISSUER_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// The settings of the server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSettings {
    /// The standard claims.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
    /// The policy of the verifier.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// `--introspection-clients` is malformed. The text is not repeated.
    #[error("--introspection-clients: {0}")]
    IntrospectionClients(#[from] InvalidClient),
}

// An empty environment variable is an unset one.
impl ServeArgs {
    /// Returns the settings of the issuer itself.
    ///
    /// # Errors
    /// [`InvalidSettings::Profile`], [`InvalidSettings::IntrospectionClients`].
    pub fn issuer_settings(&self) -> Result<IssuerSettings, InvalidSettings> {
        let mut hashing = HashingLimits::default();
        if let Some(concurrent) = self.hash_concurrency {
            hashing.concurrent = concurrent.into();
        }
        let public_url = self.profile.public_url()?;
        if self.openid_configuration && public_url.is_none() {
            return Err(InvalidProfile::WithoutPublicUrl("--openid-configuration").into());
        }
        Ok(IssuerSettings {
            public_url,
            profile: self.profile.profile()?,
            serves_openid_configuration: self.openid_configuration,
            introspection_clients: self.introspection_clients.parse::<IntrospectionClients>()?,
            status_list_ttl_seconds: self.status_list_ttl,
            redis_url: non_empty(&self.redis_url).map(str::to_owned),
            lifetimes: Lifetimes {
                access_seconds: self.access_lifetime,
                refresh_seconds: self.refresh_lifetime,
            },
            rotates_refresh_tokens: self.rotate_refresh_tokens,
            hashing,
            login_limits: LoginLimits {
                per_address: self.login_limit_address,
                per_name: self.login_limit_name,
                per_name_everywhere: self.login_limit_name_everywhere,
            },
            trusted_proxies: self.trusted_proxies.clone(),
            on_claims_change: self.claims.on_claims_change,
        })
    }

    /// Returns which tokens are accepted besides those that the issuer signs now.
    ///
    /// # Errors
    /// [`InvalidSettings::Profile`]. The other options are checked, so that no
    /// [`InvalidSettings::Policy`] is expected.
    pub fn accepted_tokens(&self) -> Result<AcceptedClaims, InvalidSettings> {
        let other = OtherClaims {
            issuers: non_empty_values(&self.accepted_issuer),
            audiences: non_empty_values(&self.accepted_audience),
        };
        let profile = self.profile.profile()?;
        Ok(AcceptedClaims::new(profile.as_ref(), &other, self.future_leeway)?)
    }

    /// Returns the address of the metrics.
    #[must_use]
    pub fn metrics_listen(&self) -> Option<&str> {
        non_empty(&self.metrics_listen)
    }

    /// Returns the URL of the OpenTelemetry collector.
    #[must_use]
    pub fn otlp_endpoint(&self) -> Option<&str> {
        non_empty(&self.otlp_endpoint)
    }
}

impl clap::ValueEnum for ClaimsChange {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::EndLost, Self::End, Self::AtRefresh]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        let (name, help) = match self {
            Self::EndLost => (
                "end-lost",
                "They end when a role or premium is lost; a new administrator loses none",
            ),
            Self::End => ("end", "They end"),
            Self::AtRefresh => (
                "at-refresh",
                "They go on: access tokens carry the old claims until they expire or are refreshed",
            ),
        };
        Some(clap::builder::PossibleValue::new(name).help(help))
    }
}
