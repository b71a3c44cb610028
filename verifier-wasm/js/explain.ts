// The entry that explains. What it says of a check comes from the verdict, so it runs the module
// that verifies.

import { explainerIn } from "./explainer.js";
import type { Explainer } from "./explanation.js";
import type { Jwk, JwkSet, VerifierOptions } from "./options.js";
import { plain } from "./plain.js";

export { KeyError, VerificationError } from "./errors.js";
export type { Check } from "./checks.js";
export type { Code, KeyCode } from "./codes.js";
export type { Details } from "./details.js";
export type { Explainer, Explanation, Step, Verdict } from "./explanation.js";
export type { Jwk, JwkSet, VerifierOptions, VerifyOptions } from "./options.js";
export type { Claims, Header } from "./verified.js";

/**
 * @param keys PEM text, a JWK or JWKS object, or the JSON text of either; public keys only
 * @throws {KeyError} when the keys cannot be used; `code` says why
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function createExplainer(keys: string | Jwk | JwkSet, options: VerifierOptions = {}): Explainer {
  return explainerIn(plain, keys, options);
}
