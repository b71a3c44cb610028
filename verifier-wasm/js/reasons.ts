// Written from the tables of verifier-core by `cargo xtask generate`.

export const pemFaults = [
  "begin_missing",
  "begin_unclosed",
  "begin_trailing",
  "end_missing",
  "end_mismatch",
  "label_unknown",
  "base64",
  "der",
] as const;

/** Why a text is not a public key in PEM. */
export type PemFault = (typeof pemFaults)[number];

export const jwkFaults = [
  "keys_missing",
  "keys_not_an_array",
  "key_not_an_object",
  "not_a_single_key",
] as const;

/** Why a JSON text is neither a JWK nor a JWKS. */
export type JwkFault = (typeof jwkFaults)[number];

export const unsuitables = [
  "not_rsa",
  "kty",
  "use",
  "key_ops",
  "alg",
] as const;

/** What makes a public key unfit for verifying RS256. */
export type Unsuitable = (typeof unsuitables)[number];

export const keyMembers = [
  "n",
  "e",
  "kid",
] as const;

/** A member of a JWK that is missing or malformed. */
export type KeyMember = (typeof keyMembers)[number];

export const claimNames = [
  "exp",
  "nbf",
  "iat",
  "token_type",
  "iss",
  "aud",
  "jti",
  "user_id",
  "sub",
  "ttl",
  "status_list",
] as const;

/** A claim that has a rule. */
export type ClaimName = (typeof claimNames)[number];
