//! Runs the verifier's WebAssembly kernel with wide arithmetic on the cases that the example
//! `kernel_cases` of rsa-verify prints. `verifier-wasm/scripts/kernels.mjs` does so for the kernels
//! that Node runs.

use std::io::{ErrorKind, Read, stdin};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use wasmtime::{Linker, Memory, Store, TypedFunc};

use crate::edge;

/// The exports of verifier-kernel with its feature `kernels`.
struct Kernel {
    store: Store<()>,
    memory: Memory,
    input: u32,
    power_is: TypedFunc<(u32, u32), u32>,
}

impl Kernel {
    fn start(path: &Path) -> Result<Self> {
        let module = edge::compile(path)?;
        let mut store = Store::new(module.engine(), ());
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = Linker::new(module.engine()).instantiate(&mut store, &module)?;
        let memory =
            instance.get_memory(&mut store, "memory").context("the module has no memory")?;
        let input: TypedFunc<(), u32> = instance.get_typed_func(&mut store, "input")?;
        let input = input.call(&mut store, ())?;
        let power_is = instance.get_typed_func(&mut store, "power_is")?;
        Ok(Self { store, memory, input, power_is })
    }

    fn power_is(&mut self, numbers: [&[u8]; 3], exponent: u32) -> Result<bool> {
        let size = u32::try_from(numbers[0].len())?;
        self.memory.write(&mut self.store, self.input as usize, &numbers.concat())?;
        Ok(self.power_is.call(&mut self.store, (size, exponent))? == 1)
    }
}

/// Runs the kernel on every case on standard input, and prints the number of powers.
pub(crate) fn compare(module: &Path) -> Result<()> {
    let mut kernel = Kernel::start(module)?;
    let mut input = stdin().lock();
    let mut powers_done = 0_u64;
    while let Some(size) = number(&mut input)? {
        let powers = number(&mut input)?.context("the cases end in the middle of one")?;
        let read = |input: &mut dyn Read| -> Result<Vec<u8>> {
            let mut bytes = vec![0; size as usize];
            input.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        let modulus = read(&mut input)?;
        for _ in 0..powers {
            let exponent = number(&mut input)?.context("the cases end in the middle of one")?;
            let [base, right, wrong] = [read(&mut input)?, read(&mut input)?, read(&mut input)?];
            for (expected, is_right) in [(&right, true), (&wrong, false)] {
                let result = kernel.power_is([&modulus, &base, expected], exponent)?;
                ensure!(
                    result == is_right,
                    "the kernel does not return {is_right}: n {modulus:02x?} base {base:02x?} e \
                     {exponent} expected {expected:02x?}"
                );
            }
            powers_done += 1;
        }
    }
    if powers_done == 0 {
        bail!("there were no cases");
    }
    println!(
        "{powers_done} powers agree in the kernel with wide arithmetic, and as many wrong ones \
         differ"
    );
    Ok(())
}

/// Four bytes, the lowest first; `None` at the end.
fn number(input: &mut dyn Read) -> Result<Option<u32>> {
    let mut bytes = [0; 4];
    match input.read_exact(&mut bytes) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(Some(u32::from_le_bytes(bytes))),
    }
}
