// The main entry: it carries its module and is ready after the import.

import { instance } from "#module/embedded";
import type { Jwk, JwkSet, VerifierOptions } from "./options.js";
import type { Verifier } from "./verified.js";
import { newVerifier } from "./verifier.js";

export { KeyError, VerificationError } from "./errors.js";
export type { Code, KeyCode } from "./codes.js";
export type { Details, Mismatch } from "./details.js";
export type { Jwk, JwkSet, VerifierOptions, VerifyOptions } from "./options.js";
export type { Claims, Header, VerifiedToken, Verifier } from "./verified.js";

/**
 * Creates a verifier.
 *
 * @param keys PEM text, a JWK or JWKS object, or the JSON text of either; public keys only
 * @throws {KeyError} when the keys cannot be used; `code` says why
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function createVerifier(
  keys: string | Jwk | JwkSet,
  options: VerifierOptions = {},
): Verifier {
  return newVerifier(instance, keys, options);
}
