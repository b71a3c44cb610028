//! The key-value store of Spin, in one SQLite file.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use rusqlite::{Connection, OptionalExtension};
use wasmtime::component::{Accessor, FutureReader, HasData, Linker, Resource, ResourceTable, StreamReader};

use crate::imports::spin::key_value::key_value::{self, Error};
use crate::key_listing::KeyListing;

/// The only store there is, as in Spin without a runtime configuration.
const LABEL: &str = "default";

/// Longest key, in bytes.
const MAX_KEY: usize = 1024;

/// Keys listed at a time: a listing holds up others, and memory, no longer than that.
pub(crate) const PAGE: u16 = 512;

/// The file, shared by all instances. Cheap to clone.
#[derive(Clone)]
pub(crate) struct KeyValue(Arc<Mutex<Connection>>);

/// A store that a component has opened.
#[expect(unreachable_pub, reason = "the generated interfaces re-export it")]
pub struct Handle;

impl KeyValue {
    /// Opens the file, and makes it when it is missing.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let open = || {
            let file = Connection::open(path)?;
            file.busy_timeout(Duration::from_secs(5))?;
            // What has been written is there after the program ends in any way; a power cut may take the last moments.
            file.execute_batch(
                "PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = NORMAL;
                 PRAGMA journal_size_limit = 67108864;
                 CREATE TABLE IF NOT EXISTS key_value (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL);",
            )?;
            Ok::<_, rusqlite::Error>(file)
        };
        let file = open().with_context(|| format!("the key-value store {} cannot be opened", path.display()))?;
        Ok(Self(Arc::new(Mutex::new(file))))
    }

    /// Works with the file where waiting for it holds nobody up.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let file = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&file.lock().unwrap_or_else(PoisonError::into_inner)))
            .await
            .map_err(|error| Error::Other(error.to_string()))?
            .map_err(|error| Error::Other(error.to_string()))
    }

    async fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error> {
        self.run(move |file| {
            file.prepare_cached("SELECT value FROM key_value WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()
        })
        .await
    }

    pub(crate) async fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        if key.len() > MAX_KEY {
            return Err(Error::Other(format!("the key is longer than {MAX_KEY} bytes")));
        }
        self.run(move |file| {
            file.prepare_cached("INSERT INTO key_value VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")?
                .execute((key, value))
        })
        .await
        .map(drop)
    }

    async fn delete(&self, key: String) -> Result<(), Error> {
        self.run(move |file| file.prepare_cached("DELETE FROM key_value WHERE key = ?1")?.execute([key]))
            .await
            .map(drop)
    }

    async fn exists(&self, key: String) -> Result<bool, Error> {
        self.run(move |file| file.prepare_cached("SELECT 1 FROM key_value WHERE key = ?1")?.exists([key])).await
    }

    /// The next keys in their order, up to [`PAGE`].
    pub(crate) async fn keys_after(&self, last: Option<String>) -> Result<Vec<String>, Error> {
        self.run(move |file| match last {
            None => file
                .prepare_cached("SELECT key FROM key_value ORDER BY key LIMIT ?1")?
                .query_map([PAGE], |row| row.get(0))?
                .collect(),
            Some(last) => file
                .prepare_cached("SELECT key FROM key_value WHERE key > ?2 ORDER BY key LIMIT ?1")?
                .query_map((PAGE, last), |row| row.get(0))?
                .collect(),
        })
        .await
    }
}

/// What the store's functions need of an instance.
pub(crate) struct View<'a> {
    pub(crate) table: &'a mut ResourceTable,
    pub(crate) key_value: KeyValue,
}

/// An instance's data that has a key-value store.
pub(crate) trait HasKeyValue: Send + 'static {
    fn key_value(&mut self) -> View<'_>;
}

/// Gives components linked with `linker` the store that `T` holds.
pub(crate) fn add_to_linker<T: HasKeyValue>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    key_value::add_to_linker::<T, Shared>(linker, T::key_value)
}

struct Shared;

impl HasData for Shared {
    type Data<'a> = View<'a>;
}

impl key_value::Host for View<'_> {}

impl key_value::HostStore for View<'_> {
    fn drop(&mut self, store: Resource<Handle>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

fn shared<T>(store: &Accessor<T, Shared>) -> KeyValue {
    store.with(|mut access| access.get().key_value.clone())
}

impl<T: 'static> key_value::HostStoreWithStore<T> for Shared {
    async fn open(store: &Accessor<T, Self>, label: String) -> wasmtime::Result<Result<Resource<Handle>, Error>> {
        if label != LABEL {
            return Ok(Err(Error::NoSuchStore));
        }
        let handle = store.with(|mut access| access.get().table.push(Handle))?;
        Ok(Ok(handle))
    }

    async fn get(store: &Accessor<T, Self>, _: Resource<Handle>, key: String) -> Result<Option<Vec<u8>>, Error> {
        shared(store).get(key).await
    }

    async fn set(store: &Accessor<T, Self>, _: Resource<Handle>, key: String, value: Vec<u8>) -> Result<(), Error> {
        shared(store).set(key, value).await
    }

    async fn delete(store: &Accessor<T, Self>, _: Resource<Handle>, key: String) -> Result<(), Error> {
        shared(store).delete(key).await
    }

    async fn exists(store: &Accessor<T, Self>, _: Resource<Handle>, key: String) -> Result<bool, Error> {
        shared(store).exists(key).await
    }

    async fn get_keys(
        store: &Accessor<T, Self>,
        _: Resource<Handle>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let (keys, end) = KeyListing::new(shared(store));
        store.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            // Without an end, the component has dropped the stream before.
            let outcome =
                FutureReader::new(&mut access, async move { wasmtime::error::Ok(end.await.unwrap_or(Ok(()))) })?;
            Ok((keys, outcome))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn values_outlive_the_program() {
        let path = std::env::temp_dir().join(format!("key-value-{}.sqlite3", std::process::id()));
        let store = KeyValue::open(&path).expect("opens");
        store.set("a".into(), b"1".to_vec()).await.expect("is set");
        store.set("a".into(), b"2".to_vec()).await.expect("is set again");
        store.set("b".into(), Vec::new()).await.expect("is set");
        drop(store);

        let store = KeyValue::open(&path).expect("opens again");
        assert_eq!(store.get("a".into()).await.expect("works"), Some(b"2".to_vec()));
        assert_eq!(store.get("c".into()).await.expect("works"), None);
        assert!(store.exists("b".into()).await.expect("works"));
        store.delete("b".into()).await.expect("works");
        store.delete("b".into()).await.expect("works twice");
        assert_eq!(store.keys_after(None).await.expect("works"), ["a"]);
        assert_eq!(store.keys_after(Some("a".into())).await.expect("works"), [""; 0]);
        assert!(store.set("k".repeat(MAX_KEY + 1), Vec::new()).await.is_err());
        drop(store);
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
        }
    }
}
