import { remoteJwks, type RemoteJwks, type RemoteJwksOptions } from "./remote.js";
import { createVerifier } from "./slim.js";

export { JwksError, type JwksCode, type JwksDetails } from "./jwks-error.js";
export type { Fetch as JwksFetch, FetchRequest as JwksRequest, FetchResponse as JwksResponse } from "./fetch.js";
export type { FetchOptions, RemoteJwks, RemoteJwksOptions } from "./remote.js";

/**
 * As `createRemoteJwks` of the entry `jwks`, for programs that call `init` of the slim entry: it
 * must have ended before the first token is verified.
 *
 * @param url an `https` address, or `http` inside a network that is trusted; redirects are not
 * followed
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function createRemoteJwks(url: string | { readonly href: string }, options: RemoteJwksOptions = {}): RemoteJwks {
  return remoteJwks(createVerifier, url, options);
}
