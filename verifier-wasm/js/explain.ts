/// <reference lib="esnext.disposable" preserve="true" />

import { refusalIn, type Answer } from "./answers.js";
import { checks, type Check } from "./checks.js";
import type { Code } from "./codes.js";
import type { Details } from "./details.js";
import { VerificationError } from "./errors.js";
import { wasmBase64 } from "./explain-bytes.js";
import * as bindings from "./explain_wasm.js";
import { Instance } from "./instance.js";
import { Keyed, passedOn } from "./keyed.js";
import { keyTextOf, policyOf, timeOf, tokenOf } from "./options.js";
import type { Jwk, JwkSet, Policy, VerifierOptions, VerifyOptions } from "./options.js";
import type { Claims, Header } from "./verifier.js";

export { KeyError, VerificationError } from "./errors.js";
export type { Check } from "./checks.js";
export type { Code, KeyCode } from "./codes.js";
export type { Details } from "./details.js";
export type { Jwk, JwkSet, VerifierOptions, VerifyOptions } from "./options.js";
export type { Claims, Header } from "./verifier.js";

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

/** A module of its own, which can say more and is larger; the verdicts are made by the same code. */
const explaining = new Instance<bindings.TokenVerifier>(bindings, wasmBase64);

class WasmExplainer implements Explainer {
  readonly #keyed: Keyed<bindings.TokenVerifier>;

  constructor(keys: string, policy: Policy) {
    this.#keyed = new Keyed(explaining, keys, policy);
  }

  explain(token: string, options: VerifyOptions = {}): Explanation {
    const text = passedOn(tokenOf(token));
    const now = timeOf(options);
    return this.#keyed.ask((handle) => handle.explain(text, now), explanationIn);
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

/** The answer, how many checks were passed, and the texts of header and payload. */
function explanationIn(json: unknown): Explanation {
  const [answer, passed, header, payload] = json as [Answer, number, string | null, string | null];
  const verdict = verdictIn(answer);
  return {
    steps: checks.map((check, place) => stepOf(check, place, passed, verdict)),
    verdict,
    untrusted: { ...(header !== null && { header }), ...(payload !== null && { payload }) },
  };
}

function stepOf(check: Check, place: number, passed: number, verdict: Verdict): Step {
  if (place < passed) {
    return { check, outcome: "passed" };
  }
  return place === passed && !verdict.ok
    ? { check, outcome: "failed", code: verdict.code }
    : { check, outcome: "not_reached" };
}

function verdictIn(answer: Answer): Verdict {
  const refusal = refusalIn(answer);
  if (refusal === undefined) {
    return { ok: true, header: answer[0] as Header, claims: answer[1] as Claims };
  }
  const { code, message, details } = new VerificationError(refusal.code, refusal.details);
  return { ok: false, code, message, details } as Verdict;
}
