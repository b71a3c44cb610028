import { createVerifier } from "./index.workerd.js";
import { remoteJwks, type RemoteJwks, type RemoteJwksOptions } from "./remote.js";

export { JwksError } from "./jwks-error.js";

/** As in jwks.ts. */
export function createRemoteJwks(url: string | { readonly href: string }, options: RemoteJwksOptions = {}): RemoteJwks {
  return remoteJwks(createVerifier, url, options);
}
