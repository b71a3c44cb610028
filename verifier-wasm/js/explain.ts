/// <reference lib="esnext.disposable" preserve="true" />

import { verdictIn, type Answer } from "./answers.js";
import { checks, type Check } from "./checks.js";
import type { Code } from "./codes.js";
import type { Details } from "./details.js";
import { VerificationError } from "./errors.js";
import { explaining } from "./explaining.js";
import { Keyed, type Question } from "./keyed.js";
import { keyTextOf, policyOf, timeOf, tokenOf } from "./options.js";
import type { Jwk, JwkSet, Policy, VerifierOptions, VerifyOptions } from "./options.js";
import type { Claims, Header } from "./verified.js";

export { KeyError, VerificationError } from "./errors.js";
export type { Check } from "./checks.js";
export type { Code, KeyCode } from "./codes.js";
export type { Details } from "./details.js";
export type { Jwk, JwkSet, VerifierOptions, VerifyOptions } from "./options.js";
export type { Claims, Header } from "./verified.js";

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
   * The decoded texts of a token of the right shape, where they are UTF-8. Not verified unless the verdict is good: to be
   * looked at, never to be acted on.
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

/**
 * @param keys PEM text, a JWK or JWKS object, or the JSON text of either; public keys only
 * @throws {KeyError} when the keys cannot be used; `code` says why
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function createExplainer(keys: string | Jwk | JwkSet, options: VerifierOptions = {}): Explainer {
  return new WasmExplainer(keyTextOf(keys), policyOf(options));
}

class WasmExplainer implements Explainer {
  readonly #keyed: Keyed;

  constructor(keys: string, policy: Policy) {
    this.#keyed = new Keyed(explaining, keys, policy);
  }

  explain(token: string, options: VerifyOptions = {}): Explanation {
    return this.#keyed.ask(tokenOf(token), timeOf(options), explanationOf);
  }

  free(): void {
    this.#keyed.free();
  }

  declare [Symbol.dispose]: () => void;

  static {
    // Engines without explicit resource management have no such symbol.
    if (Symbol.dispose) {
      this.prototype[Symbol.dispose] = this.prototype.free;
    }
  }
}

function explanationOf(answer: Answer, { exports, handle, bytes }: Question): Explanation {
  // First, for the next call may move what the answer points at.
  const verdict = verdictOf(answer);
  const texts = { header: utf8(() => answer.header()), payload: utf8(() => answer.payload()) };
  const passed = exports.tokenverifier_passed!(handle, bytes, answer.now);
  const { header, payload } = passed > 0 ? texts : {};
  return {
    steps: checks.map((check, place) => stepOf(check, place, passed, verdict)),
    verdict,
    untrusted: { ...(header !== undefined && { header }), ...(payload !== undefined && { payload }) },
  };
}

/** A text of the token, if it is one. */
function utf8(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function stepOf(check: Check, place: number, passed: number, verdict: Verdict): Step {
  if (place < passed) {
    return { check, outcome: "passed" };
  }
  return place === passed && !verdict.ok
    ? { check, outcome: "failed", code: verdict.code }
    : { check, outcome: "not_reached" };
}

function verdictOf(answer: Answer): Verdict {
  const verdict = verdictIn(answer);
  if (!("code" in verdict)) {
    return { ok: true, ...verdict };
  }
  const { code, message, details } = new VerificationError(verdict.code, verdict.details);
  return { ok: false, code, message, details } as Verdict;
}
