/// <reference lib="esnext.disposable" preserve="true" />

import type { VerifyOptions } from "./options.js";

/**
 * Header, claims and every object inside them have no prototype: a member that the token does not
 * have is absent, whatever `Object.prototype` has, and `Object.hasOwn(claims, name)` asks for one.
 * What other objects inherit is a member of the token here, or absent. A member `__proto__` is not
 * enumerable.
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

/** The claims of an accepted token (RFC 7519, section 4): those that were checked, and whatever else it carries. */
export interface Claims extends WithoutPrototype {
  /** Seconds since 1970 in UTC. */
  exp: number;
  token_type: "access" | "refresh";
  nbf?: number;
  iat?: number;
  /** Text when an `issuer` was demanded; otherwise it was not looked at, and may be anything. */
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
