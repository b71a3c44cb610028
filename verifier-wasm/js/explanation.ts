/// <reference lib="esnext.disposable" preserve="true" />

import type { Check } from "./checks.js";
import type { Code } from "./codes.js";
import type { Details } from "./details.js";
import type { VerifyOptions } from "./options.js";
import type { Claims, Header } from "./verified.js";

/** One check on the way of a token, and how it went. */
export type Step =
  | { check: Check; outcome: "passed" }
  | { check: Check; outcome: "failed"; code: Code }
  | { check: Check; outcome: "not_reached" };

/** What `verify` of the plain verifier returns or throws. */
export type Verdict =
  | { ok: true; header: Header; claims: Claims }
  | { [C in Code]: { ok: false; code: C; message: string; details: Readonly<Details[C]> } }[Code];

export interface Explanation {
  /** Every check in the order they are made; at most one has failed, and those behind it were not reached. */
  steps: Step[];
  verdict: Verdict;
  /**
   * The decoded texts of a token of the right shape, where they are UTF-8. Not verified unless the
   * verdict is good: to be looked at, never to be acted on.
   */
  untrusted: { header?: string; payload?: string };
}

/** Explains verdicts to people, with one key set under one policy. */
export interface Explainer {
  /** @throws {TypeError} when an argument has the wrong type; a refused token is an answer here */
  explain(token: string, options?: VerifyOptions): Explanation;
  /** Gives the memory of the keys back now rather than at some garbage collection. The explainer is done then. */
  free(): void;
  [Symbol.dispose](): void;
}
