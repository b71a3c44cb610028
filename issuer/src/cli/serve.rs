//! `issuer serve`.

use std::env::VarError;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use connection::log::{Escapes, LogWriter};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use zeroize::Zeroizing;

use super::Failure;
use crate::base_url::BaseUrl;
use crate::clock::{Clock, SystemClock};
use crate::config::{LogFormat, ServeArgs};
use crate::http::{self, Connections, Issuer, LoginLimits, Readiness, Throttle, Tls};
use crate::keys::{AcceptedClaims, IssuerKeys, KeyDirectory, LiveKeys};
use crate::metrics::Metrics;
use crate::random::{Random, SystemRandom};
use crate::revocation::{
    FLUSH_MARGIN, RedisPublisher, Revocations, StatusListService, StatusLists,
};
use crate::sessions::Sessions;
use crate::storage::{self, Exposure, Storage};
use crate::telemetry::Telemetry;
use crate::token::{Lifetimes, TokenChecker, TokenIssuer};
use crate::users::{HashingLimits, PasswordHasher};

pub(super) async fn run(args: ServeArgs) -> Result<(), Failure> {
    start_log(&args)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> = Arc::new(SystemRandom);

    let directory = KeyDirectory::new(&args.keys.keys_dir);
    let from_environment = keys_from_environment()?;
    let reloads = from_environment.is_none();
    let version = directory.version();
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let accepted = AcceptedClaims {
        audience: given(&args.accepted_audience),
        issuer: given(&args.accepted_issuer),
        future_leeway_seconds: args.future_leeway,
    };
    let foreign =
        args.trust_key.load(&accepted).map_err(|error| format!("--trust-key: {error}"))?;
    let keys = match from_environment {
        Some(keys) => keys,
        None => directory.load()?,
    };
    let keys = Arc::new(LiveKeys::trusting(keys, accepted, foreign));
    for key in keys.trusted() {
        tracing::warn!(kid = key.kid(), "refresh tokens of a key of another system are exchanged");
    }
    let telemetry = match args.otlp_endpoint.as_deref().filter(|url| !url.is_empty()) {
        Some(url) => Some(Telemetry::to(url)?),
        None => None,
    };
    let public_url = match args.public_url.as_deref().filter(|url| !url.is_empty()) {
        Some(url) => {
            Some(url.parse::<BaseUrl>().map_err(|error| format!("--public-url: {error}"))?)
        }
        None => None,
    };
    let tls = args.tls.files().map(Tls::load).transpose()?;
    let listener = http::bind(&args.listen, "--listen")?;
    let metrics_address = args.metrics_listen.as_deref().filter(|address| !address.is_empty());
    let metrics_listener =
        metrics_address.map(|address| http::bind(address, "--metrics-listen")).transpose()?;
    let storage = storage::open(&args.database.database_url).await?;
    if let Some(Exposure { path, mode }) = storage::exposure(&args.database.database_url)? {
        tracing::warn!(
            "the group of the database {} can get at it (mode {mode:04o})",
            path.display()
        );
    }
    let mut limits = HashingLimits::default();
    if let Some(concurrent) = args.hash_concurrency {
        limits.concurrent = concurrent.into();
    }
    if let Err(error) = connection::raise_file_limit() {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
    let lifetimes =
        Lifetimes { access_seconds: args.access_lifetime, refresh_seconds: args.refresh_lifetime };
    let mut tokens =
        TokenIssuer::new(Arc::clone(&keys), lifetimes, Arc::clone(&clock), Arc::clone(&random));
    let lists = public_url.clone().map(StatusLists::new);
    if let Some(lists) = &lists {
        tokens = tokens.with_status_lists(lists.clone());
    }
    let lists = lists.map(|lists| {
        let (keys, storage, clock) = (Arc::clone(&keys), Arc::clone(&storage), Arc::clone(&clock));
        StatusListService::new(lists, args.status_list_ttl, keys, storage, clock)
    });
    let redis = match args.redis_url.as_deref().filter(|url| !url.is_empty()) {
        Some(url) => Some(RedisPublisher::new(url, storage.clone(), Arc::clone(&clock))?),
        None => None,
    };
    let revocations = Arc::new(Revocations::new(lists, redis));
    let sessions = Sessions::new(
        storage.clone(),
        tokens,
        Arc::clone(&clock),
        args.rotate_refresh_tokens,
        Arc::clone(&revocations),
    );
    let publishing = tokio::spawn({
        let revocations = Arc::clone(&revocations);
        async move { revocations.run().await }
    });
    let flushing = tokio::spawn(flush_regularly(Arc::clone(&storage), Arc::clone(&clock)));
    let login_limits = LoginLimits {
        per_address: args.login_limit_address,
        per_name: args.login_limit_name,
        per_name_everywhere: args.login_limit_name_everywhere,
    };
    let issuer = Arc::new(Issuer {
        storage: Arc::clone(&storage),
        public_url,
        readiness: Readiness::default(),
        passwords: PasswordHasher::new(limits, Arc::clone(&random))?,
        sessions,
        checker: TokenChecker::new(Arc::clone(&keys)),
        throttle: Throttle::new(login_limits, args.trusted_proxies, &clock),
        revocations,
        metrics: Metrics::default(),
        random,
        clock,
        keys,
        on_claims_change: args.claims.on_claims_change,
    });

    let reloading = reloads
        .then(|| tokio::spawn(follow_the_keys(Arc::clone(&issuer.keys), directory, version)));
    let stop = stop_signal()?;
    let metrics = match metrics_listener {
        Some(listener) => {
            tracing::info!("metrics at http://{}/metrics", listener.local_addr()?);
            Some(tokio::spawn(http::serve(
                listener,
                http::metrics_router(Arc::clone(&issuer)),
                None,
                Connections::default(),
                std::future::pending(),
            )))
        }
        None => None,
    };
    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    tracing::info!(%address, kid = issuer.keys.current().signing.kid(), "serving on {scheme}://{address}");
    let following = tls.clone().map(|tls| tokio::spawn(tls.follow()));
    let at_most = args.max_connections as usize;
    let connections =
        Connections { at_most, count: issuer.metrics.connections(), ..Connections::default() };
    let mut router = http::router(issuer, &args.cors_origins);
    if let Some(telemetry) = &telemetry {
        router = http::traced(router, telemetry.tracer());
    }
    http::serve(listener, router, tls.as_ref(), connections, stop).await?;
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    if let Some(following) = following {
        following.abort();
    }
    flushing.abort();
    publishing.abort();
    if let Some(reloading) = reloading {
        reloading.abort();
    }
    storage.close().await;
    if let Some(telemetry) = telemetry {
        telemetry.stop().await;
    }
    tracing::info!("stopped");
    Ok(())
}

/// Deletes what has expired so long ago that no copy of a status list tells of it any more, at the
/// start and then every hour.
async fn flush_regularly(storage: Arc<dyn Storage>, clock: Arc<dyn Clock>) {
    let mut hour = tokio::time::interval(Duration::from_secs(3_600));
    loop {
        hour.tick().await;
        match storage.flush_expired(clock.now().timestamp() - FLUSH_MARGIN).await {
            Ok(sessions) => tracing::debug!(sessions, "deleted the expired sessions"),
            Err(error) => tracing::error!(%error, "expired sessions could not be deleted"),
        }
    }
}

/// Keys of a secret manager: `ISSUER_PRIVATE_KEY`; `ISSUER_PUBLIC_KEYS`, which are published for
/// other verifiers; and `ISSUER_RETIRED_KEYS`, which signed before and whose tokens are still
/// accepted. Not flags: every user of the machine can read arguments.
pub(super) fn keys_from_environment() -> Result<Option<IssuerKeys>, Failure> {
    let variable = |name: &str| match std::env::var(name) {
        Ok(text) => Ok(Some(Zeroizing::new(text)).filter(|text| !text.trim().is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(format!("the variable {name} is not text")),
    };
    let (published, retired) = (variable("ISSUER_PUBLIC_KEYS")?, variable("ISSUER_RETIRED_KEYS")?);
    let Some(private) = variable("ISSUER_PRIVATE_KEY")? else {
        let name = match (published, retired) {
            (None, None) => return Ok(None),
            (Some(_), _) => "ISSUER_PUBLIC_KEYS",
            (None, Some(_)) => "ISSUER_RETIRED_KEYS",
        };
        let advice = "set both, or neither for the keys directory";
        return Err(format!("{name} is set and ISSUER_PRIVATE_KEY is not: {advice}").into());
    };
    let text = |text: &'_ Option<Zeroizing<String>>| text.as_ref().map(|text| text.to_string());
    let keys =
        IssuerKeys::from_text(&private, text(&published).as_deref(), text(&retired).as_deref());
    Ok(Some(keys.map_err(|error| {
        format!(
            "ISSUER_PRIVATE_KEY, ISSUER_PUBLIC_KEYS or ISSUER_RETIRED_KEYS cannot be used: {error}"
        )
    })?))
}

/// Takes over new keys within seconds. Keys that cannot be used change nothing but the log, and
/// are tried again: what repairs them, the mode of a file or a file that was missing, need not
/// touch the one whose time is looked at.
async fn follow_the_keys(
    keys: Arc<LiveKeys>,
    directory: KeyDirectory,
    known: Option<(SystemTime, u64)>,
) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let mut follower = KeyFollower { keys, directory, known, fault: None };
    loop {
        tick.tick().await;
        let mut next = follower.clone();
        let look = move || {
            next.look();
            next
        };
        follower = tokio::task::spawn_blocking(look).await.unwrap_or(follower);
    }
}

#[derive(Clone)]
struct KeyFollower {
    keys: Arc<LiveKeys>,
    directory: KeyDirectory,
    /// Of the keys in use.
    known: Option<(SystemTime, u64)>,
    /// Why the directory cannot be used, as the log has it already.
    fault: Option<String>,
}

impl KeyFollower {
    fn look(&mut self) {
        let version = self.directory.version();
        let is_new = version != self.known && version.is_some();
        if !is_new && self.fault.is_none() {
            return;
        }
        match self.keys.reload(&self.directory) {
            Ok(changed) => {
                if changed {
                    tracing::info!(
                        kid = self.keys.current().signing.kid(),
                        "the keys have changed"
                    );
                } else if self.fault.is_some() {
                    tracing::info!("the keys can be used again");
                }
                (self.known, self.fault) = (version, None);
            }
            Err(error) => {
                let error = error.to_string();
                if self.fault.as_ref() != Some(&error) {
                    tracing::error!(error, "the new keys cannot be used; those before go on");
                    self.fault = Some(error);
                }
            }
        }
    }
}

/// Done at the first SIGTERM or SIGINT.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn start_log(args: &ServeArgs) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&args.log).map_err(|_| {
        format!("{:?} is not a log filter: try info, or info,sqlx=debug, with --log", args.log)
    })?;
    let colours = std::io::stderr().is_terminal();
    let escapes = match args.log_format {
        LogFormat::Text => Escapes::Text { colours },
        LogFormat::Json => Escapes::Json,
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || LogWriter::new(escapes));
    // A log line that cannot be written would be reported with a macro that panics on a closed
    // pipe.
    let log = log.log_internal_errors(false);
    match args.log_format {
        LogFormat::Text => log.with_ansi(colours).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
