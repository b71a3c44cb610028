// The JavaScript half of the binary interface. src/wire.rs documents its layout.

import { parsed } from "./bare.js";
import { codes, type Code } from "./codes.js";
import type { Details, JsonError, Mismatch } from "./details.js";
import type { Policy } from "./options.js";
import {
  claimNames,
  jsonErrors,
  jwkErrors,
  keyMembers,
  memberErrors,
  pemErrors,
  unsuitables,
} from "./reasons.js";
import type { Claims, Header, VerifiedToken } from "./verified.js";

/** The functions of src/lib.rs. A verifier is a number. */
export interface Exports {
  readonly memory: WebAssembly.Memory;
  abi_version(): number;
  buffer(bytes: number): number;
  load(keys: number): number;
  verify(verifier: number, bytes: number, now: number): number;
  /** Only in the module for status lists. */
  status_list?(verifier: number, bytes: number, uri: number, now: number): number;
  free(verifier: number): void;
}

export interface Refusal<C extends Code = Code> {
  code: C;
  details: Details[C];
}

/** Longest token that is accepted, in bytes. */
export const MAX_TOKEN_BYTES = 16_384;

/** Longest key text that is accepted, in bytes. */
export const MAX_KEY_TEXT_BYTES = 131_072;

let decoder: TextDecoder | undefined;

/** Decodes UTF-8. Some test runners define `TextDecoder` only after the import. */
function decode(bytes: Uint8Array): string {
  decoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return decoder.decode(bytes);
}

/** @throws {Error} when the module is of another release of this package */
export function assertVersion(
  name: string,
  { abi_version }: Partial<Pick<Exports, "abi_version">>,
  expected: number,
): void {
  const actual = abi_version?.() ?? 0;
  if (actual !== expected) {
    throw new Error(
      `the .wasm file of the ${name} has interface version ${actual}, and this package needs ` +
        `${expected}: serve the file of the same release`,
    );
  }
}

const REQUIRE_AT_JWT = 1;
const ANY_AUDIENCE = 2;

/** Encodes a policy as `load` reads it, behind the keys. */
export function encodePolicy(policy: Policy, encoder: TextEncoder): Uint8Array {
  const { leeway, futureLeeway, tokenType, issuers, audiences, requiredClaims } = policy;
  const flags =
    (policy.requireAtJwt ? REQUIRE_AT_JWT : 0) + (policy.anyAudience ? ANY_AUDIENCE : 0);
  const parts = [leeway, futureLeeway, flags].map(u32);
  const tokenTypes = tokenType === undefined ? [] : [tokenType];
  for (const list of [tokenTypes, issuers, audiences, requiredClaims]) {
    parts.push(u32(list.length));
    for (const text of list) {
      const bytes = encoder.encode(text);
      parts.push(u32(bytes.length), bytes);
    }
  }
  const fields = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    fields.set(part, offset);
    offset += part.length;
  }
  return fields;
}

function u32(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number, true);
  return bytes;
}

/** The reply to one call, valid until the next. */
export class Reply {
  readonly #view: DataView;
  readonly policy: Policy;
  readonly now: number;

  constructor({ memory }: Exports, address: number, policy: Policy, now: number) {
    this.#view = new DataView(memory.buffer, address >>> 0, 40);
    this.policy = policy;
    this.now = now;
  }

  /** The handle of a loaded verifier. */
  get handle(): number {
    return this.#u32(8);
  }

  /** The refusal, or undefined when the token was accepted or the keys were loaded. */
  refusal(): Refusal | undefined {
    const number = this.#u32(0);
    if (number === 0) {
      return undefined;
    }
    const code = codes[number - 1];
    if (code == null) {
      throw new Error(`unknown code ${number}`);
    }
    const read = Object.hasOwn(details, code) ? details[code] : undefined;
    return { code, details: read?.(this) ?? {} };
  }

  /** The decoded header: untrusted unless the token was accepted. */
  header(): string {
    return decode(this.#header);
  }

  /** The decoded payload: untrusted unless the token was accepted. */
  payload(): string {
    return decode(this.#payload);
  }

  get reason(): number {
    return this.#u32(4);
  }

  get first(): number {
    return this.#u32(8);
  }

  get second(): number {
    return this.#u32(12);
  }

  get instant(): number {
    return this.#view.getFloat64(16, true);
  }

  /** The string of the header that `first` and `second` delimit, cut after 64 characters. */
  headerExcerpt(): string {
    return this.#excerpt(this.#header);
  }

  /** The string of the payload that `first` and `second` delimit, cut after 64 characters. */
  payloadExcerpt(): string {
    return this.#excerpt(this.#payload);
  }

  get #header(): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#u32(24), this.#u32(28));
  }

  get #payload(): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#u32(24) + this.#u32(28), this.#u32(32));
  }

  #excerpt(segment: Uint8Array): string {
    const escaped = decode(segment.subarray(this.first, this.second));
    return [...(JSON.parse(`"${escaped}"`) as string)].slice(0, 64).join("");
  }

  #u32(offset: number): number {
    return this.#view.getUint32(offset, true);
  }
}

/** The accepted token, or the refusal. Both members are always present. */
export type Outcome =
  | { readonly refusal: Refusal; readonly token: undefined }
  | { readonly refusal: undefined; readonly token: VerifiedToken };

export function outcomeOf(reply: Reply): Outcome {
  const refusal = reply.refusal();
  if (refusal !== undefined) {
    return { refusal, token: undefined };
  }
  const token = {
    header: parsed(reply.header()) as Header,
    claims: parsed(reply.payload()) as Claims,
  };
  return { refusal, token };
}

const segments = ["header", "payload", "signature"] as const;

/** Reasons of `key_json_invalid` from this number on are about the shape of the JSON. */
const JWK_REASONS = 16;

/** In place of the number of a claim: the policy requires it by its name. */
const REQUIRED_CLAIM = 255;

/** The names in all members of a union. */
type Names<T> = T extends unknown ? keyof T : never;

/** A decoder for each code: required for every code that has details. */
type Decoders = { readonly [C in Code]?: (reply: Reply) => Details[C] } & {
  readonly [C in Code as Names<Details[C]> extends never ? never : C]: unknown;
};

/** Decodes the details of each code; codes that are missing here have none. */
const details: Decoders = {
  key_pem_invalid: ({ reason }) => ({ reason: pemErrors[reason]! }),
  key_json_invalid: ({ reason, first }) =>
    reason < JWK_REASONS
      ? { reason: jsonErrors[reason]!, at: first }
      : { reason: jwkErrors[reason - JWK_REASONS]! },
  key_member_invalid: ({ reason, first }) => ({
    member: keyMembers[reason]!,
    reason: memberErrors[first]!,
  }),
  key_unsuitable: ({ reason }) => ({ reason: unsuitables[reason]! }),
  key_too_small: ({ first }) => ({ bits: first }),
  key_too_large: ({ first }) => ({ bits: first }),
  key_set_too_large: ({ first }) => ({ bytes: first }),
  token_too_large: ({ first, second }) => ({ bytes: first, limit: second }),
  token_malformed: ({ reason, first }) =>
    reason === 0 ? { segments: first } : { segment: segments[first] as "header" },
  base64_invalid: ({ reason, first }) => ({ segment: segments[reason]!, at: first }),
  header_invalid: jsonError,
  header_duplicate_member: ({ first }) => ({ at: first }),
  alg_not_allowed: (reply) => mismatch(reply, () => reply.headerExcerpt()),
  typ_not_allowed: (reply) => mismatch(reply, () => reply.headerExcerpt()),
  key_certificate: () => ({ instead: "openssl x509 -pubkey -noout -in FILE" }),
  key_discovery_document: () => ({ instead: "jwks_uri" }),
  key_not_found: (reply) => ({ kid: reply.headerExcerpt() }),
  kid_ambiguous: (reply) => ({ kid: reply.headerExcerpt() }),
  kid_missing: ({ first }) => ({ keys: first }),
  payload_invalid: jsonError,
  payload_duplicate_member: ({ first }) => ({ at: first }),
  claim_missing: ({ reason, first, policy }) => ({
    claim: reason === REQUIRED_CLAIM ? policy.requiredClaims[first]! : claimNames[reason]!,
  }),
  claim_invalid: ({ reason }) => ({ claim: claimNames[reason]! }),
  token_expired: ({ instant, now }) => ({ expiredAt: instant, now }),
  token_not_yet_valid: ({ instant, now }) => ({ notBefore: instant, now }),
  token_issued_in_future: ({ instant, now }) => ({ issuedAt: instant, now }),
  token_type_mismatch: (reply) => ({
    expected: reply.policy.tokenType!,
    ...mismatch(reply, () => reply.payloadExcerpt()),
  }),
  issuer_mismatch: (reply) => ({
    expected: oneOrMore(reply.policy.issuers),
    ...mismatch(reply, () => reply.payloadExcerpt()),
  }),
  audience_mismatch: ({ policy: { audiences } }) =>
    audiences.length === 0 ? {} : { expected: oneOrMore(audiences) },
};

function oneOrMore(values: readonly string[]): string | string[] {
  return values.length === 1 ? values[0]! : [...values];
}

function jsonError({ reason, first }: Reply): JsonError {
  const error = jsonErrors[reason] as "not_utf8" | "not_json" | "not_an_object";
  return error === "not_an_object" ? { reason: error } : { reason: error, at: first };
}

function mismatch({ reason }: Reply, excerpt: () => string): Mismatch {
  return reason === 2
    ? { reason: "different", actual: excerpt() }
    : { reason: reason === 0 ? "absent" : "not_a_string" };
}
