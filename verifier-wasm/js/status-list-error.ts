import type { Code } from "./codes.js";
import { CodedError } from "./download-error.js";

/** The values of each code. */
export interface StatusListDetails {
  /** DNS failure, connection refused or broken; `cause` is the error of `fetch`. */
  status_list_unreachable: Record<never, never>;
  /** No complete response within `seconds`. */
  status_list_timeout: { seconds: number };
  /** A redirect. It is not followed, because it could lead outside of `allowed`. */
  status_list_redirected: Record<never, never>;
  status_list_status_unexpected: { status: number };
  /** More than `limit` bytes in the response, or in the inflated list. */
  status_list_too_large: { limit: number };
  /** Not UTF-8, not zlib, or refused with the code of a `VerificationError`, the `cause`. */
  status_list_invalid: { reason: "not_utf8" | "not_zlib" | Code };
  /** No keys are available to verify the list; `cause` says why. */
  status_list_keys_missing: Record<never, never>;
  /** This engine has no `DecompressionStream`. */
  status_list_unsupported: Record<never, never>;
}

/** The codes of a {@link StatusListError}. */
export type StatusListCode = keyof StatusListDetails;

interface Coded<C extends StatusListCode> extends Error {
  /** The reason: stable, for programs. `message` is for logs and may change. */
  readonly code: C;
  readonly details: Readonly<StatusListDetails[C]>;
}

/** No list is available. The status is not known: respond with 503, not 401. */
export type StatusListError = { [C in StatusListCode]: Coded<C> }[StatusListCode];

const StatusListErrorClass = class StatusListError extends CodedError {
  static {
    this.prototype.name = "StatusListError";
  }
};

type Constructor = {
  new <C extends StatusListCode>(
    code: C,
    details: StatusListDetails[C],
    cause?: unknown,
  ): StatusListError;
  readonly prototype: StatusListError;
};

export const StatusListError = StatusListErrorClass as unknown as Constructor;
