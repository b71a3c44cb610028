import type { Fetch } from "./platform-types.js";
import type { StatusListError } from "./status-list-error.js";

/** Which lists are fetched, and how. Times are seconds. */
export interface StatusListOptions {
  /** The http or https URLs at and below which lists are fetched; none for an empty array. */
  allowed: string | readonly string[];
  /** Tolerated clock skew, whole seconds from 0 to 3600. Default 0. */
  leeway?: number;
  /**
   * Tolerated clock skew for `nbf` and `iat`, where it exceeds `leeway`; whole seconds from 0 to
   * 3600. Default 5.
   */
  futureLeeway?: number;
  /** The accepted `iss` of lists that have one, one or several. */
  issuer?: string | readonly string[];
  /**
   * The accepted `aud` of lists that have one, one or several. Without it, lists that have an `aud`
   * are refused.
   */
  audience?: string | readonly string[];
  /** `true` accepts lists with any `aud`, in place of `audience`. Default `false`. */
  anyAudience?: boolean;
  /** Limit for one fetch, body included. Default 5. */
  timeout?: number;
  /** Maximum size of the response body in bytes. Default and maximum 1,048,576. */
  maxBytes?: number;
  /** Lifetime of a list without `ttl`. Default 60. */
  defaultAge?: number;
  /** Upper bound for the `ttl` of a list. Default 3600. */
  maxAge?: number;
  /** Pause after a failed fetch. Default 5. */
  retryAfter?: number;
  /** Replaces the global `fetch`. */
  fetch?: Fetch;
  /** Unix time in seconds. Default: `Date.now() / 1000`. */
  clock?: () => number;
}

/** A source of keys that may change, such as the object that `createRemoteJwks` returns. */
export interface KeySource {
  /** Returns the key set as text; `unknownKid`: a document has a `kid` that is not in the set. */
  keys(options?: { unknownKid?: boolean }): Promise<string>;
}

/** The status of a token. Refuse tokens whose status has a `code`. */
export type TokenStatus =
  | { readonly status: "valid"; readonly found: FoundStatus }
  /** Every value but 0 (valid) and 2 (suspended) is invalid, application-specific ones too. */
  | {
      readonly status: "invalid" | "suspended";
      readonly code: "token_revoked";
      readonly found: FoundStatus;
    }
  /** No list is available. */
  | {
      readonly status: "unknown";
      readonly code: "revocation_unknown";
      readonly error: StatusListError;
    }
  /** The token names no list, one that is not `allowed`, or an index beyond the end of the list. */
  | { readonly status: "unknown"; readonly code: "claim_missing" | "claim_invalid" };

/** A status and the list that it was read from. */
export interface FoundStatus {
  readonly uri: string;
  readonly idx: number;
  /** The value in the list. */
  readonly value: number;
  /** The `iat` of the list, a Unix time in seconds. */
  readonly issuedAt: number;
}

export interface StatusOptions {
  /** The list, if the application has it. It is verified, but neither fetched nor cached. */
  list?: string;
}

/** Looks tokens up in signed status lists. */
export interface StatusLists {
  /**
   * Throws unless the status is `valid`.
   *
   * @param claims the claims of a verified token
   * @throws {VerificationError} with `token_revoked`; with `revocation_unknown`, whose `cause` is
   * a `StatusListError`; with `claim_missing` or `claim_invalid` when the token cannot be looked
   * up
   */
  check(claims: object, options?: StatusOptions): Promise<void>;
  /** Returns the status, without throwing for one that is not `valid`. */
  statusOf(claims: object, options?: StatusOptions): Promise<TokenStatus>;
  /** Discards keys and lists. The object cannot be used afterwards. */
  free(): void;
}
