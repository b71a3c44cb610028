import type { Fetch } from "./fetch.js";
import type { StatusListError } from "./status-list-error.js";

/** Which lists are fetched, and how. Times are seconds. */
export interface StatusListOptions {
  /** Where lists may be: at these http or https addresses, and below them. An empty list: none is ever fetched. */
  allowed: string | readonly string[];
  /** Tolerated difference between the clocks, in whole seconds from 0 to 3600. Default 0. */
  leeway?: number;
  /** How far `nbf` and `iat` may be ahead, where that is more than `leeway`: 0 to 3600. Default 5. */
  futureLeeway?: number;
  /** Demand exactly this `iss` of lists that have one. */
  issuer?: string;
  /** How long a fetch may take, body included. Default 5. */
  timeout?: number;
  /** Bytes that are read of an answer. Default and most: 1,048,576. */
  maxBytes?: number;
  /** How long a list is good that does not say its `ttl`. Default 60. */
  defaultAge?: number;
  /** The most that is made of a list's `ttl`. Default 3600. */
  maxAge?: number;
  /** Pause after a fetch that failed. Default 5. */
  retryAfter?: number;
  /** Stands in for the global `fetch`. */
  fetch?: Fetch;
  /** Unix time in seconds. Default: `Date.now() / 1000`. */
  clock?: () => number;
}

/** Where keys come from that change: what `createRemoteJwks` makes is one. */
export interface KeySource {
  /** The key set as text; `unknownKid` says that something was signed with a key that was not in it. */
  keys(options?: { unknownKid?: boolean }): Promise<string>;
}

/** What a list says of a token. Those with a `code` are not to be let in. */
export type TokenStatus =
  | { readonly status: "valid"; readonly found: FoundStatus }
  /** Any status but 0 and 2 is taken as invalid, those of an application's own too. */
  | { readonly status: "invalid" | "suspended"; readonly code: "token_revoked"; readonly found: FoundStatus }
  /** There is no list to look it up in: `error` is a `StatusListError`. */
  | { readonly status: "unknown"; readonly code: "revocation_unknown"; readonly error: StatusListError }
  /** The token names no list, or none that may be fetched, or a place beyond the list's end. */
  | { readonly status: "unknown"; readonly code: "claim_missing" | "claim_invalid" };

/** Where and when a status was found. */
export interface FoundStatus {
  readonly uri: string;
  readonly idx: number;
  /** The status as it stands in the list. */
  readonly value: number;
  /** Unix time in seconds: the `iat` of the list. */
  readonly issuedAt: number;
}

export interface StatusOptions {
  /** The list, where the application has it already: verified in the same way, neither fetched nor kept. */
  list?: string;
}

/** Looks up in signed lists whether tokens still count. */
export interface StatusLists {
  /**
   * @param claims those of a token that was verified
   * @throws {VerificationError} with `token_revoked`; with `revocation_unknown`, whose `cause` is
   * a `StatusListError`; with `claim_missing` or `claim_invalid` when the token cannot be looked
   * up
   */
  check(claims: object, options?: StatusOptions): Promise<void>;
  /** The same as an answer, for who wants to tell it rather than act on it. */
  statusOf(claims: object, options?: StatusOptions): Promise<TokenStatus>;
  /** Forgets keys and lists. Nothing can be looked up then. */
  free(): void;
}
