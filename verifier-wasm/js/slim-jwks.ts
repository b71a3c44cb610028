// The entry that verifies with the key set at a URL, for programs that use the slim entry.

import { newRemoteJwks, type RemoteJwks, type RemoteJwksOptions } from "./remote-jwks.js";
import { createVerifier } from "./slim.js";

export { JwksError, type JwksCode, type JwksDetails } from "./jwks-error.js";
export type {
  Fetch as JwksFetch,
  FetchRequest as JwksRequest,
  FetchResponse as JwksResponse,
} from "./platform-types.js";
export type { FetchOptions, RemoteJwks, RemoteJwksOptions } from "./remote-jwks.js";

/**
 * Creates a verifier with the key set at a URL, as `createRemoteJwks` of the entry `jwks`. `init`
 * of the slim entry must have resolved before the first token is verified.
 *
 * @param url an `https` URL, or `http` inside a trusted network; redirects are not followed
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function createRemoteJwks(
  url: string | { readonly href: string },
  options: RemoteJwksOptions = {},
): RemoteJwks {
  return newRemoteJwks(createVerifier, url, options);
}
