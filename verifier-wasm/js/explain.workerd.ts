// The explaining entry for workers, which may not compile bytes: the module is a file that comes
// compiled.

import { explainerIn } from "./explainer.js";
import type { Explainer } from "./explanation.js";
import { Instance } from "./instance.js";
import type { Jwk, JwkSet, VerifierOptions } from "./options.js";
import compiled from "./verifier_wasm_simd.wasm";

export { KeyError, VerificationError } from "./errors.js";

const plain = new Instance(() => compiled);

/** As in explain.ts. */
export function createExplainer(keys: string | Jwk | JwkSet, options: VerifierOptions = {}): Explainer {
  return explainerIn(plain, keys, options);
}
