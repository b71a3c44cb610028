//! `issuer doctor`.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use axum::http::uri::PathAndQuery;
use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::terminal::{escaped, json_escaped};
use super::{output, passwords, runtime, signing_keys};
use crate::base_url::BaseUrl;
use crate::clock::{Clock, SystemClock};
use crate::config::{DatabaseArgs, KeysArgs, ProfileArgs};
use crate::doctor::{self, Deployment, EdgeKeys, Finding, HttpClient, Level, Login};
use crate::keys::KeyDirectory;
use crate::random::SystemRandom;
use crate::regular_file;

/// Largest file of certificates, in bytes; the roots of all public authorities have 250 KiB.
const MAX_CERTIFICATES_BYTES: u64 = 4 << 20;

/// Exit code when a check found a problem.
const PROBLEM: u8 = 1;

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// The running issuer
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000")]
    issuer: BaseUrl,

    /// A resource server that should accept the issuer's tokens
    #[arg(long, value_name = "URL")]
    edge: Option<BaseUrl>,

    /// A path of the edge that an access token opens with GET; `/protected` without --gated-path
    #[arg(long, value_name = "PATH", value_parser = path)]
    edge_path: Option<String>,

    /// A path of the edge that a gate in front of another component protects; may be repeated
    #[arg(long = "gated-path", value_name = "PATH", requires = "edge", value_parser = gated_path)]
    gated_paths: Vec<String>,

    /// Public keys of the edge: the configured PEM, JWK or JWKS file, or the fetched URL
    #[arg(long, value_name = "FILE|URL")]
    edge_keys: Option<String>,

    /// Origin of a web page that calls both, like http://localhost:3000; may be repeated
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,

    /// Also log in as this user; prompts for the password, or reads it from standard input
    #[arg(long, value_name = "NAME")]
    username: Option<String>,

    /// Trusted root certificates, instead of the public ones, as PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,

    #[command(flatten)]
    keys: KeysArgs,

    #[command(flatten)]
    profile: ProfileArgs,

    #[command(flatten)]
    database: DatabaseArgs,

    /// Redis that the issuer publishes ended sessions to
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis_url: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    checks: &'a [Finding],
}

pub(super) fn run(args: DoctorArgs) -> Result<ExitCode, Failure> {
    let roots = match &args.ca_file {
        Some(file) => {
            let named = |error| format!("cannot read {}: {error}; check --ca-file", file.display());
            Some((
                file.display().to_string(),
                regular_file::read(file, MAX_CERTIFICATES_BYTES).map_err(named)?,
            ))
        }
        None => None,
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let client = HttpClient::new(
        roots.as_ref().map(|(name, pem)| (name.as_str(), pem.as_slice())),
        Arc::clone(&clock),
    )?;
    let json = args.json;
    let deployment = deployment(args)?;
    let mut findings = Vec::new();
    runtime::run(async {
        findings = doctor::diagnose(&deployment, &client, &*clock, &SystemRandom).await;
        Ok(())
    })?;
    let is_ok = findings.iter().all(|finding| finding.level != Level::Problem);
    let text = if json {
        json_escaped(&serde_json::to_string(&Report { ok: is_ok, checks: &findings })?) + "\n"
    } else {
        findings.iter().map(line).collect()
    };
    output::text(&text)?;
    Ok(if is_ok { ExitCode::SUCCESS } else { ExitCode::from(PROBLEM) })
}

fn deployment(args: DoctorArgs) -> Result<Deployment, Failure> {
    let keys_from_environment = match signing_keys::from_environment() {
        Ok(keys) => keys.map(|keys| Ok(Arc::new(keys))),
        Err(error) => Some(Err(error.to_string())),
    };
    let login = match args.username {
        Some(username) => {
            let password = if std::io::stdin().is_terminal() {
                rpassword::prompt_password(format!("Password of {username}: "))?.into()
            } else {
                passwords::from_stdin()?
            };
            Some(Login { username, password })
        }
        None => None,
    };
    Ok(Deployment {
        directory: keys_from_environment.is_none().then(|| KeyDirectory::new(args.keys.keys_dir)),
        keys_from_environment,
        database_url: args.database.database_url,
        redis_url: args.redis_url.filter(|url| !url.is_empty()),
        profile: args.profile.profile()?,
        issuer: args.issuer,
        edge: args.edge,
        edge_path: args
            .edge_path
            .or_else(|| args.gated_paths.is_empty().then(|| "/protected".to_owned())),
        gated_paths: args.gated_paths,
        edge_keys: args.edge_keys.map(|source| {
            let is_url = source.starts_with("http://") || source.starts_with("https://");
            if is_url { EdgeKeys::Url(source) } else { EdgeKeys::File(source.into()) }
        }),
        origins: args.origins,
        login,
    })
}

fn line(finding: &Finding) -> String {
    let Finding { check, level, text, advice } = finding;
    let (level, text) = (level.as_str(), escaped(text));
    match advice {
        Some(advice) => format!("{level:<8} {check:<15}  {text}. To do: {}\n", escaped(advice)),
        None => format!("{level:<8} {check:<15}  {text}\n"),
    }
}

fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/') {
        Ok(text.to_owned())
    } else {
        Err("a path begins with a slash".to_owned())
    }
}

fn gated_path(text: &str) -> Result<String, String> {
    let path = path(text)?;
    // A fragment is not sent.
    let is_sent = PathAndQuery::try_from(text).is_ok() && !text.contains('#');
    if is_sent { Ok(path) } else { Err("write it as in a URL, with percent-encoding".to_owned()) }
}
