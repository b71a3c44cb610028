//! `issuer token`: inspects a token offline.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use verifier_core::{
    Audience, DEFAULT_FUTURE_LEEWAY_SECONDS, KeySet, Lang, MAX_KEY_TEXT_BYTES, MAX_LEEWAY_SECONDS,
    MAX_TOKEN_BYTES, Policy, PolicyError, PolicyOptions, UnixTime, Verifier,
};

use super::failure::Failure;
use super::output;
use super::verdict::Report;
use crate::clock::{Clock as _, SystemClock, unix_time};
use crate::config::KeysArgs;
use crate::keys::KeyDirectory;
use crate::regular_file;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Verify a token step by step; exit code 0: accepted, 1: refused, 2: the checks could not run
    Inspect(InspectArgs),
}

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// Token, or - to read it from standard input: other users can see arguments
    #[arg(allow_hyphen_values = true)]
    token: OsString,

    /// Public keys: a PEM, JWK or JWKS file [default: the keys directory]
    #[arg(long = "keys", value_name = "FILE")]
    key_file: Option<PathBuf>,

    #[command(flatten)]
    keys: KeysArgs,

    /// Time of the verification, in Unix seconds [default: now]
    #[arg(long, value_name = "UNIX")]
    now: Option<u64>,

    /// Tolerated clock difference, in seconds, also for `exp`
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0,
        value_parser = clap::value_parser!(u64).range(0..=MAX_LEEWAY_SECONDS)
    )]
    leeway: u64,

    /// How far `nbf` and `iat` may be ahead, in seconds, if more than --leeway
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = DEFAULT_FUTURE_LEEWAY_SECONDS,
        value_parser = clap::value_parser!(u64).range(0..=MAX_LEEWAY_SECONDS)
    )]
    future_leeway: u64,

    /// Require this `iss`; given several times, one of them
    #[arg(long, value_name = "ISS")]
    issuer: Vec<String>,

    /// Require this `aud`; given several times, one of them
    #[arg(long, value_name = "AUD")]
    audience: Vec<String>,

    /// Accept any `aud`, and none
    #[arg(long, conflicts_with = "audience")]
    any_audience: bool,

    /// Require this `token_type`
    #[arg(long, value_name = "TYPE", default_value = "access")]
    token_type: String,

    /// The issuer's tokens have no `token_type`: needs --issuer, and --audience or --any-audience
    #[arg(long, conflicts_with = "token_type")]
    no_token_type: bool,

    /// Require the `typ` at+jwt (RFC 9068)
    #[arg(long)]
    require_at_jwt: bool,

    /// Require this claim; may be given several times
    #[arg(long = "require-claim", value_name = "NAME")]
    required_claims: Vec<String>,

    /// Language of the report
    #[arg(long, value_enum, default_value_t = LangArg::En)]
    lang: LangArg,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LangArg {
    Ko,
    En,
}

/// Exit code of a refused token.
const REFUSED: u8 = 1;

pub(super) fn run(command: TokenCommand) -> Result<ExitCode, Failure> {
    let TokenCommand::Inspect(args) = command;
    let token = if args.token == "-" { from_stdin()? } else { args.token.into_encoded_bytes() };
    let keys = match &args.key_file {
        Some(file) => key_file(file)?,
        None => KeyDirectory::new(&args.keys.keys_dir).public_keys()?,
    };
    let policy = Policy::new(PolicyOptions {
        leeway_seconds: args.leeway,
        future_leeway_seconds: args.future_leeway,
        token_type: (!args.no_token_type).then_some(args.token_type),
        issuer: Some(args.issuer).filter(|issuers| !issuers.is_empty()),
        audience: match (args.any_audience, args.audience) {
            (true, _) => Audience::Any,
            (false, audiences) if audiences.is_empty() => Audience::Absent,
            (false, audiences) => Audience::OneOf(audiences),
        },
        require_at_jwt: args.require_at_jwt,
        required_claims: args.required_claims,
    })
    .map_err(|error| match error {
        PolicyError::Unbound => {
            "--no-token-type needs --issuer, and --audience or --any-audience".to_owned()
        }
        PolicyError::Empty(option) => {
            let flag = match option {
                "required_claims" => "--require-claim".to_owned(),
                other => format!("--{}", other.replace('_', "-")),
            };
            format!("{flag} must not be empty")
        }
        PolicyError::LeewayTooLong => error.to_string(),
    })?;
    let now = args.now.map_or_else(|| unix_time(SystemClock.now()), UnixTime::from_secs);
    let lang = match args.lang {
        LangArg::Ko => Lang::Ko,
        LangArg::En => Lang::En,
    };
    let explanation = Verifier::new(keys, policy).explain(token, now);
    let report = Report { explanation: &explanation, now, lang };
    let text = if args.json { report.json() } else { report.text() };
    output::text(&text)?;
    Ok(if explanation.verdict.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
}

/// Reads a token, without its final line break. Reads a little more than the limit, so that a
/// longer token is refused for its length.
fn from_stdin() -> Result<Vec<u8>, Failure> {
    let mut token = Vec::new();
    let mut input = std::io::stdin().lock().take(MAX_TOKEN_BYTES as u64 + 3);
    input
        .read_to_end(&mut token)
        .map_err(|error| format!("cannot read the token from standard input: {error}"))?;
    let end =
        token.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    token.truncate(end);
    if token.is_empty() {
        return Err("no token on standard input: write it into the pipe".into());
    }
    Ok(token)
}

fn key_file(path: &Path) -> Result<KeySet, Failure> {
    // One byte more than the limit, so that a larger file is rejected and not truncated.
    let text = regular_file::read(path, MAX_KEY_TEXT_BYTES as u64 + 1).map_err(|error| {
        format!("cannot read the keys in {}: {error}; check --keys", path.display())
    })?;
    let named =
        |error: verifier_core::KeyError| format!("{}: {error} ({})", path.display(), error.code());
    Ok(KeySet::parse(&text).map_err(named)?)
}
