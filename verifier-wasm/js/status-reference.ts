/** Where a token says that its status is listed (IETF draft-ietf-oauth-status-list, section 6.1). */
export interface Reference {
  /** The address of the list. */
  uri: string;
  /** The place in it, counted from 0. */
  idx: number;
}

/** Longest address of a list, in characters. */
const LONGEST = 1024;

/** The claim `status.status_list`: `"claim_missing"` without one, `"claim_invalid"` for one of another form. */
export function referenceOf(claims: object): Reference | "claim_missing" | "claim_invalid" {
  const status = memberOf(claims, "status");
  if (status === undefined) {
    return "claim_missing";
  }
  if (!isObject(status)) {
    return "claim_invalid";
  }
  const place = memberOf(status, "status_list");
  if (place === undefined) {
    return "claim_missing";
  }
  if (!isObject(place)) {
    return "claim_invalid";
  }
  const [uri, idx] = [memberOf(place, "uri"), memberOf(place, "idx")];
  return typeof uri === "string" && typeof idx === "number" && Number.isSafeInteger(idx) && idx >= 0 ? { uri, idx } : "claim_invalid";
}

/** A member of the object itself: the claims may be a copy, and copies have a prototype. */
function memberOf(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * An address below which lists may be, without a slash at its end; undefined for what is no http
 * or https address, and for one with a user, query, fragment or a segment that leads elsewhere.
 */
export function allowedAddress(address: string): string | undefined {
  const parts = /^https?:\/\/[^/]+(\/.*)?$/.exec(address);
  return parts === null || /[@?#\\%\s]/.test(address) || !isAddress(address) || hasDots(parts[1] ?? "") ? undefined : address.replace(/\/+$/, "");
}

/** `URL.canParse`, which browsers have had for less long. */
function isAddress(text: string): boolean {
  try {
    return new URL(text) !== undefined;
  } catch {
    return false;
  }
}

/** Whether the address is one of these or below it. A token is signed by its issuer, and yet it does not decide what is called. */
export function isAdmitted(address: string, allowed: readonly string[]): boolean {
  return address.length <= LONGEST && allowed.some((prefix) => {
    const rest = address.slice(prefix.length);
    return address.startsWith(prefix) && /^(\/[A-Za-z0-9/._~-]*)?$/.test(rest) && !hasDots(rest);
  });
}

function hasDots(path: string): boolean {
  return path.split("/").some((segment) => segment === "." || segment === "..");
}
