//! A stream of all keys, read from the store in pages while the component reads the stream.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{Destination, StreamProducer, StreamResult, VecBuffer};

use super::store::{KeyValueStore, StoreError};

type Page = Pin<Box<dyn Future<Output = Result<Vec<String>, StoreError>> + Send>>;

/// A stream of keys in ascending order. Every key that exists during the whole listing is in it
/// once; one that is set or deleted meanwhile may be missing.
pub(super) struct KeyListing {
    store: KeyValueStore,
    /// The last key that was read.
    after: Option<String>,
    /// The query for the next page, while it runs.
    page: Option<Page>,
    outcome: Option<oneshot::Sender<Result<(), StoreError>>>,
}

impl KeyListing {
    /// Returns the stream, and a receiver for its result: an error when it ended early.
    pub(super) fn new(store: KeyValueStore) -> (Self, oneshot::Receiver<Result<(), StoreError>>) {
        let (outcome, end) = oneshot::channel();
        (Self { store, after: None, page: None, outcome: Some(outcome) }, end)
    }

    /// Polls for the next page; an empty one is the end.
    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Vec<String>> {
        let page = self.page.get_or_insert_with(|| {
            let (store, after) = (self.store.clone(), self.after.clone());
            Box::pin(async move { store.keys_after(after).await })
        });
        let page = ready!(page.as_mut().poll(cx));
        self.page = None;
        let (keys, outcome) = match page {
            Ok(keys) => (keys, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        match keys.last() {
            Some(last) => self.after = Some(last.clone()),
            // The receiver may be gone.
            None => drop(self.outcome.take().map(|end| end.send(outcome))),
        }
        Poll::Ready(keys)
    }
}

impl<D: 'static> StreamProducer<D> for KeyListing {
    type Item = String;
    type Buffer = VecBuffer<String>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, String, VecBuffer<String>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if destination.remaining(&mut store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        match self.poll_page(cx) {
            Poll::Ready(keys) if keys.is_empty() => Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Ready(keys) => {
                destination.set_buffer(keys.into());
                Poll::Ready(Ok(StreamResult::Completed))
            }
            // The next read continues with this query.
            Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_value::store::PAGE;
    use std::future::poll_fn;

    #[tokio::test]
    async fn every_key_is_listed_once_page_by_page() {
        let directory =
            std::env::temp_dir().join(format!("key-listing-{}.sqlite3", std::process::id()));
        let store = KeyValueStore::open(&directory).expect("opens");
        for number in 0..2 * PAGE + 1 {
            store.set(format!("key {number}"), Vec::new()).await.expect("is set");
        }
        let (mut listing, end) = KeyListing::new(store.clone());
        let mut sizes = Vec::new();
        let mut all = Vec::new();
        loop {
            let page = poll_fn(|cx| listing.poll_page(cx)).await;
            sizes.push(page.len());
            all.extend(page);
            if sizes.last() == Some(&0) {
                break;
            }
        }
        assert_eq!(sizes, [usize::from(PAGE), usize::from(PAGE), 1, 0]);
        end.await.expect("the listing ended").expect("no query failed");
        let mut expected: Vec<_> =
            (0..2 * PAGE + 1).map(|number| format!("key {number}")).collect();
        expected.sort();
        assert_eq!(all, expected);
        drop((listing, store));
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", directory.display()));
        }
        let _ = std::fs::remove_file(directory.with_extension("reserve"));
    }
}
