//! Debian's Rust, which compiles wasm where rustup cannot download targets: the packages
//! `rustc-web`, `cargo-web` and `rust-web-src` (the standard library's source, compiled once for
//! each target and profile), with LLVM's linker and wasi-libc.

use std::env::consts::ARCH;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::apt;
use super::environment::Variable;
use super::targets::{BROWSER, WASIP2};
use crate::progress::Runner;
use crate::workspace::Workspace;

pub(crate) const CARGO: &str = "/usr/bin/cargo";
const RUSTC: &str = "/usr/bin/rustc";
const CLIPPY: &str = "/usr/bin/cargo-clippy";
const LINKER: &str = "/usr/bin/wasm-ld-22";
const PACKAGES: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22", "wasi-libc"];

/// Installs the missing packages.
pub(crate) fn ensure(workspace: &Workspace, runner: &mut Runner) -> Result<()> {
    if !apt::is_debian() {
        bail!("the wasm targets are missing; run: rustup target add {} {WASIP2}", BROWSER);
    }
    apt::ensure(&PACKAGES, "compiling wasm", workspace, runner)
}

/// Returns clippy of the same compiler, or `None` if it cannot be installed.
pub(crate) fn clippy(workspace: &Workspace, runner: &mut Runner) -> Result<Option<&'static str>> {
    match apt::ensure(&["rust-web-clippy"], "linting wasm", workspace, runner) {
        Ok(()) => Ok(Some(CLIPPY)),
        Err(_) if !apt::may_install() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the variables with which cargo uses this compiler and compiles the standard library.
pub(crate) fn environment() -> Vec<Variable> {
    let set = |name, value: &str| (name, Some(value.into()));
    vec![
        set("CARGO", CARGO),
        set("RUSTC", RUSTC),
        // Enables the unstable `build-std` in Debian's stable compiler.
        set("RUSTC_BOOTSTRAP", "1"),
        set("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
        set("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER),
        set("CARGO_TARGET_WASM32_WASIP2_LINKER", "wasm-component-ld"),
        (
            "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS",
            Some(
                format!(
                    "-C link-self-contained=no -L native=/usr/lib/wasm32-wasi -C \
                     link-arg=--wasm-ld-path={LINKER}"
                )
                .into(),
            ),
        ),
        // These belong to the native toolchain.
        ("RUSTUP_TOOLCHAIN", None),
        ("RUSTDOC", None),
        ("LD_LIBRARY_PATH", None),
    ]
}

/// Returns the directories of `wasm-component-ld` and of links with the names of the compiler that
/// wasm-pack looks for.
pub(crate) fn path(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let names = workspace.target.join("wasm-debian").join("bin");
    fs::create_dir_all(&names).with_context(|| format!("cannot make {}", names.display()))?;
    for (name, program) in [("cargo", CARGO), ("rustc", RUSTC)] {
        let link = names.join(name);
        if fs::read_link(&link).is_ok_and(|target| target.as_os_str() == program) {
            continue;
        }
        let _ = fs::remove_file(&link);
        symlink(program, &link).with_context(|| format!("cannot make {}", link.display()))?;
    }
    let linkers = PathBuf::from(format!("/usr/lib/rustlib/{ARCH}-unknown-linux-gnu/bin"));
    Ok(vec![names, linkers])
}
