export { KeyError, VerificationError } from "./errors.js";
export type { Code, KeyCode } from "./codes.js";
export type { Details, Mismatch } from "./details.js";
export type { Jwk, JwkSet, VerifierOptions, VerifyOptions } from "./options.js";
export { createVerifier, type Claims, type Header, type VerifiedToken, type Verifier } from "./verifier.js";
