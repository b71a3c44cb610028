// What the numbers of the WebAssembly side mean; see src/answer.rs.

import { parsed } from "./bare.js";
import { codes, type Code } from "./codes.js";
import type { Details, Mismatch } from "./details.js";
import type { Exports } from "./instance.js";
import type { Policy } from "./options.js";
import { claimNames, jwkFaults, keyMembers, pemFaults, unsuitables } from "./reasons.js";
import type { Claims, Header, VerifiedToken } from "./verified.js";

export interface Refusal<C extends Code = Code> {
  code: C;
  details: Details[C];
}

/** The longest token that is looked at. */
export const MAX_TOKEN_BYTES = 16_384;

/** The longest key text that is read. */
export const MAX_KEY_TEXT_BYTES = 131_072;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The answer to one call, as it stands in memory until the next. */
export class Answer {
  readonly #memory: WebAssembly.Memory;
  readonly #numbers: Uint32Array;
  readonly policy: Policy;
  readonly now: number;
  /** Bytes that the text may have. */
  readonly limit: number;

  constructor({ memory }: Exports, at: number, policy: Policy, now: number, limit = MAX_TOKEN_BYTES) {
    this.#memory = memory;
    this.#numbers = new Uint32Array(memory.buffer, at >>> 0, 5);
    this.policy = policy;
    this.now = now;
    this.limit = limit;
  }

  /** Of a refusal, where or how much; of keys that were loaded, the number of their verifier. */
  get place(): number {
    return this.#numbers[0]!;
  }

  /** What is refused and why; undefined when it is accepted. */
  refusal(): Refusal | undefined {
    const [place, mark] = this.#numbers as unknown as [number, number];
    if (mark === 0) {
      return undefined;
    }
    const code = codes[(mark >>> 8) - 1];
    if (code === undefined) {
      throw new Error(`there is no code for ${mark}`);
    }
    const read = Object.hasOwn(details, code) ? details[code] : undefined;
    return { code, details: read?.(mark & 0xff, place, this) ?? {} };
  }

  /** The decoded header: untrusted unless the token was accepted, and JSON unless it was refused for not being it. */
  header(): string {
    return this.#text(0, this.#numbers[3]!);
  }

  /** The decoded payload, likewise; it stands behind the header. */
  payload(): string {
    return this.#text(this.#numbers[3]!, this.#numbers[4]!);
  }

  #text(from: number, bytes: number): string {
    return decoder.decode(new Uint8Array(this.#memory.buffer, this.#numbers[2]! + from, bytes));
  }
}

/** What an accepted token says, or why it was refused: one of the two, and both members are always there. */
export type Outcome =
  | { readonly refusal: Refusal; readonly token: undefined }
  | { readonly refusal: undefined; readonly token: VerifiedToken };

export function outcomeIn(answer: Answer): Outcome {
  const refusal = answer.refusal();
  if (refusal !== undefined) {
    return { refusal, token: undefined };
  }
  const token = { header: parsed(answer.header()) as Header, claims: parsed(answer.payload()) as Claims };
  return { refusal, token };
}

const segments = ["header", "payload", "signature"] as const;

/** From this number on, the reasons of `key_json_invalid` are about the shape of the JSON. */
const SHAPE = 16;

type DetailsOf<C extends Code> = (reason: number, place: number, answer: Answer) => Details[C];

/** What the two numbers of a refusal mean, and what is read from the token; codes that are missing here have no values. */
const details: { readonly [C in Code]?: DetailsOf<C> } = {
  key_pem_invalid: (reason) => ({ reason: pemFaults[reason]! }),
  key_json_invalid: (reason, at) => (reason < SHAPE ? { reason: "not_json", at } : { reason: jwkFaults[reason - SHAPE]! }),
  key_member_invalid: (member) => ({ member: keyMembers[member]! }),
  key_unsuitable: (reason) => ({ reason: unsuitables[reason]! }),
  key_too_small: (_, bits) => ({ bits }),
  key_too_large: (_, bits) => ({ bits }),
  key_set_too_large: (_, bytes) => ({ bytes }),
  token_too_large: (_, bytes, { limit }) => ({ bytes, limit }),
  token_malformed: (empty, found) => (empty ? { segment: segments[empty - 1] as "header" } : { segments: found }),
  base64_invalid: (segment, at) => ({ segment: segments[segment]!, at }),
  header_invalid: jsonFault,
  header_duplicate_member: (_, at) => ({ at }),
  alg_not_allowed: (_reason, _place, answer) => mismatch(answer.header(), "alg"),
  typ_not_allowed: (_reason, _place, answer) => mismatch(answer.header(), "typ"),
  key_not_found: (_reason, _place, answer) => ({ kid: excerpt(member(answer.header(), "kid") as string) }),
  kid_missing: (_, keys) => ({ keys }),
  payload_invalid: jsonFault,
  payload_duplicate_member: (_, at) => ({ at }),
  claim_missing: (claim) => ({ claim: claimNames[claim]! }),
  claim_invalid: (claim) => ({ claim: claimNames[claim]! }),
  token_expired: (_reason, _place, answer) => ({ expiredAt: date(answer, "exp"), now: answer.now }),
  token_not_yet_valid: (_reason, _place, answer) => ({ notBefore: date(answer, "nbf"), now: answer.now }),
  token_issued_in_future: (_reason, _place, answer) => ({ issuedAt: date(answer, "iat"), now: answer.now }),
  token_type_mismatch: (_reason, _place, answer) => ({
    expected: answer.policy.refresh ? "refresh" : "access",
    ...mismatch(answer.payload(), "token_type"),
  }),
  issuer_mismatch: (_reason, _place, answer) => ({
    expected: answer.policy.issuer!,
    ...mismatch(answer.payload(), "iss"),
  }),
  audience_mismatch: (_reason, _place, { policy: { audience } }) => (audience === undefined ? {} : { expected: audience }),
};

function jsonFault(reason: number, at: number): Details["header_invalid"] {
  return reason === 2 ? { reason: "not_an_object" } : { reason: reason === 1 ? "not_json" : "not_utf8", at };
}

/** A member of a segment that the WebAssembly side has read. */
function member(json: string, name: string): unknown {
  return (parsed(json) as Record<string, unknown>)[name];
}

function date(answer: Answer, name: string): number {
  return member(answer.payload(), name) as number;
}

function mismatch(json: string, name: string): Mismatch {
  const actual = member(json, name);
  return typeof actual === "string"
    ? { reason: "different", actual: excerpt(actual) }
    : { reason: actual === undefined ? "absent" : "not_a_string" };
}

/** Cut after 64 characters. */
function excerpt(text: string): string {
  return [...text].slice(0, 64).join("");
}
