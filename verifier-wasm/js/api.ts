// What every entry that verifies exports besides its own createVerifier.

export { KeyError, VerificationError } from "./errors.js";
export type { Code, KeyCode } from "./codes.js";
export type { Details, Mismatch } from "./details.js";
export type { Jwk, JwkSet, VerifierOptions, VerifyOptions } from "./options.js";
export type { Claims, Header, VerifiedToken, Verifier } from "./verified.js";
