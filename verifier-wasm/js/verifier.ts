import { VerificationError } from "./errors.js";
import type { Instance } from "./instance.js";
import { LoadedKeys } from "./loaded-keys.js";
import { keyTextOf, policyOf, timeOf, tokenOf } from "./options.js";
import type { Jwk, JwkSet, VerifierOptions, VerifyOptions } from "./options.js";
import type { VerifiedToken, Verifier } from "./verified.js";
import { outcomeOf } from "./wire.js";

/** Creates a verifier in this instance; see `createVerifier` of the entries. */
export function newVerifier(
  instance: Instance,
  keys: string | Jwk | JwkSet,
  options: VerifierOptions,
): Verifier {
  return new WasmVerifier(new LoadedKeys(instance, keyTextOf(keys), policyOf(options)));
}

class WasmVerifier implements Verifier {
  readonly #keys: LoadedKeys;

  constructor(keys: LoadedKeys) {
    this.#keys = keys;
  }

  verify(token: string, options: VerifyOptions = {}): VerifiedToken {
    const outcome = this.#keys.verify(tokenOf(token), timeOf(options), outcomeOf);
    if (outcome.token === undefined) {
      throw new VerificationError(outcome.refusal.code, outcome.refusal.details);
    }
    return outcome.token;
  }

  free(): void {
    this.#keys.free();
  }

  declare [Symbol.dispose]: () => void;

  static {
    // Engines without explicit resource management have no such symbol.
    if (Symbol.dispose) {
      this.prototype[Symbol.dispose] = this.prototype.free;
    }
  }
}
