// The entry that carries its module and is ready after the import.

import type { Jwk, JwkSet, VerifierOptions } from "./options.js";
import { plain } from "./plain.js";
import type { Verifier } from "./verified.js";
import { verifierIn } from "./verifier.js";

export * from "./api.js";

/**
 * @param keys PEM text, a JWK or JWKS object, or the JSON text of either; public keys only
 * @throws {KeyError} when the keys cannot be used; `code` says why
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function createVerifier(keys: string | Jwk | JwkSet, options: VerifierOptions = {}): Verifier {
  return verifierIn(plain, keys, options);
}
