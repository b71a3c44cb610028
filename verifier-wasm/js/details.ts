import type {
  JsonErrorReason,
  JwkError,
  KeyMember,
  MemberError,
  PemError,
  Unsuitable,
} from "./reasons.js";

/** The value in place of the expected string; `actual` is cut after 64 characters. */
export type Mismatch =
  { reason: "absent" } | { reason: "not_a_string" } | { reason: "different"; actual: string };

/** A violation of strict JSON: `at` is a byte offset in the decoded segment. */
export type JsonError =
  { reason: "not_utf8" | "not_json"; at: number } | { reason: "not_an_object" };

type Nothing = Record<never, never>;

/**
 * The values that matter, for each code. Times are Unix times in seconds, saturated at 2^64; sizes
 * and offsets are in bytes. Values from a refused token are untrusted.
 */
export interface Details {
  key_format_unknown: Nothing;
  key_pem_invalid: { reason: PemError };
  /** `at` is a byte offset in the key text; of a duplicate member, the offset of its object. */
  key_json_invalid: { reason: JsonErrorReason; at: number } | { reason: JwkError };
  key_member_invalid: { member: KeyMember; reason: MemberError };
  key_private: Nothing;
  /** `instead`: the command that writes the public key of the certificate. */
  key_certificate: { instead: string };
  /** `instead`: the member that has the address of the key set. */
  key_discovery_document: { instead: string };
  key_symmetric: Nothing;
  key_unsuitable: { reason: Unsuitable };
  key_too_small: { bits: number };
  key_too_large: { bits: number };
  key_modulus_even: Nothing;
  key_exponent_invalid: Nothing;
  key_set_empty: Nothing;
  /** `bytes` of the examined text: at most its first 131,073 characters. */
  key_set_too_large: { bytes: number };
  /** `bytes` of the examined text: at most its first `limit` + 1 characters. */
  token_too_large: { bytes: number; limit: number };
  /** Other than three segments, or one of them empty. */
  token_malformed: { segments: number } | { segment: "header" | "payload" };
  base64_invalid: { segment: "header" | "payload" | "signature"; at: number };
  header_invalid: JsonError;
  header_duplicate_member: { at: number };
  header_too_deep: Nothing;
  alg_not_allowed: Mismatch;
  typ_not_allowed: Mismatch;
  crit_not_supported: Nothing;
  b64_not_supported: Nothing;
  kid_invalid: Nothing;
  key_not_found: { kid: string };
  kid_ambiguous: { kid: string };
  /** `keys`: the number of suitable keys. */
  kid_missing: { keys: number };
  signature_invalid: Nothing;
  payload_invalid: JsonError;
  payload_duplicate_member: { at: number };
  payload_too_deep: Nothing;
  claim_missing: { claim: string };
  claim_invalid: { claim: string };
  token_expired: { expiredAt: number; now: number };
  token_not_yet_valid: { notBefore: number; now: number };
  token_issued_in_future: { issuedAt: number; now: number };
  token_type_mismatch: { expected: string } & Mismatch;
  /** `expected` is a list where several are accepted. */
  issuer_mismatch: { expected: string | string[] } & Mismatch;
  /** `expected` is absent when no audience is configured: the token must not have one then. */
  audience_mismatch: { expected?: string | string[] };
  token_revoked: Nothing;
  revocation_unknown: Nothing;
}
