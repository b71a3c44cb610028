//! Shared by the tests of this crate: the host of the tests of `edge-auth`.

#[path = "../../edge-auth/src/testing/test_host.rs"]
#[expect(dead_code, reason = "the tests of this crate use a part of it")]
mod test_host;

use edge_auth::StoreError;

use crate::host::UploadHost;

pub(crate) use test_host::TestHost;
pub(crate) use test_support::claims::NOW;

impl UploadHost for TestHost {
    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        self.change_store()?;
        self.store.borrow_mut().remove(key);
        Ok(())
    }

    async fn keys(&self, mut each: impl FnMut(&str)) -> Result<(), StoreError> {
        self.store.borrow().keys().for_each(|key| each(key));
        Ok(())
    }
}
