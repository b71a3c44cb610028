//! The keys of a running issuer, from the environment or the keys directory.

use std::env::VarError;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::failure::Failure;
use crate::config::ServeArgs;
use crate::keys::{IssuerKeys, KeyDirectory, KeyFollower, LiveKeys};

/// Loads the keys that the settings name. The follower reloads them; keys from the environment have
/// none.
pub(super) fn load(args: &ServeArgs) -> Result<(Arc<LiveKeys>, Option<KeyFollower>), Failure> {
    let from_environment = from_environment()?;
    let accepted = args.accepted_tokens()?;
    let trusted =
        args.trust_key.load(&accepted).map_err(|error| format!("--trust-key: {error}"))?;
    let (keys, followed) = match from_environment {
        Some(keys) => (keys, None),
        None => {
            let directory = KeyDirectory::new(&args.keys.keys_dir);
            let version = directory.version();
            (directory.load()?, Some((directory, version)))
        }
    };
    let keys = Arc::new(LiveKeys::trusting(keys, accepted, trusted));
    for key in keys.trusted() {
        tracing::warn!(kid = key.kid(), "refresh tokens of a key of another system are exchanged");
    }
    let follower = followed
        .map(|(directory, version)| KeyFollower::new(Arc::clone(&keys), directory, version));
    Ok((keys, follower))
}

/// Reads the keys of a secret manager: `ISSUER_PRIVATE_KEY` signs; `ISSUER_PUBLIC_KEYS` are
/// published for other verifiers; `ISSUER_RETIRED_KEYS` signed before, and their tokens are still
/// accepted. There are no options for them: every user of the machine can read arguments.
pub(super) fn from_environment() -> Result<Option<IssuerKeys>, Failure> {
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
    Ok(Some(keys?))
}
