// The slim entry for workers, so that what imports it runs there too: the module is a file that
// comes compiled.

import { Loading } from "./loading.js";
import type { ModuleSource } from "./module-source.js";
import type { Jwk, JwkSet, VerifierOptions } from "./options.js";
import type { Verifier } from "./verified.js";
import { verifierIn } from "./verifier.js";
import compiled from "./verifier_wasm_simd.wasm";

export * from "./api.js";

const plain = new Loading(
  () => compiled,
  (address) => fetch(address),
);

/** As in slim.ts. */
export function init(input?: ModuleSource | Promise<ModuleSource>): Promise<void> {
  return plain.init(input);
}

/** As in slim.ts. */
export function createVerifier(keys: string | Jwk | JwkSet, options: VerifierOptions = {}): Verifier {
  return verifierIn(plain.instance, keys, options);
}
