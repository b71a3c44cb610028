import type { Code } from "./codes.js";
import { CodedError } from "./faults.js";

/** The values that matter, for each code. */
export interface StatusListDetails {
  /** No answer: no such host, nobody listening, a broken connection. `cause` is what `fetch` threw. */
  status_list_unreachable: Record<never, never>;
  /** `seconds`: how long the answer was waited for. */
  status_list_timeout: { seconds: number };
  /** Whoever may redirect a request may choose where it goes. */
  status_list_redirected: Record<never, never>;
  status_list_status_unexpected: { status: number };
  /** `limit`: bytes that are read of an answer, or of the list inside it when it is inflated. */
  status_list_too_large: { limit: number };
  /** Not UTF-8, not zlib, or refused by the verifier, whose code that is then, and whose error is the `cause`. */
  status_list_invalid: { reason: "not_utf8" | "not_zlib" | Code };
  /** The keys that it would be verified with cannot be had; `cause` says why. */
  status_list_keys_missing: Record<never, never>;
  /** This engine has no `DecompressionStream`. */
  status_list_unsupported: Record<never, never>;
}

/** Every code that a list which could not be had can have. */
export type StatusListCode = keyof StatusListDetails;

interface Coded<C extends StatusListCode> extends Error {
  /** What was wrong: stable, for programs. `message` is for logs and may change. */
  readonly code: C;
  readonly details: Readonly<StatusListDetails[C]>;
}

/** There is no list to look a token up in. It says nothing about the token: the answer to a request is 503, not 401. */
export type StatusListError = { [C in StatusListCode]: Coded<C> }[StatusListCode];

const Failing = class StatusListError extends CodedError {
  static {
    this.prototype.name = "StatusListError";
  }
};

type Constructor = {
  new <C extends StatusListCode>(code: C, details: StatusListDetails[C], cause?: unknown): StatusListError;
  readonly prototype: StatusListError;
};

export const StatusListError = Failing as unknown as Constructor;
