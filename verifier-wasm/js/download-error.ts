/** The errors of a fetch, by code, with the details of each. */
export interface DownloadErrors {
  /** No response: unknown host, refused or broken connection. `cause` is the error of `fetch`. */
  unreachable: Record<never, never>;
  /** `seconds`: the timeout. */
  timeout: { seconds: number };
  redirected: Record<never, never>;
  status_unexpected: { status: number };
  too_large: { limit: number };
  invalid: { reason: "not_utf8" };
}

/** Creates the error that the caller of the download throws. */
export type Fail = <F extends keyof DownloadErrors>(
  code: F,
  details: DownloadErrors[F],
  cause?: unknown,
) => CodedError;

/** An error with a code for programs and a message for logs. */
export class CodedError extends Error {
  readonly code: string;
  readonly details: object;

  constructor(code: string, details: object, cause?: unknown) {
    const values = Object.entries(details).map(([name, value]) => `${name} ${value}`);
    super(
      [code.replaceAll("_", " "), ...values].join(": "),
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.details = details;
  }
}
