/** What can be wrong with a document that is fetched, and the values that matter of each. */
export interface Faults {
  /** No answer: no such host, nobody listening, a broken connection. `cause` is what `fetch` threw. */
  unreachable: Record<never, never>;
  /** `seconds`: how long the answer was waited for. */
  timeout: { seconds: number };
  redirected: Record<never, never>;
  status_unexpected: { status: number };
  too_large: { limit: number };
  invalid: { reason: "not_utf8" };
}

/** Makes the error of those who wanted the document. */
export type Fail = <F extends keyof Faults>(fault: F, details: Faults[F], cause?: unknown) => CodedError;

/** An error with a code for programs and a message for logs. */
export class CodedError extends Error {
  readonly code: string;
  readonly details: object;

  constructor(code: string, details: object, cause?: unknown) {
    const values = Object.entries(details).map(([name, value]) => `${name} ${value}`);
    super([code.replaceAll("_", " "), ...values].join(": "), cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}
