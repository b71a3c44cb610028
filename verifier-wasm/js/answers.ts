// What the numbers of the WebAssembly side mean; see src/answer.rs.

import { codes, type Code } from "./codes.js";
import type { Details, Mismatch } from "./details.js";
import type { Exports } from "./instance.js";
import type { Policy } from "./options.js";
import { jwkFaults, pemFaults, unsuitables } from "./reasons.js";
import type { VerifiedToken } from "./verified.js";

export interface Refusal<C extends Code = Code> {
  code: C;
  details: Details[C];
}

/** The return value that accepts; any other is the place of a code. */
const ACCEPTED = -1;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The answer to one call, as it stands in memory until the next. */
export class Answer {
  readonly #memory: WebAssembly.Memory;
  readonly #at: number;
  readonly #result: number;
  readonly policy: Policy;
  readonly now: number;

  constructor({ memory }: Exports, at: number, result: number, policy: Policy, now: number) {
    this.#memory = memory;
    this.#at = at;
    this.#result = result;
    this.policy = policy;
    this.now = now;
  }

  /** What is refused and why; undefined when it is accepted. */
  refusal(): Refusal | undefined {
    if (this.#result === ACCEPTED) {
      return undefined;
    }
    const code = codes[this.#result];
    if (code === undefined) {
      throw new Error(`there is no code ${this.#result}`);
    }
    const [first = 0, second = 0] = new Float64Array(this.#memory.buffer, this.#at, 2);
    return { code, details: details[code]?.(first, second, this) ?? {} };
  }

  /** The decoded header: untrusted unless the token was accepted, and JSON unless it was refused for not being it. */
  header(): string {
    return this.#segment(16);
  }

  /** The decoded payload, likewise. */
  payload(): string {
    return this.#segment(24);
  }

  #segment(offset: number): string {
    const [at = 0, bytes = 0] = new Uint32Array(this.#memory.buffer, this.#at + offset, 2);
    return this.text(at, bytes);
  }

  text(at: number, bytes: number): string {
    return decoder.decode(new Uint8Array(this.#memory.buffer, at, bytes));
  }
}

/** What an accepted token says, or why it was refused. */
export function verdictIn(answer: Answer): VerifiedToken | Refusal {
  return answer.refusal() ?? { header: JSON.parse(answer.header()), claims: JSON.parse(answer.payload()) };
}

const segments = ["header", "payload", "signature"] as const;

type DetailsOf<C extends Code> = (first: number, second: number, answer: Answer) => Details[C];

/** Codes that are missing here have no values. */
const details: { readonly [C in Code]?: DetailsOf<C> } = {
  key_pem_invalid: (fault) => ({ reason: pemFaults[fault]! }),
  key_json_invalid: (first, syntax) => (syntax ? { reason: "not_json", at: first } : { reason: jwkFaults[first]! }),
  key_member_invalid: (at, bytes, answer) => ({ member: answer.text(at, bytes) as "n" }),
  key_unsuitable: (why) => ({ reason: unsuitables[why]! }),
  key_too_small: (bits) => ({ bits }),
  key_too_large: (bits) => ({ bits }),
  key_set_too_large: (bytes) => ({ bytes }),
  token_too_large: (bytes, limit) => ({ bytes, limit }),
  token_malformed: (found, empty) => (found === 3 ? { segment: segments[empty] as "header" } : { segments: found }),
  base64_invalid: (segment, at) => ({ segment: segments[segment]!, at }),
  header_invalid: jsonFault,
  header_duplicate_member: (at) => ({ at }),
  alg_not_allowed: (kind, _, answer) => mismatch(kind, answer.header(), "alg"),
  typ_not_allowed: (kind, _, answer) => mismatch(kind, answer.header(), "typ"),
  key_not_found: (_first, _second, answer) => ({ kid: member(answer.header(), "kid") }),
  kid_missing: (keys) => ({ keys }),
  payload_invalid: jsonFault,
  payload_duplicate_member: (at) => ({ at }),
  claim_missing: claim,
  claim_invalid: claim,
  token_expired: (secs, nanos, { now }) => ({ expiredAt: time(secs, nanos), now }),
  token_not_yet_valid: (secs, nanos, { now }) => ({ notBefore: time(secs, nanos), now }),
  token_issued_in_future: (secs, nanos, { now }) => ({ issuedAt: time(secs, nanos), now }),
  token_type_mismatch: (kind, _, answer) => ({
    expected: answer.policy.refresh ? "refresh" : "access",
    ...mismatch(kind, answer.payload(), "token_type"),
  }),
  issuer_mismatch: (kind, _, answer) => ({
    expected: answer.policy.issuer!,
    ...mismatch(kind, answer.payload(), "iss"),
  }),
  audience_mismatch: (_first, _second, { policy: { audience } }) => (audience === undefined ? {} : { expected: audience }),
};

function jsonFault(kind: number, at: number): Details["header_invalid"] {
  return kind === 2 ? { reason: "not_an_object" } : { reason: kind === 1 ? "not_json" : "not_utf8", at };
}

function claim(at: number, bytes: number, answer: Answer): { claim: string } {
  return { claim: answer.text(at, bytes) };
}

function mismatch(kind: number, json: string, name: string): Mismatch {
  return kind === 2
    ? { reason: "different", actual: member(json, name) }
    : { reason: kind === 1 ? "not_a_string" : "absent" };
}

/** A text that the WebAssembly side has found there, cut after 64 characters. */
function member(json: string, name: string): string {
  return [...(JSON.parse(json) as Record<string, string>)[name]!].slice(0, 64).join("");
}

function time(secs: number, nanos: number): number {
  return nanos === 0 ? secs : Number(`${secs}.${String(nanos).padStart(9, "0")}`);
}
