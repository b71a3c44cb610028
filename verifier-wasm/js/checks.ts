// Written from the tables of verifier-core by `cargo xtask generate`.

import type { Code } from "./codes.js";

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
  "required_claims",
] as const;

/** A check of the pipeline: a stage or a claim. */
export type Check = (typeof checks)[number];

/** The check that fails with a code. The codes that are missing here name their claim, or do not concern a token. */
export const checkOf: { readonly [C in Code]?: Check } = {
  token_too_large: "shape",
  token_malformed: "shape",
  base64_invalid: "shape",
  header_invalid: "header",
  header_duplicate_member: "header",
  header_too_deep: "header",
  alg_not_allowed: "header",
  typ_not_allowed: "header",
  crit_not_supported: "header",
  b64_not_supported: "header",
  kid_invalid: "header",
  key_not_found: "key",
  kid_ambiguous: "key",
  kid_missing: "key",
  signature_invalid: "signature",
  payload_invalid: "payload",
  payload_duplicate_member: "payload",
  payload_too_deep: "payload",
  token_expired: "exp",
  token_not_yet_valid: "nbf",
  token_issued_in_future: "iat",
  token_type_mismatch: "token_type",
  issuer_mismatch: "iss",
  audience_mismatch: "aud",
};
