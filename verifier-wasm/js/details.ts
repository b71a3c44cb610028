import type { Code } from "./codes.js";
import type { JwkFault, PemFault, Unsuitable } from "./reasons.js";

/** What stood in place of the text that was expected; `actual` is cut after 64 characters. */
export type Mismatch = { reason: "absent" } | { reason: "not_a_string" } | { reason: "different"; actual: string };

/** Where a JSON text went wrong: `at` is a byte of the decoded segment. */
type JsonFault = { reason: "not_utf8" | "not_json"; at: number } | { reason: "not_an_object" };

type Nothing = Record<never, never>;

/**
 * The values that matter, for each code. Times are Unix times in seconds, sizes and places are
 * bytes; whatever comes from the token is as untrusted as the token.
 */
export interface Details extends Record<Code, object> {
  key_format_unknown: Nothing;
  key_pem_invalid: { reason: PemFault };
  /** `at` is a byte of the key text, or of the JWK inside a set. */
  key_json_invalid: { reason: "not_json"; at: number } | { reason: JwkFault };
  key_member_invalid: { member: "n" | "e" | "kid" };
  key_private: Nothing;
  key_symmetric: Nothing;
  key_unsuitable: { reason: Unsuitable };
  key_too_small: { bits: number };
  key_too_large: { bits: number };
  key_modulus_even: Nothing;
  key_exponent_invalid: Nothing;
  key_duplicate_kid: Nothing;
  key_set_empty: Nothing;
  /** `bytes` of what was looked at: of a longer text, the first 131,073 characters. */
  key_set_too_large: { bytes: number };
  /** `bytes` of what was looked at: of a longer text, the first `limit` + 1 characters. */
  token_too_large: { bytes: number; limit: number };
  /** Other than three segments, or one of them empty. */
  token_malformed: { segments: number } | { segment: "header" | "payload" };
  base64_invalid: { segment: "header" | "payload" | "signature"; at: number };
  header_invalid: JsonFault;
  header_duplicate_member: { at: number };
  header_too_deep: Nothing;
  alg_not_allowed: Mismatch;
  typ_not_allowed: Mismatch;
  crit_not_supported: Nothing;
  b64_not_supported: Nothing;
  kid_invalid: Nothing;
  key_not_found: { kid: string };
  /** `keys`: how many could have been meant. */
  kid_missing: { keys: number };
  signature_invalid: Nothing;
  payload_invalid: JsonFault;
  payload_duplicate_member: { at: number };
  payload_too_deep: Nothing;
  claim_missing: { claim: string };
  claim_invalid: { claim: string };
  token_expired: { expiredAt: number; now: number };
  token_not_yet_valid: { notBefore: number; now: number };
  token_issued_in_future: { issuedAt: number; now: number };
  token_type_mismatch: { expected: "access" | "refresh" } & Mismatch;
  issuer_mismatch: { expected: string } & Mismatch;
  /** Nothing is expected of a token when no audience was configured, and then it must not have one. */
  audience_mismatch: { expected?: string };
  token_revoked: Nothing;
  revocation_unknown: Nothing;
}
