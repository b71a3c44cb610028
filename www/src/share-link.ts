import type { VerifierOptions } from "@dojang/verifier/explain";
import { refusalOf } from "./keys.ts";
import { isSecret } from "./paste.ts";

/** The content of a shared link. It is behind the #, which browsers do not send to servers. */
export interface Shared {
  token: string;
  keys: string;
  /** Links from before there were policies in them have none, which is the default policy. */
  options: VerifierOptions;
}

/** A link that this page cannot read as its sender saw it. */
export interface Unreadable {
  isUnreadable: true;
}

export function parseShared(fragment: string): Shared | Unreadable | undefined {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const token = parameters.get("token");
  if (token === null) {
    return undefined;
  }
  const options = parseOptions(parameters.get("policy") ?? "{}");
  // Under the default policy, the verdict could be another one than the sender's.
  return options === undefined
    ? { isUnreadable: true }
    : { token, keys: parameters.get("keys") ?? "", options };
}

/**
 * Returns the address of this page with a token, its keys and a policy that is not the default.
 * Secrets are left out, and so are keys that the verifier refuses, because they could be anything.
 */
export function shareLink({ token, keys, options }: Shared): string {
  const url = new URL(location.href);
  const isPublicKey = !isSecret(keys) && refusalOf(keys) === undefined;
  const policy = changedOptions(options);
  const parameters = new URLSearchParams({
    token,
    ...(isPublicKey && { keys }),
    ...(policy !== undefined && { policy: JSON.stringify(policy) }),
  });
  url.hash = isSecret(token) ? "" : parameters.toString();
  return url.href;
}

/** Removes a shared token from the address. */
export function clearShared(): void {
  if (location.hash !== "") {
    history.replaceState(null, "", `${location.pathname}${location.search}`);
  }
}

/** Returns the options that differ from the defaults; undefined when none does. */
function changedOptions(options: VerifierOptions): VerifierOptions | undefined {
  const defaults: VerifierOptions = {
    leeway: 0,
    futureLeeway: 5,
    tokenType: "access",
    requireAtJwt: false,
    anyAudience: false,
  };
  const changed = Object.entries(options).filter(
    ([name, value]) => defaults[name as keyof VerifierOptions] !== value,
  );
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** Returns the options in a JSON text; undefined when it has other members or types. */
function parseOptions(text: string): VerifierOptions | undefined {
  const isText = (value: unknown) => typeof value === "string" && value !== "";
  const isTexts = (value: unknown) =>
    Array.isArray(value) && value.length > 0 && value.every(isText);
  const isNumber = (value: unknown) => typeof value === "number";
  const isFlag = (value: unknown) => typeof value === "boolean";
  const types: Record<keyof VerifierOptions, (value: unknown) => boolean> = {
    leeway: isNumber,
    futureLeeway: isNumber,
    issuer: isTexts,
    audience: isTexts,
    anyAudience: isFlag,
    tokenType: (value) => value === null || isText(value),
    requireAtJwt: isFlag,
    requiredClaims: isTexts,
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return undefined;
  }
  const isValid = Object.entries(value).every(
    ([name, member]) => Object.hasOwn(types, name) && types[name as keyof typeof types](member),
  );
  const isContradiction = "audience" in value && "anyAudience" in value;
  return isValid && !isContradiction ? (value as VerifierOptions) : undefined;
}
