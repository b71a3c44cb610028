import { refusalOf } from "./keys.ts";
import { isSecret } from "./paste.ts";

/** The content of a shared link. It is behind the #, which browsers do not send to servers. */
export interface Shared {
  token: string;
  keys: string;
}

export function parseShared(fragment: string): Shared | undefined {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const token = parameters.get("token");
  return token === null ? undefined : { token, keys: parameters.get("keys") ?? "" };
}

/**
 * Returns the address of this page with a token and its keys. Secrets are left out, and so are
 * keys that the verifier refuses, because they could be anything.
 */
export function shareLink({ token, keys }: Shared): string {
  const url = new URL(location.href);
  const isPublicKey = !isSecret(keys) && refusalOf(keys) === undefined;
  const parameters = new URLSearchParams({ token, ...(isPublicKey && { keys }) });
  url.hash = isSecret(token) ? "" : parameters.toString();
  return url.href;
}

/** Removes a shared token from the address. */
export function clearShared(): void {
  if (location.hash !== "") {
    history.replaceState(null, "", `${location.pathname}${location.search}`);
  }
}
