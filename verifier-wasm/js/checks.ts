// Written from the tables of verifier-core by `UPDATE_CODE_TABLE=1 cargo test -p verifier-wasm`.

export const checks = [
  "shape",
  "header",
  "key",
  "signature",
  "payload",
  "exp",
  "nbf",
  "iat",
  "token_type",
  "iss",
  "aud",
  "jti",
  "user_id",
] as const;

/** A check on the way of a token: a stage, or the claim it is about. */
export type Check = (typeof checks)[number];
