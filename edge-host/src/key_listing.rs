//! All keys of the store, read in pages while the component reads them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{Destination, StreamProducer, StreamResult, VecBuffer};

use crate::imports::spin::key_value::key_value::Error;
use crate::key_value::KeyValue;

type Page = Pin<Box<dyn Future<Output = Result<Vec<String>, Error>> + Send>>;

/// A stream of keys in their order. What is set or deleted meanwhile may be in it or not; every
/// other key is, once.
pub(crate) struct KeyListing {
    store: KeyValue,
    /// The last key of the pages before.
    after: Option<String>,
    /// Runs while the component waits.
    page: Option<Page>,
    outcome: Option<oneshot::Sender<Result<(), Error>>>,
}

impl KeyListing {
    /// The stream, and what is told at its end: whether it has them all.
    pub(crate) fn new(store: KeyValue) -> (Self, oneshot::Receiver<Result<(), Error>>) {
        let (outcome, end) = oneshot::channel();
        (Self { store, after: None, page: None, outcome: Some(outcome) }, end)
    }

    /// The next keys; an empty page is the end.
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
            // Nobody may be interested.
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
            // The page is kept for the next read.
            Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_value::PAGE;
    use std::future::poll_fn;

    #[tokio::test]
    async fn every_key_is_listed_once_page_by_page() {
        let directory =
            std::env::temp_dir().join(format!("key-listing-{}.sqlite3", std::process::id()));
        let store = KeyValue::open(&directory).expect("opens");
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
        end.await.expect("it is told").expect("it has them all");
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
