import { checkOf, checks, type Check } from "./checks.js";
import { VerificationError } from "./errors.js";
import type { Explainer, Explanation, Step, Verdict } from "./explanation.js";
import type { Instance } from "./instance.js";
import { Keyed } from "./keyed.js";
import { keyTextOf, policyOf, timeOf, tokenOf } from "./options.js";
import type { Jwk, JwkSet, Policy, VerifierOptions, VerifyOptions } from "./options.js";
import { outcomeOf, type Reply } from "./wire.js";

/** `createExplainer` of an entry, which has the module in its own way. */
export function explainerIn(instance: Instance, keys: string | Jwk | JwkSet, options: VerifierOptions): Explainer {
  return new WasmExplainer(instance, keyTextOf(keys), policyOf(options));
}

class WasmExplainer implements Explainer {
  readonly #keyed: Keyed;

  constructor(instance: Instance, keys: string, policy: Policy) {
    this.#keyed = new Keyed(instance, keys, policy);
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

function explanationOf(reply: Reply): Explanation {
  const verdict = verdictOf(reply);
  const failed = verdict.ok ? checks.length : checks.indexOf(failedCheck(verdict));
  const { header, payload } = failed > 0 ? { header: utf8(() => reply.header()), payload: utf8(() => reply.payload()) } : {};
  return {
    steps: checks.map((check, place) => stepOf(check, place, failed, verdict)),
    verdict,
    untrusted: { ...(header !== undefined && { header }), ...(payload !== undefined && { payload }) },
  };
}

/** The checks are made in one order, so the one that failed tells how each of them went. */
function failedCheck({ code, details }: Extract<Verdict, { ok: false }>): Check {
  const check = Object.hasOwn(checkOf, code) ? checkOf[code] : undefined;
  return check ?? ((details as { claim: string }).claim as Check);
}

/** A text of the token, if it is one. */
function utf8(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function stepOf(check: Check, place: number, failed: number, verdict: Verdict): Step {
  if (place < failed) {
    return { check, outcome: "passed" };
  }
  return place === failed && !verdict.ok
    ? { check, outcome: "failed", code: verdict.code }
    : { check, outcome: "not_reached" };
}

function verdictOf(reply: Reply): Verdict {
  const { refusal, token } = outcomeOf(reply);
  if (refusal === undefined) {
    return { ok: true, ...token };
  }
  const { code, message, details } = new VerificationError(refusal.code, refusal.details);
  return { ok: false, code, message, details } as Verdict;
}
