//! `issuer serve`: connects the parts of the server and runs them until a stop signal.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::failure::Failure;
use super::{signal, signing_keys};
use crate::clock::{Clock, SystemClock};
use crate::config::ServeArgs;
use crate::http::{self, Connections, Issuer, Tls};
use crate::random::{Random, SystemRandom};
use crate::storage::{self, Exposure};
use crate::telemetry::Telemetry;
use crate::{logging, upkeep};

pub(super) async fn run(args: ServeArgs) -> Result<(), Failure> {
    logging::start(&args.log, args.log_format)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> = Arc::new(SystemRandom);

    let (keys, key_follower) = signing_keys::load(&args)?;
    let telemetry = args.otlp_endpoint().map(Telemetry::to).transpose()?;
    let settings = args.issuer_settings()?;
    let tls = args.tls.files().map(Tls::load).transpose()?;
    let listener = http::bind(&args.listen, "--listen")?;
    let metrics_listener =
        args.metrics_listen().map(|address| http::bind(address, "--metrics-listen")).transpose()?;
    let database_url = &args.database.database_url;
    let storage = storage::open(database_url).await?;
    warn_of_exposure(database_url)?;
    if let Err(error) = connection::raise_file_limit() {
        tracing::debug!(%error, "cannot raise the limit of open files");
    }
    let issuer = Issuer::new(
        settings,
        Arc::clone(&keys),
        Arc::clone(&storage),
        Arc::clone(&clock),
        Arc::clone(&random),
    )?;
    let issuer = Arc::new(issuer);

    // Aborted when it is dropped.
    let mut background = JoinSet::new();
    background.spawn({
        let revocations = Arc::clone(issuer.revocations());
        async move { revocations.run().await }
    });
    background.spawn(upkeep::run(Arc::clone(&storage), clock));
    if let Some(follower) = key_follower {
        background.spawn(follower.run());
    }
    if let Some(tls) = tls.clone() {
        background.spawn(tls.follow());
    }
    let stop = signal::stop()?;
    if let Some(listener) = metrics_listener {
        tracing::info!("metrics at http://{}/metrics", listener.local_addr()?);
        let router = http::metrics_router(Arc::clone(&issuer));
        background.spawn(async move {
            let forever = std::future::pending();
            let limits = Connections::default();
            if let Err(error) = http::serve(listener, router, None, limits, forever).await {
                tracing::error!(%error, "the server of the metrics failed");
            }
        });
    }

    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let kid = keys.current().signing.kid().to_owned();
    tracing::info!(%address, kid, "serving on {scheme}://{address}");
    let connections = Connections {
        max: args.max_connections as usize,
        count: issuer.metrics().connections(),
        ..Connections::default()
    };
    let mut router = http::router(issuer, &args.cors_origins);
    if let Some(telemetry) = &telemetry {
        router = http::traced(router, telemetry.tracer());
    }
    http::serve(listener, router, tls.as_ref(), connections, stop).await?;

    drop(background);
    storage.close().await;
    if let Some(telemetry) = telemetry {
        telemetry.stop().await;
    }
    tracing::info!("stopped");
    Ok(())
}

fn warn_of_exposure(database_url: &str) -> Result<(), Failure> {
    if let Some(Exposure { path, mode }) = storage::exposure(database_url)? {
        let path = path.display();
        tracing::warn!("the group of the database {path} can access it (mode {mode:04o})");
    }
    Ok(())
}
