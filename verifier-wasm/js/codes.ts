// Written from the tables of verifier-core by `cargo xtask generate`.

export const codes = [
  "key_format_unknown",
  "key_pem_invalid",
  "key_json_invalid",
  "key_member_invalid",
  "key_private",
  "key_symmetric",
  "key_unsuitable",
  "key_too_small",
  "key_too_large",
  "key_modulus_even",
  "key_exponent_invalid",
  null,
  "key_set_empty",
  "key_set_too_large",
  "token_too_large",
  "token_malformed",
  "base64_invalid",
  "header_invalid",
  "header_duplicate_member",
  "header_too_deep",
  "alg_not_allowed",
  "typ_not_allowed",
  "crit_not_supported",
  "b64_not_supported",
  "kid_invalid",
  "key_not_found",
  "kid_missing",
  "signature_invalid",
  "payload_invalid",
  "payload_duplicate_member",
  "payload_too_deep",
  "claim_missing",
  "claim_invalid",
  "token_expired",
  "token_not_yet_valid",
  "token_issued_in_future",
  "token_type_mismatch",
  "issuer_mismatch",
  "audience_mismatch",
  "token_revoked",
  "revocation_unknown",
  "key_certificate",
  "key_discovery_document",
  "kid_ambiguous",
] as const;

/** Every code that a refused token or key can have. */
export type Code = Exclude<(typeof codes)[number], null>;

/** The codes of keys that cannot be used. */
export type KeyCode =
  | "key_format_unknown"
  | "key_pem_invalid"
  | "key_json_invalid"
  | "key_member_invalid"
  | "key_private"
  | "key_certificate"
  | "key_discovery_document"
  | "key_symmetric"
  | "key_unsuitable"
  | "key_too_small"
  | "key_too_large"
  | "key_modulus_even"
  | "key_exponent_invalid"
  | "key_set_empty"
  | "key_set_too_large";
