import { VerificationError } from "./errors.js";
import type { Instance } from "./instance.js";
import { Keyed } from "./keyed.js";
import { keyTextOf, policyOf, timeOf, tokenOf } from "./options.js";
import type { Jwk, JwkSet, Policy, VerifierOptions, VerifyOptions } from "./options.js";
import type { VerifiedToken, Verifier } from "./verified.js";
import { outcomeOf } from "./wire.js";

/** `createVerifier` of an entry, which has the module in its own way. */
export function verifierIn(instance: Instance, keys: string | Jwk | JwkSet, options: VerifierOptions): Verifier {
  return new WasmVerifier(instance, keyTextOf(keys), policyOf(options));
}

class WasmVerifier implements Verifier {
  readonly #keyed: Keyed;

  constructor(instance: Instance, keys: string, policy: Policy) {
    this.#keyed = new Keyed(instance, keys, policy);
  }

  verify(token: string, options: VerifyOptions = {}): VerifiedToken {
    const outcome = this.#keyed.ask(tokenOf(token), timeOf(options), outcomeOf);
    if (outcome.token === undefined) {
      throw new VerificationError(outcome.refusal.code, outcome.refusal.details);
    }
    return outcome.token;
  }

  free(): void {
    this.#keyed.free();
  }

  declare [Symbol.dispose]: () => void;

  static {
    // Engines without explicit resource management have no such symbol.
    if (Symbol.dispose) {
      this.prototype[Symbol.dispose] = this.prototype.free;
    }
  }
}
