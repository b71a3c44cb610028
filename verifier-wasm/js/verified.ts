/// <reference lib="esnext.disposable" preserve="true" />

import type { VerifyOptions } from "./options.js";

/**
 * Header, claims and every object inside them have no prototype, so `Object.prototype` cannot add
 * members. Test for a claim with `Object.hasOwn(claims, name)`; a `claims.toString` is a claim of
 * the token. A member `__proto__` is not enumerable.
 */
export interface WithoutPrototype {
  constructor?: unknown;
  hasOwnProperty?: unknown;
  isPrototypeOf?: unknown;
  propertyIsEnumerable?: unknown;
  toLocaleString?: unknown;
  toString?: unknown;
  valueOf?: unknown;
}

/** The JOSE header of an accepted token (RFC 7515, section 4). */
export interface Header extends WithoutPrototype {
  alg: "RS256";
  typ?: string;
  kid?: string;
  [name: string]: unknown;
}

/** The claims of an accepted token (RFC 7519, section 4), including those that are not checked. */
export interface Claims extends WithoutPrototype {
  /** Unix time in seconds. */
  exp: number;
  /** A string unless the option `tokenType` was null; otherwise unchecked. */
  token_type?: unknown;
  nbf?: number;
  iat?: number;
  /** A string when the option `issuer` was set; otherwise unchecked. */
  iss?: unknown;
  aud?: string | string[];
  jti?: string;
  user_id?: number | string;
  [name: string]: unknown;
}

export interface VerifiedToken {
  header: Header;
  claims: Claims;
}

/** Verifies tokens with one key set under one policy. */
export interface Verifier {
  /**
   * Verifies a token.
   *
   * @param token a JWS in compact serialization, at most 16,384 bytes
   * @returns header and claims, parsed from the verified bytes
   * @throws {VerificationError} when the token is refused; `code` says why
   * @throws {TypeError} when an argument has the wrong type
   */
  verify(token: string, options?: VerifyOptions): VerifiedToken;
  /** Frees the memory of the keys now. The object cannot be used afterwards. */
  free(): void;
  [Symbol.dispose](): void;
}
