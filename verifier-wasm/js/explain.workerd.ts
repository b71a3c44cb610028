// The explaining entry for workers, which may not compile bytes: the module is a file that comes compiled.

import { explainerIn } from "./explainer.js";
import type { Explainer } from "./explanation.js";
import compiled from "./explain_wasm.wasm";
import { Instance } from "./instance.js";
import type { Jwk, JwkSet, VerifierOptions } from "./options.js";

export { KeyError, VerificationError } from "./errors.js";

const explaining = new Instance(() => compiled);

/** As in explain.ts. */
export function createExplainer(keys: string | Jwk | JwkSet, options: VerifierOptions = {}): Explainer {
  return explainerIn(explaining, keys, options);
}
