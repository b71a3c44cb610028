//! The program on a full disk: a small tmpfs, if the test may mount one.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::files::{Files, bytes, upload};
use crate::support::{Scratch, component, skipped};
use test_support::signer::Signer;

/// A tmpfs of 96 MiB.
struct SmallDisk {
    path: PathBuf,
    _directory: Scratch,
}

impl SmallDisk {
    /// Mounts it, or reports why it cannot: mounting needs root.
    fn mount() -> Option<Self> {
        let directory = Scratch::new();
        let path = directory.path().join("disk");
        std::fs::create_dir(&path).expect("made");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=96m,mode=0700", "tmpfs"])
            .arg(&path)
            .stderr(Stdio::null());
        if !mount.status().is_ok_and(|status| status.success()) {
            skipped("a small disk cannot be mounted");
            return None;
        }
        Some(Self { path, _directory: directory })
    }

    /// Fills the free space to the last byte.
    fn fill(&self) -> PathBuf {
        let path = self.path.join("filler");
        let mut filler = File::create(&path).expect("made");
        for size in [1024 * 1024, 4096, 1] {
            while filler.write_all(&vec![1; size]).is_ok() {}
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, because the program that used it may still be ending.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

fn store_size(state: &Path) -> u64 {
    ["key-value.sqlite3", "key-value.sqlite3-wal"]
        .iter()
        .filter_map(|name| state.join(name).metadata().ok())
        .map(|file| file.len())
        .sum()
}

#[test]
fn on_a_full_disk_files_can_be_deleted_and_their_space_reused() {
    const SIZE: usize = 4_000_000;
    let Some(component) = component() else { return };
    let Some(disk) = SmallDisk::mount() else { return };
    let (signer, state) = (Signer::generated("k1"), Scratch::new());
    let path = disk.path.join("state");
    let edge = Files::edge(&component, &signer, &path, &[]);
    let files = Files { edge, signer, state };
    let bearer = files.bearer(1);
    let authorized = [("Authorization", bearer.as_str())];
    for filled_by_others in [false, true] {
        let filler = if filled_by_others {
            // Files to delete later, before the disk is filled.
            for seed in 0..4 {
                assert_eq!(
                    upload(&mut files.edge.connect(), &bearer, &bytes(SIZE, seed)).status,
                    200
                );
            }
            Some(disk.fill())
        } else {
            None
        };
        let mut refused = None;
        for seed in 0..30 {
            let response = upload(&mut files.edge.connect(), &bearer, &bytes(SIZE, seed));
            if response.status != 200 {
                refused = Some((response.status, response.json()["code"].clone()));
                break;
            }
        }
        assert_eq!(refused, Some((503, "storage_unavailable".into())), "{}", files.edge.log());
        let stored = files.list(&bearer);
        assert!(stored.len() >= 4, "{}", stored.len());
        let full = store_size(&path);
        if !filled_by_others {
            drop(disk.fill());
        }
        // Another upload fails too, and leaves nothing behind.
        assert_eq!(upload(&mut files.edge.connect(), &bearer, &bytes(SIZE, 0)).status, 503);

        for file in &stored {
            let path = format!("/uploads/{}", file["id"].as_str().expect("an id"));
            let response = files.edge.connect().send("GET", &path, &authorized, b"");
            assert_eq!(
                (response.status, response.body.len()),
                (200, SIZE),
                "it can be read on a full disk"
            );
            let response = files.edge.connect().send("DELETE", &path, &authorized, b"");
            assert_eq!(response.status, 200, "{}; {}", response.text(), files.edge.log());
        }
        assert!(files.list(&bearer).is_empty());
        let empty = store_size(&path);
        assert!(
            empty < 8_000_000 && empty < full / 2,
            "{empty} of {full} bytes are left: {}",
            files.edge.log()
        );
        // The other data stays; the deleted files freed enough.
        assert_eq!(
            upload(&mut files.edge.connect(), &bearer, &bytes(SIZE, 0)).status,
            200,
            "{filled_by_others}: {}",
            files.edge.log()
        );
        let left = files.list(&bearer);
        let path = format!("/uploads/{}", left[0]["id"].as_str().expect("an id"));
        assert_eq!(files.edge.connect().send("DELETE", &path, &authorized, b"").status, 200);
        for filler in filler.into_iter().chain([disk.path.join("filler")]) {
            let _ = std::fs::remove_file(filler);
        }
    }
    assert!(!files.edge.log().contains("instance ended"), "{}", files.edge.log());
}

#[test]
fn the_program_starts_on_a_full_disk_and_lets_files_be_deleted() {
    let Some(component) = component() else { return };
    let Some(disk) = SmallDisk::mount() else { return };
    let (signer, state) = (Signer::generated("k1"), Scratch::new());
    let path = disk.path.join("state");
    let edge = Files::edge(&component, &signer, &path, &[]);
    let mut files = Files { edge, signer, state };
    let bearer = files.bearer(1);
    let receipt = upload(&mut files.edge.connect(), &bearer, &bytes(4_000_000, 0)).json();
    files.edge.signal("TERM");
    assert!(files.edge.wait(crate::support::TIMEOUT).expect("it ends").success());
    disk.fill();
    files.edge = Files::edge(&component, &files.signer, &path, &[]);
    let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
    let response = files.edge.connect().send("DELETE", &path, &[("Authorization", &bearer)], b"");
    assert_eq!(response.status, 200, "{}; {}", response.text(), files.edge.log());
}
