import { createVerifier } from "./index.js";
import { remoteJwks, type RemoteJwks, type RemoteJwksOptions } from "./remote.js";

export { JwksError, type JwksCode, type JwksDetails } from "./jwks-error.js";
export type { Fetch as JwksFetch, FetchRequest as JwksRequest, FetchResponse as JwksResponse } from "./fetch.js";
export type { FetchOptions, RemoteJwks, RemoteJwksOptions } from "./remote.js";

/**
 * Verifies with the key set of an address: fetched at the first use, kept as long as its
 * `Cache-Control` says within bounds, fetched again for an unknown `kid`.
 *
 * @param url an `https` address, or `http` inside a network that is trusted; redirects are not
 * followed
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function createRemoteJwks(url: string | { readonly href: string }, options: RemoteJwksOptions = {}): RemoteJwks {
  return remoteJwks(createVerifier, url, options);
}
