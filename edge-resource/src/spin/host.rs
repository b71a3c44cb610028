//! [`UploadHost`] with Spin.

use edge_auth::StoreError;
use edge_component::spin::{SpinHost, store};

use crate::host::UploadHost;

impl UploadHost for SpinHost {
    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        store::remove(key, self).await
    }

    async fn keys(&self, each: impl FnMut(&str)) -> Result<(), StoreError> {
        store::keys(each, self).await
    }
}
