//! Reloading the keys of a running issuer when their directory changes.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{KeyDirectory, LiveKeys};

/// Time between two checks of the directory.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Reloads keys when their directory changes. Unusable keys are logged and change nothing, but are
/// tried again: what repairs them, like the mode of a file, need not touch the file whose version
/// is compared.
#[derive(Clone)]
pub(crate) struct KeyFollower {
    keys: Arc<LiveKeys>,
    directory: KeyDirectory,
    /// Version of the directory that the current keys come from.
    version: Option<(SystemTime, u64)>,
    /// The last logged reason why the directory is unusable.
    problem: Option<String>,
}

impl KeyFollower {
    /// `version`: of the directory, before `keys` were loaded from it.
    pub(crate) fn new(
        keys: Arc<LiveKeys>,
        directory: KeyDirectory,
        version: Option<(SystemTime, u64)>,
    ) -> Self {
        Self { keys, directory, version, problem: None }
    }

    /// Follows the directory until it is dropped.
    pub(crate) async fn run(mut self) {
        let mut interval = tokio::time::interval(POLL_INTERVAL);
        loop {
            interval.tick().await;
            let mut next = self.clone();
            let poll = move || {
                next.reload_if_changed();
                next
            };
            self = tokio::task::spawn_blocking(poll).await.unwrap_or(self);
        }
    }

    fn reload_if_changed(&mut self) {
        let version = self.directory.version();
        let is_new = version != self.version && version.is_some();
        if !is_new && self.problem.is_none() {
            return;
        }
        match self.keys.reload(&self.directory) {
            Ok(changed) => {
                if changed {
                    tracing::info!(
                        kid = self.keys.current().signing.kid(),
                        "the keys have changed"
                    );
                } else if self.problem.is_some() {
                    tracing::info!("the keys can be used again");
                }
                (self.version, self.problem) = (version, None);
            }
            Err(error) => {
                let error = error.to_string();
                if self.problem.as_ref() != Some(&error) {
                    tracing::error!(error, "cannot use the new keys; keeping the previous ones");
                    self.problem = Some(error);
                }
            }
        }
    }
}
