import type { KeyCode } from "./codes.js";
import { CodedError } from "./faults.js";

/** The values that matter, for each code. */
export interface JwksDetails {
  /** No answer: no such host, nobody listening, a broken connection. `cause` is what `fetch` threw. */
  jwks_unreachable: Record<never, never>;
  /** `seconds`: how long the answer was waited for. */
  jwks_timeout: { seconds: number };
  /** Whoever may redirect a request for keys may choose the keys. */
  jwks_redirected: Record<never, never>;
  jwks_status_unexpected: { status: number };
  jwks_too_large: { limit: number };
  /** Not UTF-8, not an object with `keys`, or refused by `createVerifier`: `cause` is its `KeyError` then. */
  jwks_invalid: { reason: "not_utf8" | "not_a_set" | KeyCode };
}

/** Every code that keys which could not be had can have. */
export type JwksCode = keyof JwksDetails;

interface Coded<C extends JwksCode> extends Error {
  /** What was wrong: stable, for programs. `message` is for logs and may change. */
  readonly code: C;
  readonly details: Readonly<JwksDetails[C]>;
}

/** There are no keys to verify with. It says nothing about the token: the answer to a request is 503, not 401. */
export type JwksError = { [C in JwksCode]: Coded<C> }[JwksCode];

const Failing = class JwksError extends CodedError {
  static {
    this.prototype.name = "JwksError";
  }
};

type Constructor = {
  new <C extends JwksCode>(code: C, details: JwksDetails[C], cause?: unknown): JwksError;
  readonly prototype: JwksError;
};

export const JwksError = Failing as unknown as Constructor;
