import { remoteJwks, type RemoteJwks, type RemoteJwksOptions } from "./remote.js";
import { createVerifier } from "./slim.workerd.js";

export { JwksError } from "./jwks-error.js";

/** As in slim-jwks.ts. */
export function createRemoteJwks(url: string | { readonly href: string }, options: RemoteJwksOptions = {}): RemoteJwks {
  return remoteJwks(createVerifier, url, options);
}
