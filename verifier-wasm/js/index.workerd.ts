// The entry for workers, which may not compile bytes: the module is a file that comes compiled.
// They all have SIMD.

import { Instance } from "./instance.js";
import type { Jwk, JwkSet, VerifierOptions } from "./options.js";
import type { Verifier } from "./verified.js";
import { verifierIn } from "./verifier.js";
import compiled from "./verifier_wasm_simd.wasm";

export * from "./api.js";

const plain = new Instance(() => compiled);

/** As in index.ts. */
export function createVerifier(keys: string | Jwk | JwkSet, options: VerifierOptions = {}): Verifier {
  return verifierIn(plain, keys, options);
}
