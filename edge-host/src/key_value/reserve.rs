//! Disk space set aside, so that keys can be deleted while the disk is full.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

/// Bytes of the reserve: several times the length of the store's log between checkpoints.
const SIZE: u64 = 16 * 1024 * 1024;

/// An allocated file without content.
#[derive(Debug)]
pub(super) struct Reserve {
    /// `None` for a store in memory, which needs no reserve.
    path: Option<PathBuf>,
    is_allocated: bool,
}

impl Reserve {
    /// Names the file without allocating it; [`Self::restore`] does.
    pub(super) fn at(path: Option<&Path>) -> Self {
        Self { path: path.map(Path::to_owned), is_allocated: path.is_none() }
    }

    /// Whether the space is allocated.
    pub(super) const fn is_allocated(&self) -> bool {
        self.is_allocated
    }

    /// Frees the space for deletions.
    pub(super) fn release(&mut self) {
        if let Some(path) = &self.path {
            self.is_allocated = false;
            let emptied = OpenOptions::new().write(true).truncate(true).open(path);
            if let Err(error) = emptied
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!("the reserve {} cannot be released: {error}", path.display());
            }
        }
    }

    /// Allocates the space if necessary. Returns whether it is allocated.
    pub(super) fn restore(&mut self) -> bool {
        if let Some(path) = self.path.as_deref().filter(|_| !self.is_allocated) {
            match allocate(path) {
                Ok(()) => self.is_allocated = true,
                Err(error) => {
                    tracing::debug!("the reserve {} cannot be allocated: {error}", path.display());
                    self.release();
                }
            }
        }
        self.is_allocated
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
