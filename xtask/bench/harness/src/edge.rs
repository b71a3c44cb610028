//! Contenders compiled to WebAssembly and run by wasmtime, as at the edge, and ring as native code.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context as _, Result, anyhow, ensure};
use wasmtime::{Config, Engine, Instance, Linker, Memory, Module, Store, TypedFunc};

use crate::measure::{Contender, Scope, TokenKind};
use crate::native;
use crate::tokens::Sample;

/// Reads and compiles the module of `guest/`.
pub(crate) fn compile(path: &Path) -> Result<Module> {
    let mut config = Config::new();
    // The settings of edge-host: the checks of epochs cost time at the edge too.
    config.epoch_interruption(true);
    config.wasm_wide_arithmetic(true);
    let engine = Engine::new(&config)?;
    Module::from_file(&engine, path)
        .map_err(|error| anyhow!("{} cannot be compiled: {error:#}", path.display()))
}

/// Returns both verifiers, each in the module without wide arithmetic and in the one with it.
pub(crate) fn contenders<'a>(
    module: &Module,
    wide: &Module,
    sample: &'a Sample,
) -> Result<Vec<Contender<'a>>> {
    let mut all = vec![native::ring_bare(sample)?];
    all[0].name = "ring, native";
    let guest = Rc::new(RefCell::new(Guest::start(module, sample)?));
    let wide = Rc::new(RefCell::new(Guest::start(wide, sample)?));
    for (name, guest, export) in [
        ("verifier-core", &guest, "dojang_verify"),
        ("verifier-core, wide arithmetic", &wide, "dojang_verify"),
        ("jwt-compact", &guest, "jwt_compact_verify"),
        ("jwt-compact, wide arithmetic", &wide, "jwt_compact_verify"),
    ] {
        let verify = guest.borrow_mut().verification(export)?;
        let guest = guest.clone();
        all.push(Contender {
            name,
            scope: Scope::Token,
            verify: Box::new(move |kind| {
                let text = if kind == TokenKind::Valid { &sample.token } else { &sample.forged };
                guest.borrow_mut().verify(&verify, text, sample.now)
            }),
        });
    }
    Ok(all)
}

/// Takes the length of the token and the Unix time; returns 1 for accepted, 0 for rejected.
type Verification = TypedFunc<(u32, u64), u32>;

/// A running instance that has loaded its key.
struct Guest {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    /// Takes a number of bytes and returns the address of a buffer for them.
    buffer: TypedFunc<u32, u32>,
}

impl Guest {
    fn start(module: &Module, sample: &Sample) -> Result<Self> {
        let mut store = Store::new(module.engine(), ());
        store.set_epoch_deadline(u64::MAX / 2);
        let mut linker = Linker::new(module.engine());
        // jwt-compact imports randomness, which no verification uses.
        linker.define_unknown_imports_as_traps(module)?;
        let instance = linker.instantiate(&mut store, module)?;
        let memory =
            instance.get_memory(&mut store, "memory").context("the guest has no memory")?;
        let buffer = instance.get_typed_func(&mut store, "buffer")?;
        let mut guest = Self { store, instance, memory, buffer };
        let load: TypedFunc<u32, u32> = guest.instance.get_typed_func(&mut guest.store, "load")?;
        let length = guest.write(&sample.public_key_pem)?;
        ensure!(
            load.call(&mut guest.store, length)? == 1,
            "the guest rejects the key of {} bits",
            sample.bits
        );
        Ok(guest)
    }

    fn verification(&mut self, export: &str) -> Result<Verification> {
        Ok(self.instance.get_typed_func(&mut self.store, export)?)
    }

    fn verify(&mut self, verify: &Verification, token: &str, now: u64) -> Result<bool> {
        let length = self.write(token)?;
        Ok(verify.call(&mut self.store, (length, now))? == 1)
    }

    /// Writes a text into the guest's buffer and returns its length.
    fn write(&mut self, text: &str) -> Result<u32> {
        let length = u32::try_from(text.len())?;
        let address = self.buffer.call(&mut self.store, length)?;
        self.memory.write(&mut self.store, address as usize, text.as_bytes())?;
        Ok(length)
    }
}
