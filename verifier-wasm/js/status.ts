// The entry that looks tokens up in signed status lists. Its module is one of its own, which can
// verify lists as well as tokens.

import { listing } from "./listing.js";
import type { Jwk, JwkSet } from "./options.js";
import { statusListsIn } from "./status-lists.js";
import type { KeySource, StatusListOptions, StatusLists } from "./token-status.js";

export { KeyError, VerificationError } from "./errors.js";
export { StatusListError, type StatusListCode, type StatusListDetails } from "./status-list-error.js";
export type { Fetch as StatusListFetch, FetchRequest as StatusListRequest, FetchResponse as StatusListResponse } from "./fetch.js";
export type { FoundStatus, KeySource, StatusListOptions, StatusLists, StatusOptions, TokenStatus } from "./token-status.js";
export type { Code, KeyCode } from "./codes.js";
export type { Jwk, JwkSet } from "./options.js";

/**
 * Looks up in Token Status Lists (IETF draft-ietf-oauth-status-list) whether verified tokens still
 * count. A list is fetched when the first token names it, verified with these keys, and kept as
 * long as its `ttl` and `exp` say.
 *
 * @param keys those of the issuer: PEM text, a JWK or JWKS object, or the JSON text of either; or
 * what `createRemoteJwks` made
 * @throws {KeyError} when the keys cannot be used; `code` says why
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function createStatusLists(keys: string | Jwk | JwkSet | KeySource, options: StatusListOptions): StatusLists {
  return statusListsIn(listing, keys, options);
}
