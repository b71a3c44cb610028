//! The key-value store of Spin, in one SQLite file.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use rusqlite::{Connection, ErrorCode, OptionalExtension, ffi};
use wasmtime::component::{
    Accessor, FutureReader, HasData, Linker, Resource, ResourceTable, StreamReader,
};

use crate::imports::spin::key_value::key_value::{self, Error};
use crate::key_listing::KeyListing;
use crate::reserve::Reserve;

/// The only store there is, as in Spin without a runtime configuration.
const LABEL: &str = "default";

/// Longest key, in bytes.
const MAX_KEY: usize = 1024;

/// Keys listed at a time: a listing holds up others, and memory, no longer than that.
pub(crate) const PAGE: u16 = 512;

/// Free pages of the file that are kept for what is stored next; more are given back to the disk.
const FREE_PAGES: u32 = 256;

/// Pages given back after one deletion: more than one value of 256 KiB frees, so that the file
/// follows its content.
const PAGES_AT_ONCE: u32 = 128;

/// Pages given back before the log is moved into the file for it: 4 MiB.
const PAGES_IN_THE_LOG: u32 = 1024;

/// The file, shared by all instances. Cheap to clone.
#[derive(Clone)]
pub(crate) struct KeyValue(Arc<Mutex<Store>>);

struct Store {
    file: Connection,
    reserve: Reserve,
    /// Pages given back since the log was last moved into the file; the file ends earlier only
    /// then.
    given_back: u32,
}

/// A store that a component has opened.
#[expect(unreachable_pub, reason = "the generated interfaces re-export it")]
pub struct Handle;

impl KeyValue {
    /// Opens the file, and makes it when it is missing.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let mut reserve = Reserve::at(Some(&path.with_extension("reserve")));
        let file = connect(path).or_else(|error| {
            if !is_full(&error) {
                return Err(error);
            }
            reserve.release();
            connect(path)
        });
        let file = file
            .with_context(|| format!("the key-value store {} cannot be opened", path.display()))?;
        let mut store = Store { file, reserve, given_back: 0 };
        if !store.reserve.restore() {
            tracing::warn!(
                "the disk of the key-value store is full: nothing can be stored until something is deleted"
            );
        }
        Ok(Self(Arc::new(Mutex::new(store))))
    }

    /// A store that ends with the value.
    pub(crate) fn in_memory() -> anyhow::Result<Self> {
        let file = connect(Path::new(":memory:")).context("no key-value store in memory")?;
        Ok(Self(Arc::new(Mutex::new(Store { file, reserve: Reserve::at(None), given_back: 0 }))))
    }

    /// Works with the file where waiting for it holds nobody up.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let store = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            work(&mut store.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await
        .map_err(|error| Error::Other(error.to_string()))?
        .map_err(|error| Error::Other(error.to_string()))
    }

    async fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error> {
        self.run(move |store| {
            store
                .file
                .prepare_cached("SELECT value FROM key_value WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()
        })
        .await
    }

    pub(crate) async fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        if key.len() > MAX_KEY {
            return Err(Error::Other(format!("the key is longer than {MAX_KEY} bytes")));
        }
        self.run(move |store| store.set(&key, &value)).await
    }

    async fn delete(&self, key: String) -> Result<(), Error> {
        self.run(move |store| store.delete(&key)).await
    }

    async fn exists(&self, key: String) -> Result<bool, Error> {
        self.run(move |store| {
            store.file.prepare_cached("SELECT 1 FROM key_value WHERE key = ?1")?.exists([key])
        })
        .await
    }

    /// The next keys in their order, up to [`PAGE`].
    pub(crate) async fn keys_after(&self, last: Option<String>) -> Result<Vec<String>, Error> {
        self.run(move |Store { file, .. }| match last {
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

impl Store {
    /// Sets a value. Refuses to while the reserve is released: that space is for deletions.
    fn set(&mut self, key: &str, value: &[u8]) -> rusqlite::Result<()> {
        if !self.reserve.restore() {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None));
        }
        self.file
            .prepare_cached(
                "INSERT INTO key_value VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
            )?
            .execute((key, value))
            .map(drop)
    }

    /// Deletes a key. Deleting writes too, into the log: on a full disk, into what the reserve
    /// gives.
    fn delete(&mut self, key: &str) -> rusqlite::Result<()> {
        let delete = |file: &Connection| {
            file.prepare_cached("DELETE FROM key_value WHERE key = ?1")?.execute([key]).map(drop)
        };
        match delete(&self.file) {
            Err(error) if is_full(&error) && self.reserve.is_there() => {
                tracing::warn!(
                    "the disk of the key-value store is full: its reserve is used for deleting"
                );
                self.reserve.release();
                // What the log holds goes into the file, and the log begins anew.
                self.checkpoint()?;
                delete(&self.file)?;
            }
            outcome => outcome?,
        }
        // The key is deleted, whatever comes of the space it had.
        let mut given_back = if self.reserve.is_there() { self.give_back() } else { Ok(()) };
        if given_back.as_ref().is_err_and(is_full) {
            self.reserve.release();
        }
        if !self.reserve.is_there() {
            given_back = self.give_all_back();
        }
        if let Err(error) = given_back {
            tracing::warn!("no space given back by the key-value store: {error}");
        }
        self.reserve.restore();
        Ok(())
    }

    /// Gives some free pages back to the disk, once there are many.
    fn give_back(&mut self) -> rusqlite::Result<()> {
        if self.free_pages()? > FREE_PAGES {
            self.vacuum()?;
            self.given_back += PAGES_AT_ONCE;
        }
        if self.given_back >= PAGES_IN_THE_LOG {
            self.given_back = 0;
            self.checkpoint()?;
        }
        Ok(())
    }

    /// Gives all free pages back, each step with an empty log.
    fn give_all_back(&self) -> rusqlite::Result<()> {
        self.checkpoint()?;
        let mut before = u32::MAX;
        loop {
            let free = self.free_pages()?;
            // A file from before has none that it could give back.
            if free == 0 || free >= before {
                return Ok(());
            }
            before = free;
            self.vacuum()?;
            self.checkpoint()?;
        }
    }

    fn free_pages(&self) -> rusqlite::Result<u32> {
        self.file.prepare_cached("PRAGMA freelist_count")?.query_row([], |row| row.get(0))
    }

    fn vacuum(&self) -> rusqlite::Result<()> {
        let mut vacuum =
            self.file.prepare(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?;
        let mut rows = vacuum.query([])?;
        // Each step moves a page.
        while rows.next()?.is_some() {}
        Ok(())
    }

    /// Moves the log into the file, and empties it.
    fn checkpoint(&self) -> rusqlite::Result<()> {
        self.file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let file = Connection::open(path)?;
    file.busy_timeout(Duration::from_secs(5))?;
    // Only in this order does a new file learn to give its free pages back. What has been written
    // is there after the program ends in any way; a power cut may take the last moments.
    file.execute_batch(
        "PRAGMA auto_vacuum = INCREMENTAL;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA journal_size_limit = 4194304;
         CREATE TABLE IF NOT EXISTS key_value (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL);",
    )?;
    let gives_back: u32 = file.query_row("PRAGMA auto_vacuum", [], |row| row.get(0))?;
    if gives_back == 0
        && let Err(error) = file.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;")
    {
        tracing::warn!("the key-value store cannot be rewritten, and gives no space back: {error}");
    }
    Ok(file)
}

/// Whether an operation failed for want of space, as the disk says it or as SQLite finds it out.
fn is_full(error: &rusqlite::Error) -> bool {
    let rusqlite::Error::SqliteFailure(error, _) = error else { return false };
    error.code == ErrorCode::DiskFull
        || [
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_SHMSIZE,
            ffi::SQLITE_IOERR_SHMOPEN,
        ]
        .contains(&error.extended_code)
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
    async fn open(
        store: &Accessor<T, Self>,
        label: String,
    ) -> wasmtime::Result<Result<Resource<Handle>, Error>> {
        if label != LABEL {
            return Ok(Err(Error::NoSuchStore));
        }
        let handle = store.with(|mut access| access.get().table.push(Handle))?;
        Ok(Ok(handle))
    }

    async fn get(
        store: &Accessor<T, Self>,
        _: Resource<Handle>,
        key: String,
    ) -> Result<Option<Vec<u8>>, Error> {
        shared(store).get(key).await
    }

    async fn set(
        store: &Accessor<T, Self>,
        _: Resource<Handle>,
        key: String,
        value: Vec<u8>,
    ) -> Result<(), Error> {
        shared(store).set(key, value).await
    }

    async fn delete(
        store: &Accessor<T, Self>,
        _: Resource<Handle>,
        key: String,
    ) -> Result<(), Error> {
        shared(store).delete(key).await
    }

    async fn exists(
        store: &Accessor<T, Self>,
        _: Resource<Handle>,
        key: String,
    ) -> Result<bool, Error> {
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
            let outcome = FutureReader::new(&mut access, async move {
                wasmtime::error::Ok(end.await.unwrap_or(Ok(())))
            })?;
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
        remove(&path);
    }

    fn remove(path: &Path) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
        }
        let _ = std::fs::remove_file(path.with_extension("reserve"));
    }

    /// Bytes of the store and its log on the disk.
    fn size(path: &Path) -> u64 {
        ["", "-wal"]
            .iter()
            .filter_map(|suffix| std::fs::metadata(format!("{}{suffix}", path.display())).ok())
            .map(|file| file.len())
            .sum()
    }

    #[tokio::test]
    async fn space_is_given_back_to_the_disk() {
        const VALUES: usize = 100;
        let path =
            std::env::temp_dir().join(format!("key-value-space-{}.sqlite3", std::process::id()));
        // As files were made before: they learn it when they are opened.
        let old = Connection::open(&path).expect("opens");
        old.execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE key_value (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL);",
        )
        .expect("is made");
        drop(old);
        for _ in 0..2 {
            let store = KeyValue::open(&path).expect("opens");
            for index in 0..VALUES {
                store.set(format!("chunk {index}"), vec![1; 256 * 1024]).await.expect("is set");
            }
            assert!(size(&path) > 25_000_000, "{}", size(&path));
            // In an order that leaves holes everywhere.
            for index in (0..VALUES).step_by(2).chain((1..VALUES).step_by(2)) {
                store.delete(format!("chunk {index}")).await.expect("is deleted");
            }
            // As many free pages as are kept, the log, and some: nothing of the 25 MB.
            assert!(size(&path) < 8_000_000, "{} bytes are left", size(&path));
            drop(store);
        }
        remove(&path);
    }
}
