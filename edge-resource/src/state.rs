//! The state of an instance that its requests share.

use edge_auth::Authorizer;

use crate::limits::Limits;
use crate::storage::Sweeper;
use crate::store_probe::StoreProbe;

/// Shared by the requests in progress.
pub(crate) struct State {
    pub(crate) authorizer: Authorizer,
    pub(crate) limits: Limits,
    pub(crate) probe: StoreProbe,
    pub(crate) sweeper: Sweeper,
    /// Names of the variables whose values are not the defaults.
    pub(crate) variables: Vec<&'static str>,
}
