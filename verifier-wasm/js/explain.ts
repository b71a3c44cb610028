// The entry that explains verdicts. It runs the module that verifies: checks run in a fixed order,
// so the verdict alone determines how each of them went.

import { newExplainer } from "./explainer.js";
import type { Explainer } from "./explanation.js";
import type { Jwk, JwkSet, VerifierOptions } from "./options.js";
import { instance } from "#module/embedded";

export { KeyError, VerificationError } from "./errors.js";
export type { Check } from "./checks.js";
export type { Code, KeyCode } from "./codes.js";
export type { Details } from "./details.js";
export type { Explainer, Explanation, Step, Verdict } from "./explanation.js";
export type { Jwk, JwkSet, VerifierOptions, VerifyOptions } from "./options.js";
export type { Claims, Header } from "./verified.js";

/**
 * Creates an explainer.
 *
 * @param keys PEM text, a JWK or JWKS object, or the JSON text of either; public keys only
 * @throws {KeyError} when the keys cannot be used; `code` says why
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function createExplainer(
  keys: string | Jwk | JwkSet,
  options: VerifierOptions = {},
): Explainer {
  return newExplainer(instance, keys, options);
}
