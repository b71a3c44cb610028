/// <reference lib="esnext.disposable" preserve="true" />

import { refusalIn, type Answer, type Refusal } from "./answers.js";
import { VerificationError } from "./errors.js";
import { Keyed, passedOn } from "./keyed.js";
import { keyTextOf, policyOf, timeOf, tokenOf } from "./options.js";
import type { Jwk, JwkSet, Policy, VerifierOptions, VerifyOptions } from "./options.js";
import { plain } from "./plain.js";
import type { TokenVerifier } from "./verifier_wasm.js";

/** The JOSE header of an accepted token (RFC 7515, section 4). */
export interface Header {
  alg: "RS256";
  typ?: string;
  kid?: string;
  [name: string]: unknown;
}

/** The claims of an accepted token (RFC 7519, section 4): those that were checked, and whatever else it carries. */
export interface Claims {
  /** Seconds since 1970 in UTC. */
  exp: number;
  token_type: "access" | "refresh";
  nbf?: number;
  iat?: number;
  iss?: string;
  aud?: string | string[];
  jti?: string;
  [name: string]: unknown;
}

export interface VerifiedToken {
  header: Header;
  claims: Claims;
}

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
  readonly #keyed: Keyed<TokenVerifier>;

  constructor(keys: string, policy: Policy) {
    this.#keyed = new Keyed(plain, keys, policy);
  }

  verify(token: string, options: VerifyOptions = {}): VerifiedToken {
    const text = passedOn(tokenOf(token));
    const now = timeOf(options);
    const verdict = this.#keyed.ask((handle) => handle.verify(text, now), verdictIn);
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

function verdictIn(json: unknown): VerifiedToken | Refusal {
  const answer = json as Answer;
  return refusalIn(answer) ?? { header: answer[0] as Header, claims: answer[1] as Claims };
}
