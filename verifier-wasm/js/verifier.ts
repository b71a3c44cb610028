/// <reference lib="esnext.disposable" preserve="true" />

import { verdictIn } from "./answers.js";
import { VerificationError } from "./errors.js";
import { Keyed } from "./keyed.js";
import { keyTextOf, policyOf, timeOf, tokenOf } from "./options.js";
import type { Jwk, JwkSet, Policy, VerifierOptions, VerifyOptions } from "./options.js";
import { plain } from "./plain.js";
import type { VerifiedToken } from "./verified.js";

export type { Claims, Header, VerifiedToken } from "./verified.js";

/** Verifies tokens with one key set under one policy. */
export interface Verifier {
  /**
   * @param token a JWS in compact serialization, at most 16,384 bytes
   * @returns header and claims, read from the bytes that were verified
   * @throws {VerificationError} when the token is refused; `code` says why
   * @throws {TypeError} when an argument has the wrong type
   */
  verify(token: string, options?: VerifyOptions): VerifiedToken;
  /** Gives the memory of the keys back now rather than at some garbage collection. The verifier is done then. */
  free(): void;
  [Symbol.dispose](): void;
}

/**
 * @param keys PEM text, a JWK or JWKS object, or the JSON text of either; public keys only
 * @throws {KeyError} when the keys cannot be used; `code` says why
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function createVerifier(keys: string | Jwk | JwkSet, options: VerifierOptions = {}): Verifier {
  return new WasmVerifier(keyTextOf(keys), policyOf(options));
}

class WasmVerifier implements Verifier {
  readonly #keyed: Keyed;

  constructor(keys: string, policy: Policy) {
    this.#keyed = new Keyed(plain, keys, policy);
  }

  verify(token: string, options: VerifyOptions = {}): VerifiedToken {
    const verdict = this.#keyed.ask(tokenOf(token), timeOf(options), verdictIn);
    if ("code" in verdict) {
      throw new VerificationError(verdict.code, verdict.details);
    }
    return verdict;
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
