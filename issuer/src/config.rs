//! The settings of `issuer serve`: flags, each also an environment variable.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use verifier_core::{DEFAULT_FUTURE_LEEWAY_SECONDS, MAX_LEEWAY_SECONDS};

use crate::http::{AllowedOrigins, LoginLimits, TlsFiles, TrustedProxies};
use crate::keys::TrustedKeyFiles;
use crate::token::Lifetimes;
use crate::users::ClaimsChange;

/// Where the users are.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// Database: sqlite://FILE (created when missing) or postgres://user:password@host/database
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "sqlite://issuer.sqlite3",
        hide_env_values = true
    )]
    pub database_url: String,
}

/// Where the keys are.
#[derive(Debug, Clone, Args)]
pub struct KeysArgs {
    /// Directory of the signing keys
    #[arg(long, env = "ISSUER_KEYS_DIR", default_value = "keys")]
    pub keys_dir: PathBuf,
}

/// What a change of claims ends.
#[derive(Debug, Clone, Args)]
pub struct ClaimsArgs {
    /// What a changed role or premium does to the sessions of the user, whose access tokens carry
    /// the old ones
    #[arg(long, env = "ISSUER_ON_CLAIMS_CHANGE", value_enum, default_value_t)]
    pub on_claims_change: ClaimsChange,
}

/// TLS of the server itself.
#[derive(Debug, Clone, Args)]
pub struct TlsArgs {
    /// Certificate of the server and those between it and its root, as PEM; with it, the server
    /// speaks TLS
    #[arg(long, env = "ISSUER_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// Private key of the certificate, as PEM
    #[arg(long, env = "ISSUER_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

impl TlsArgs {
    /// Both files, or none: one does not come without the other. Empty variables are as good as
    /// none.
    #[must_use]
    pub fn files(self) -> Option<TlsFiles> {
        let files = TlsFiles { certificates: self.tls_cert?, key: self.tls_key? };
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

    /// Address of the metrics, GET /metrics in the text form of Prometheus; without it, there are
    /// none. Not for the public
    #[arg(long, env = "ISSUER_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<String>,

    /// Connections that are open at a time; more wait
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

    /// How far `nbf` and `iat` of tokens that come back may be ahead of this clock, in seconds:
    /// other issuers on the database may be ahead, and a clock may be set back. `exp` is exact
    #[arg(
        long,
        env = "ISSUER_FUTURE_LEEWAY",
        value_name = "SECONDS",
        default_value_t = DEFAULT_FUTURE_LEEWAY_SECONDS,
        value_parser = clap::value_parser!(u64).range(0..=MAX_LEEWAY_SECONDS)
    )]
    pub future_leeway: u64,

    /// URL by which others reach the issuer; with it, tokens name their place in a status list
    #[arg(long, env = "ISSUER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// How long verifiers may keep a status list, in seconds
    #[arg(
        long,
        env = "ISSUER_STATUS_LIST_TTL",
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..=300)
    )]
    pub status_list_ttl: u32,

    /// Redis that is told of ended sessions: redis://host:6379, or rediss:// with TLS
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    pub redis_url: Option<String>,

    /// Replace the refresh token at every refresh; a used one that comes again ends its session
    #[arg(
        long,
        env = "ISSUER_ROTATE_REFRESH_TOKENS",
        action = clap::ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value_t = false,
        default_missing_value = "true"
    )]
    pub rotate_refresh_tokens: bool,

    /// Password tries taken each minute from one address (IPv6: one /64 network); 0: no limit
    #[arg(long, env = "ISSUER_LOGIN_LIMIT_ADDRESS", value_name = "N", default_value_t = LoginLimits::default().per_address)]
    pub login_limit_address: u32,

    /// Wrong passwords taken each minute for one user name from one network (IPv4 /24, IPv6 /64);
    /// 0: no limit
    #[arg(long, env = "ISSUER_LOGIN_LIMIT_NAME", value_name = "N", default_value_t = LoginLimits::default().per_name)]
    pub login_limit_name: u32,

    /// Wrong passwords taken each minute for one user name from all networks together; 0: no limit
    #[arg(
        long,
        env = "ISSUER_LOGIN_LIMIT_NAME_EVERYWHERE",
        value_name = "N",
        default_value_t = LoginLimits::default().per_name_everywhere
    )]
    pub login_limit_name_everywhere: u32,

    /// Public keys of another system and what they are trusted for, FILE=refresh-once, separated
    /// by commas: each refresh token of such a key is exchanged for tokens of the issuer
    #[arg(
        long,
        env = "ISSUER_TRUST_KEY",
        value_name = "FILE=USE",
        default_value = "",
        hide_default_value = true
    )]
    pub trust_key: TrustedKeyFiles,

    /// The `aud` of a Django project's tokens that are accepted; without it, tokens with `aud` are
    /// refused
    #[arg(long, env = "ISSUER_ACCEPTED_AUDIENCE", value_name = "AUD")]
    pub accepted_audience: Option<String>,

    /// The `iss` that a Django project's tokens must have where they have one; without it, `iss`
    /// is ignored
    #[arg(long, env = "ISSUER_ACCEPTED_ISSUER", value_name = "ISS")]
    pub accepted_issuer: Option<String>,

    /// What a changed role or premium does to the user's sessions, whose access tokens carry the
    /// old ones.
    #[command(flatten)]
    pub claims: ClaimsArgs,

    /// Proxies whose X-Forwarded-For is believed: addresses or networks like 10.0.0.0/8, separated
    /// by commas
    #[arg(
        long,
        env = "ISSUER_TRUSTED_PROXIES",
        value_name = "PROXIES",
        default_value = "",
        hide_default_value = true
    )]
    pub trusted_proxies: TrustedProxies,

    /// Passwords hashed at the same time; each takes 19 MiB [default: one for each core]
    #[arg(long, env = "ISSUER_HASH_CONCURRENCY", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub hash_concurrency: Option<u16>,

    /// OpenTelemetry collector that gets a span for each request, by OTLP over HTTP:
    /// http://localhost:4318
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", hide_env_values = true)]
    pub otlp_endpoint: Option<String>,

    /// What is logged: error, warn, info, debug, or a tracing filter like info,sqlx=debug
    #[arg(long, env = "ISSUER_LOG", value_name = "FILTER", default_value = "info")]
    pub log: String,

    /// Form of the log lines, on standard error
    #[arg(long, env = "ISSUER_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// Form of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object on each line.
    Json,
}

impl ValueEnum for ClaimsChange {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::EndLost, Self::End, Self::AtRefresh]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
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
        Some(PossibleValue::new(name).help(help))
    }
}
