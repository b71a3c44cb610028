// The entry for status lists for workers, which may not compile bytes: the module is a file that
// comes compiled.

import { Instance } from "./instance.js";
import type { Jwk, JwkSet } from "./options.js";
import compiled from "./status_wasm.wasm";
import { statusListsIn } from "./status-lists.js";
import type { KeySource, StatusListOptions, StatusLists } from "./token-status.js";

export { KeyError, VerificationError } from "./errors.js";
export { StatusListError } from "./status-list-error.js";

const listing = new Instance(() => compiled);

/** As in status.ts. */
export function createStatusLists(keys: string | Jwk | JwkSet | KeySource, options: StatusListOptions): StatusLists {
  return statusListsIn(listing, keys, options);
}
