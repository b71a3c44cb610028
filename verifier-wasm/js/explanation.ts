/// <reference lib="esnext.disposable" preserve="true" />

import type { Check } from "./checks.js";
import type { Code } from "./codes.js";
import type { Details } from "./details.js";
import type { VerifyOptions } from "./options.js";
import type { Claims, Header } from "./verified.js";

/** A check of the pipeline, and its outcome. */
export type Step =
  | { check: Check; outcome: "passed" }
  | { check: Check; outcome: "failed"; code: Code }
  | { check: Check; outcome: "not_reached" };

/** The result or the error of `verify` of the plain verifier. */
export type Verdict =
  | { ok: true; header: Header; claims: Claims }
  | { [C in Code]: { ok: false; code: C; message: string; details: Readonly<Details[C]> } }[Code];

export interface Explanation {
  /** Every check, in the order in which they run; at most one has failed, and the later ones were not reached. */
  steps: Step[];
  verdict: Verdict;
  /**
   * The decoded header and payload of a token of the right shape, where they are UTF-8. Not verified
   * unless the verdict is good: display them, never act on them.
   */
  untrusted: { header?: string; payload?: string };
}

/** Explains verdicts to people, with one key set under one policy. */
export interface Explainer {
  /** @throws {TypeError} when an argument has the wrong type; a refused token is a result here */
  explain(token: string, options?: VerifyOptions): Explanation;
  /** Frees the memory of the keys now rather than at some garbage collection. The explainer cannot be used afterwards. */
  free(): void;
  [Symbol.dispose](): void;
}
