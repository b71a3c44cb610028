// The entry that verifies with the key set at a URL.

import { createVerifier } from "./index.js";
import { newRemoteJwks, type RemoteJwks, type RemoteJwksOptions } from "./remote-jwks.js";

export { JwksError, type JwksCode, type JwksDetails } from "./jwks-error.js";
export type {
  Fetch as JwksFetch,
  FetchRequest as JwksRequest,
  FetchResponse as JwksResponse,
} from "./platform-types.js";
export type { FetchOptions, RemoteJwks, RemoteJwksOptions } from "./remote-jwks.js";

/**
 * Creates a verifier with the key set at a URL. It fetches the set at the first use, caches it
 * for its `Cache-Control` lifetime within bounds, and fetches it again for an unknown `kid`.
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
