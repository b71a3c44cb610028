//! Space on the disk that nothing fills, so that files can still be deleted when the disk is full.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

/// Bytes of the reserve: several times what the store's log has before it goes into the store.
const SIZE: u64 = 16 * 1024 * 1024;

/// A file that takes space and holds nothing.
#[derive(Debug)]
pub(crate) struct Reserve {
    /// None for a store in memory, which needs no reserve.
    path: Option<PathBuf>,
    is_there: bool,
}

impl Reserve {
    /// Nothing is allocated before [`Self::restore`].
    pub(crate) fn at(path: Option<&Path>) -> Self {
        Self { path: path.map(Path::to_owned), is_there: path.is_none() }
    }

    /// Whether the space is set aside.
    pub(crate) const fn is_there(&self) -> bool {
        self.is_there
    }

    /// Frees the space for deletions.
    pub(crate) fn release(&mut self) {
        if let Some(path) = &self.path {
            self.is_there = false;
            let emptied = OpenOptions::new().write(true).truncate(true).open(path);
            if let Err(error) = emptied
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!("the reserve {} cannot be released: {error}", path.display());
            }
        }
    }

    /// Sets the space aside, if it is not. Returns whether it is now.
    pub(crate) fn restore(&mut self) -> bool {
        if let Some(path) = self.path.as_deref().filter(|_| !self.is_there) {
            match allocate(path) {
                Ok(()) => self.is_there = true,
                Err(error) => {
                    tracing::debug!("the reserve {} cannot be allocated: {error}", path.display());
                    self.release();
                }
            }
        }
        self.is_there
    }
}

fn allocate(path: &Path) -> io::Result<()> {
    let mut file =
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    match fallocate(&file, FallocateFlags::empty(), 0, SIZE) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => fill(&mut file),
        outcome => Ok(outcome?),
    }
}

/// For file systems that cannot allocate without writing.
fn fill(file: &mut File) -> io::Result<()> {
    let zeros = [0; 64 * 1024];
    for _ in 0..SIZE / zeros.len() as u64 {
        file.write_all(&zeros)?;
    }
    file.sync_data()
}
