// The entry that verifies with a key set that is fetched, for programs that use the slim entry.

import { newRemoteJwks, type IssuerOptions, type KeySetSource } from "./remote-jwks.js";
import type { RemoteJwks, RemoteJwksOptions } from "./remote-jwks.js";
import { createVerifier } from "./slim.js";

export { JwksError, type JwksCode, type JwksDetails, type MetadataReason } from "./jwks-error.js";
export type {
  Fetch as JwksFetch,
  FetchRequest as JwksRequest,
  FetchResponse as JwksResponse,
} from "./platform-types.js";
export type { FetchOptions, IssuerOptions, RemoteJwks, RemoteJwksOptions } from "./remote-jwks.js";

/**
 * Creates a verifier with the key set at a URL, as `createRemoteJwks` of the entry `jwks`. `init`
 * of the slim entry must have resolved before the first token is verified.
 *
 * @param url an `https` URL, or `http` inside a trusted network; redirects are not followed
 * @throws {TypeError} when an argument has the wrong type or an option is unknown
 */
export function createRemoteJwks(
  url: string | { readonly href: string },
  options?: RemoteJwksOptions,
): RemoteJwks;
/**
 * Creates a verifier with the key set of an issuer, whose address is in the issuer's metadata
 * (RFC 8414, then OpenID Connect Discovery). Tokens of other issuers are refused.
 *
 * @throws {TypeError} when an option has the wrong type or is unknown
 */
export function createRemoteJwks(options: IssuerOptions): RemoteJwks;
export function createRemoteJwks(source: KeySetSource, options?: RemoteJwksOptions): RemoteJwks {
  return newRemoteJwks(createVerifier, source, options);
}
