// The slim entry: it loads its modules from files.

import { compileModule, defaultModules, fetchModule } from "#module/file";
import { ModuleLoader } from "./module-loader.js";
import type { Jwk, JwkSet, VerifierOptions } from "./options.js";
import type { ModuleSources } from "./platform-types.js";
import type { Verifier } from "./verified.js";
import { newVerifier } from "./verifier.js";

export { KeyError, VerificationError } from "./errors.js";
export type { Code, KeyCode } from "./codes.js";
export type { Details, Mismatch } from "./details.js";
export type { Jwk, JwkSet, VerifierOptions, VerifyOptions } from "./options.js";
export type { ModuleSource, ModuleSources } from "./platform-types.js";
export type { Claims, Header, VerifiedToken, Verifier } from "./verified.js";

const loader = new ModuleLoader({ compileModule, defaultModules, fetchModule });

/**
 * Loads the modules. Later calls return the promise of the first; after a failure the next call
 * tries again.
 *
 * @param sources the addresses of the modules, or the modules in any form. Default: the files next
 * to this one that suit the engine
 * @throws {Error} when a module cannot be fetched or compiled
 */
export function init(sources?: ModuleSources): Promise<void> {
  return loader.init(sources);
}

/**
 * Creates a verifier, once `init` has resolved.
 *
 * @param keys PEM text, a JWK or JWKS object, or the JSON text of either; public keys only
 * @throws {KeyError} when the keys cannot be used; `code` says why
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 * @throws {Error} when `init` has not resolved
 */
export function createVerifier(
  keys: string | Jwk | JwkSet,
  options: VerifierOptions = {},
): Verifier {
  return newVerifier(loader.instance, keys, options);
}
