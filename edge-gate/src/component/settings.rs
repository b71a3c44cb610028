//! Where the gate's variables come from: Spin, or the environment.

#[cfg(not(feature = "spin"))]
use std::collections::BTreeSet;

#[cfg(feature = "spin")]
use edge_component::spin::{SPIN_HOST_WITHOUT_STORE, SpinRedis, read_variable};
use edge_component::wasi::ComponentHost;
#[cfg(not(feature = "spin"))]
use edge_component::wasi::{NoServices, WASI_HOST};

#[cfg(not(feature = "spin"))]
use crate::settings::PREFIX;
use crate::settings::{Platform, Variables};

/// Without a store: the component behind the gate can write it, and would be trusted with the keys.
#[cfg(feature = "spin")]
pub(super) const HOST: ComponentHost<SpinRedis> = SPIN_HOST_WITHOUT_STORE;
#[cfg(not(feature = "spin"))]
pub(super) const HOST: ComponentHost<NoServices> = WASI_HOST;

#[cfg(feature = "spin")]
pub(super) const PLATFORM: Platform = Platform::Spin;
#[cfg(not(feature = "spin"))]
pub(super) const PLATFORM: Platform = Platform::Wasi;

/// Reads Spin's variables, whose names cannot be listed: a misspelt one counts as not set.
///
/// # Errors
/// A text that names the variable.
#[cfg(feature = "spin")]
pub(super) async fn read_variables() -> Result<Variables, String> {
    Variables::read(async |name: &str| read_variable(name).await).await
}

/// Reads the environment, where the names have upper-case letters.
///
/// # Errors
/// A text that names the variable, also for one with the prefix that the gate does not have.
#[cfg(not(feature = "spin"))]
pub(super) async fn read_variables() -> Result<Variables, String> {
    let known: BTreeSet<String> =
        Variables::declared().map(|(name, _)| name.to_ascii_uppercase()).collect();
    let prefix = PREFIX.to_ascii_uppercase();
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.to_ascii_uppercase().starts_with(&prefix) && !known.contains(&*name) {
            let known: Vec<String> = known.into_iter().collect();
            return Err(format!(
                "the gate has no variable {name:?} in the environment; it has {}",
                known.join(", ")
            ));
        }
    }
    Variables::read(async |name: &str| {
        let name = name.to_ascii_uppercase();
        match std::env::var(&name) {
            Ok(value) => Ok(value),
            Err(std::env::VarError::NotPresent) => Ok(String::new()),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(format!("the variable `{name}` in the environment is not UTF-8"))
            }
        }
    })
    .await
}
