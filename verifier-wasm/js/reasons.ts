// Written from the tables of verifier-core by `cargo xtask generate`.

/** Version of the binary interface that this package needs. */
export const abiVersion = 2;

export const jsonErrors = [
  "not_utf8",
  "not_json",
  "not_an_object",
  "duplicate_member",
  "too_deep",
] as const;

/** A violation of strict JSON. */
export type JsonErrorReason = (typeof jsonErrors)[number];

export const pemErrors = [
  "begin_missing",
  "begin_unclosed",
  null,
  "end_missing",
  "end_mismatch",
  "label_unknown",
  "base64",
  "der",
] as const;

/** Why a text is not a public key in PEM. */
export type PemError = Exclude<(typeof pemErrors)[number], null>;

export const jwkErrors = [
  "keys_missing",
  "keys_not_an_array",
  "key_not_an_object",
  "not_a_single_key",
] as const;

/** Why a JSON text is neither a JWK nor a JWKS. */
export type JwkError = (typeof jwkErrors)[number];

export const unsuitables = [
  "not_rsa",
  "kty",
  "use",
  "key_ops",
  "alg",
  "rsa_pss",
] as const;

/** Why a public key cannot verify RS256. */
export type Unsuitable = (typeof unsuitables)[number];

export const keyMembers = [
  "n",
  "e",
  "kid",
] as const;

/** A member of a JWK that is missing or malformed. */
export type KeyMember = (typeof keyMembers)[number];

export const memberErrors = [
  "missing",
  "only_x5c",
  "not_a_string",
  "empty",
  "not_base64url",
  "plain_base64",
] as const;

/** What is wrong with a member of a JWK. */
export type MemberError = (typeof memberErrors)[number];

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
