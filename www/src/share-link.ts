import { refusalOf } from "./keys.ts";
import { isSecret } from "./paste.ts";

/** What a shared link holds: a token and public keys, behind the # and so never sent to a server. */
export interface Shared {
  token: string;
  keys: string;
}

export function sharedIn(fragment: string): Shared | undefined {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const token = parameters.get("token");
  return token === null ? undefined : { token, keys: parameters.get("keys") ?? "" };
}

/**
 * The address of this page with the token and its keys; none with a secret in it is ever made.
 * What the verifier does not take for public keys may hold anything, and is left out.
 */
export function linkTo({ token, keys }: Shared): string {
  const address = new URL(location.href);
  const kept = new URLSearchParams({ token, ...(!isSecret(keys) && refusalOf(keys) === undefined && { keys }) });
  address.hash = isSecret(token) ? "" : kept.toString();
  return address.href;
}

/** Takes what was shared out of the address. */
export function forgetShared(): void {
  if (location.hash !== "") {
    history.replaceState(null, "", `${location.pathname}${location.search}`);
  }
}
