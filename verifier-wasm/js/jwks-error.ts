import type { KeyCode } from "./codes.js";
import { CodedError } from "./download-error.js";

/** The values of each code. */
export interface JwksDetails {
  /** DNS failure, connection refused or broken; `cause` is the error of `fetch`. */
  jwks_unreachable: Record<never, never>;
  /** No complete response within `seconds`. */
  jwks_timeout: { seconds: number };
  /** A redirect. It is not followed, because it would decide which keys are trusted. */
  jwks_redirected: Record<never, never>;
  jwks_status_unexpected: { status: number };
  /** A body of more than `limit` bytes. */
  jwks_too_large: { limit: number };
  /** Not UTF-8, not an object with `keys`, or refused with a `KeyError`, which is the `cause`. */
  jwks_invalid: { reason: "not_utf8" | "not_a_set" | KeyCode };
  /** The same as `jwks_unreachable`, for the metadata of the issuer. */
  jwks_metadata_unreachable: Record<never, never>;
  /** No complete metadata within `seconds`. */
  jwks_metadata_timeout: { seconds: number };
  /**
   * Neither address has metadata of the issuer: `oauth` is the reason for
   * `/.well-known/oauth-authorization-server`, `openid` for `/.well-known/openid-configuration`.
   */
  jwks_metadata_unusable: { oauth: MetadataReason; openid: MetadataReason };
}

/** Why a response is no metadata of the issuer. */
export type MetadataReason =
  | `status_${number}`
  | "redirected"
  | "too_large"
  | "not_utf8"
  /** Not JSON, or not an object. */
  | "not_an_object"
  /** Its `issuer` is not exactly the configured one. */
  | "issuer_mismatch"
  | "jwks_uri_missing"
  /** Not an http or https URL, or an http URL of an https issuer. */
  | "jwks_uri_invalid";

/** The codes of a {@link JwksError}. */
export type JwksCode = keyof JwksDetails;

interface Coded<C extends JwksCode> extends Error {
  /** The reason: stable, for programs. `message` is for logs and may change. */
  readonly code: C;
  readonly details: Readonly<JwksDetails[C]>;
}

/** No keys are available. The token was not checked: respond with 503, not 401. */
export type JwksError = { [C in JwksCode]: Coded<C> }[JwksCode];

const JwksErrorClass = class JwksError extends CodedError {
  static {
    this.prototype.name = "JwksError";
  }
};

type Constructor = {
  new <C extends JwksCode>(code: C, details: JwksDetails[C], cause?: unknown): JwksError;
  readonly prototype: JwksError;
};

export const JwksError = JwksErrorClass as unknown as Constructor;
