// The entry that loads its module when it is told to.

import { file } from "./files.js";
import { Loading } from "./loading.js";
import type { ModuleSource } from "./module-source.js";
import type { Jwk, JwkSet, VerifierOptions } from "./options.js";
import type { Verifier } from "./verified.js";
import { verifierIn } from "./verifier.js";

export * from "./api.js";
export type { ModuleSource } from "./module-source.js";

const plain = new Loading(file, (address) => fetch(address));

/**
 * Loads the module. Later calls change nothing and wait for the first; after a failure another may
 * be made.
 *
 * @param input where it is, or the module itself in any form. Default: the file beside this one
 * that suits the engine
 * @throws {Error} when it cannot be fetched or compiled
 */
export function init(input?: ModuleSource | Promise<ModuleSource>): Promise<void> {
  return plain.init(input);
}

/**
 * As `createVerifier` of the main entry, once `init` has ended.
 *
 * @param keys PEM text, a JWK or JWKS object, or the JSON text of either; public keys only
 * @throws {KeyError} when the keys cannot be used; `code` says why
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 * @throws {Error} when `init` has not ended
 */
export function createVerifier(keys: string | Jwk | JwkSet, options: VerifierOptions = {}): Verifier {
  return verifierIn(plain.instance, keys, options);
}
