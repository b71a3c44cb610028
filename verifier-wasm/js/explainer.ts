import { checkOf, checks, type Check } from "./checks.js";
import { VerificationError } from "./errors.js";
import type { Explainer, Explanation, Step, Verdict } from "./explanation.js";
import type { Instance } from "./instance.js";
import { LoadedKeys } from "./loaded-keys.js";
import { keyTextOf, policyOf, timeOf, tokenOf } from "./options.js";
import type { Jwk, JwkSet, VerifierOptions, VerifyOptions } from "./options.js";
import { outcomeOf, type Reply } from "./wire.js";

/** Creates an explainer in this instance; see `createExplainer` of the entry. */
export function newExplainer(
  instance: Instance,
  keys: string | Jwk | JwkSet,
  options: VerifierOptions,
): Explainer {
  return new WasmExplainer(new LoadedKeys(instance, keyTextOf(keys), policyOf(options)));
}

class WasmExplainer implements Explainer {
  readonly #keys: LoadedKeys;

  constructor(keys: LoadedKeys) {
    this.#keys = keys;
  }

  explain(token: string, options: VerifyOptions = {}): Explanation {
    return this.#keys.verify(tokenOf(token), timeOf(options), explanationOf);
  }

  free(): void {
    this.#keys.free();
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
  const untrusted: Explanation["untrusted"] = {};
  // A token of the wrong shape has no segments to decode.
  if (failed > 0) {
    const header = textIfUtf8(() => reply.header());
    const payload = textIfUtf8(() => reply.payload());
    Object.assign(
      untrusted,
      header !== undefined && { header },
      payload !== undefined && { payload },
    );
  }
  return {
    steps: checks.map((check, index) => stepOf(check, index, failed, verdict)),
    verdict,
    untrusted,
  };
}

/** Returns the check that a code belongs to; claim codes name it in their details. */
function failedCheck({ code, details }: Extract<Verdict, { ok: false }>): Check {
  const check = Object.hasOwn(checkOf, code) ? checkOf[code] : undefined;
  if (check !== undefined) {
    return check;
  }
  const { claim } = details as { claim: string };
  // Every token needs `exp`; other claims are required by the policy.
  return code === "claim_missing" && claim !== "exp" ? "required_claims" : (claim as Check);
}

function textIfUtf8(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function stepOf(check: Check, index: number, failed: number, verdict: Verdict): Step {
  if (index < failed) {
    return { check, outcome: "passed" };
  }
  return index === failed && !verdict.ok
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
