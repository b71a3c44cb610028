// The two modules of a verifier, connected. kernel/src/lib.rs documents the message between them.

import { roundsOnce } from "./engine.js";
import { abiVersion } from "./reasons.js";
import { assertVersion, type Exports } from "./wire.js";

/** The module that decides, and the one with the arithmetic. */
export interface Modules {
  readonly verifier: WebAssembly.Module;
  readonly kernel: WebAssembly.Module;
}

/** The functions of kernel/src/exports.rs. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  abi_version(): number;
  needs_fused_multiply_add(): number;
  input(): number;
  verifies(modulusBytes: number): number;
}

const KERNEL_ABI_VERSION = 1;

/** Bytes of a message before the modulus: the digest and the exponent. */
const HEAD_BYTES = 36;

/**
 * Creates an instance of each module.
 *
 * @throws {Error} when one is of another release of this package, or the arithmetic would be wrong
 * in this engine
 */
export function link({ verifier, kernel }: Modules): Exports {
  const arithmetic = new WebAssembly.Instance(kernel).exports as unknown as Kernel;
  assertVersion("kernel", arithmetic, KERNEL_ABI_VERSION);
  if (arithmetic.needs_fused_multiply_add() !== 0 && !roundsOnce()) {
    throw new Error("this engine needs kernel_simd.wasm: its multiply-adds round twice");
  }
  // This memory never grows.
  const input = new Uint8Array(arithmetic.memory.buffer, arithmetic.input() >>> 0);
  const verifies = (address: number, modulusBytes: number): number => {
    const length = HEAD_BYTES + 2 * modulusBytes;
    input.set(new Uint8Array(exports.memory.buffer, address >>> 0, length));
    return arithmetic.verifies(modulusBytes);
  };
  const { exports } = new WebAssembly.Instance(verifier, { rsa: { verifies } }) as unknown as {
    exports: Exports;
  };
  assertVersion("verifier", exports, abiVersion);
  return exports;
}
