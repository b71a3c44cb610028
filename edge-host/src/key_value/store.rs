//! Keys and values in one SQLite file, which gives deleted space back to the disk.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use rusqlite::{Connection, ErrorCode, OptionalExtension, ffi};
use tokio::task::JoinError;

use super::reserve::Reserve;

/// Longest key, in bytes.
const MAX_KEY: usize = 1024;

/// Keys in one page of a listing. Bounds the memory of a page and the time that it blocks other
/// calls.
pub(super) const PAGE: u16 = 512;

/// Free pages that the file keeps for new values; the rest goes back to the disk.
const FREE_PAGES: u32 = 256;

/// Pages given back after one deletion: more than a value of 256 KiB frees, so that the file
/// shrinks with its content.
const PAGES_PER_VACUUM: u32 = 128;

/// Pages given back before a checkpoint writes them out of the log: 4 MiB.
const PAGES_PER_CHECKPOINT: u32 = 1024;

/// The store, shared by all instances. Cheap to clone.
#[derive(Clone)]
pub(crate) struct KeyValueStore(Arc<Mutex<Store>>);

struct Store {
    file: Connection,
    reserve: Reserve,
    /// Pages given back since the last checkpoint, which is what makes the file shorter.
    given_back: u32,
}

/// A call of the store failed.
#[derive(Debug)]
pub(super) enum StoreError {
    /// The key is longer than [`MAX_KEY`].
    KeyTooLong,
    Sqlite(rusqlite::Error),
    /// The thread that ran the call panicked.
    Task(JoinError),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyTooLong => write!(f, "the key is longer than {MAX_KEY} bytes"),
            Self::Sqlite(error) => error.fmt(f),
            Self::Task(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StoreError {}

impl KeyValueStore {
    /// Opens the file and creates it if necessary.
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
                "the disk of the key-value store is full: nothing can be stored until something \
                 is deleted"
            );
        }
        Ok(Self(Arc::new(Mutex::new(store))))
    }

    /// Opens an empty store that is dropped with the value.
    pub(crate) fn in_memory() -> anyhow::Result<Self> {
        let file =
            connect(Path::new(":memory:")).context("cannot open a key-value store in memory")?;
        Ok(Self(Arc::new(Mutex::new(Store { file, reserve: Reserve::at(None), given_back: 0 }))))
    }

    /// Runs `work` on a thread that may block.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            work(&mut store.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await
        .map_err(StoreError::Task)?
        .map_err(StoreError::Sqlite)
    }

    pub(super) async fn get(&self, key: String) -> Result<Option<Vec<u8>>, StoreError> {
        self.run(move |store| {
            store
                .file
                .prepare_cached("SELECT value FROM key_value WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()
        })
        .await
    }

    pub(super) async fn set(&self, key: String, value: Vec<u8>) -> Result<(), StoreError> {
        if key.len() > MAX_KEY {
            return Err(StoreError::KeyTooLong);
        }
        self.run(move |store| store.set(&key, &value)).await
    }

    pub(super) async fn delete(&self, key: String) -> Result<(), StoreError> {
        self.run(move |store| store.delete(&key)).await
    }

    pub(super) async fn exists(&self, key: String) -> Result<bool, StoreError> {
        self.run(move |store| {
            store.file.prepare_cached("SELECT 1 FROM key_value WHERE key = ?1")?.exists([key])
        })
        .await
    }

    /// Returns the keys after `last` in ascending order, at most [`PAGE`].
    pub(super) async fn keys_after(&self, last: Option<String>) -> Result<Vec<String>, StoreError> {
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
    /// Sets a value.
    ///
    /// # Errors
    /// `SQLITE_FULL` while the reserve is released: that space is for deletions.
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

    /// Deletes a key. SQLite writes a deletion to its log first: on a full disk, into the space of
    /// the reserve.
    fn delete(&mut self, key: &str) -> rusqlite::Result<()> {
        let delete = |file: &Connection| {
            file.prepare_cached("DELETE FROM key_value WHERE key = ?1")?.execute([key]).map(drop)
        };
        match delete(&self.file) {
            Err(error) if is_full(&error) && self.reserve.is_allocated() => {
                tracing::warn!(
                    "the disk of the key-value store is full: using its reserve to delete"
                );
                self.reserve.release();
                // Empties the log.
                self.checkpoint()?;
                delete(&self.file)?;
            }
            outcome => outcome?,
        }
        // The key is deleted even if its space cannot be given back.
        let mut given_back = if self.reserve.is_allocated() { self.give_back() } else { Ok(()) };
        if given_back.as_ref().is_err_and(is_full) {
            self.reserve.release();
        }
        if !self.reserve.is_allocated() {
            given_back = self.give_all_back();
        }
        if let Err(error) = given_back {
            tracing::warn!("cannot release space of the key-value store: {error}");
        }
        self.reserve.restore();
        Ok(())
    }

    /// Gives some free pages back to the disk when there are more than [`FREE_PAGES`].
    fn give_back(&mut self) -> rusqlite::Result<()> {
        if self.free_pages()? > FREE_PAGES {
            self.vacuum()?;
            self.given_back += PAGES_PER_VACUUM;
        }
        if self.given_back >= PAGES_PER_CHECKPOINT {
            self.given_back = 0;
            self.checkpoint()?;
        }
        Ok(())
    }

    /// Gives all free pages back. A checkpoint after each step keeps the log short.
    fn give_all_back(&self) -> rusqlite::Result<()> {
        self.checkpoint()?;
        let mut before = u32::MAX;
        loop {
            let free = self.free_pages()?;
            // A file without `auto_vacuum` keeps its free pages.
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
            self.file.prepare(&format!("PRAGMA incremental_vacuum({PAGES_PER_VACUUM})"))?;
        let mut rows = vacuum.query([])?;
        // Each step moves a page.
        while rows.next()?.is_some() {}
        Ok(())
    }

    /// Writes the log into the file and empties it.
    fn checkpoint(&self) -> rusqlite::Result<()> {
        self.file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let file = Connection::open(path)?;
    file.busy_timeout(Duration::from_secs(5))?;
    // SQLite applies `auto_vacuum` to a new file only before `journal_mode`. Committed data
    // survives a crash of the program; a power cut may lose the last commits.
    file.execute_batch(
        "PRAGMA auto_vacuum = INCREMENTAL;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA journal_size_limit = 4194304;
         CREATE TABLE IF NOT EXISTS key_value (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL);",
    )?;
    let auto_vacuum: u32 = file.query_row("PRAGMA auto_vacuum", [], |row| row.get(0))?;
    if auto_vacuum == 0
        && let Err(error) = file.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;")
    {
        tracing::warn!("cannot vacuum the key-value store, so it never shrinks: {error}");
    }
    Ok(file)
}

/// Whether an operation failed because the disk is full. SQLite reports some of these failures as
/// I/O errors.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn values_outlive_the_program() {
        let path = std::env::temp_dir().join(format!("key-value-{}.sqlite3", std::process::id()));
        let store = KeyValueStore::open(&path).expect("opens");
        store.set("a".into(), b"1".to_vec()).await.expect("is set");
        store.set("a".into(), b"2".to_vec()).await.expect("is set again");
        store.set("b".into(), Vec::new()).await.expect("is set");
        drop(store);

        let store = KeyValueStore::open(&path).expect("opens again");
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
        // A file without `auto_vacuum` is rewritten when it is opened.
        let old = Connection::open(&path).expect("opens");
        old.execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE key_value (key TEXT NOT NULL PRIMARY KEY, \
             value BLOB NOT NULL);",
        )
        .expect("is made");
        drop(old);
        for _ in 0..2 {
            let store = KeyValueStore::open(&path).expect("opens");
            for index in 0..VALUES {
                store.set(format!("chunk {index}"), vec![1; 256 * 1024]).await.expect("is set");
            }
            assert!(size(&path) > 25_000_000, "{}", size(&path));
            // In an order that leaves holes in the whole file.
            for index in (0..VALUES).step_by(2).chain((1..VALUES).step_by(2)) {
                store.delete(format!("chunk {index}")).await.expect("is deleted");
            }
            // FREE_PAGES and the log remain of the 25 MB.
            assert!(size(&path) < 8_000_000, "{} bytes are left", size(&path));
            drop(store);
        }
        remove(&path);
    }
}
