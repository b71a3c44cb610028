/** The reference of a token to its status (IETF draft-ietf-oauth-status-list, section 6.1). */
export interface Reference {
  /** The URL of the list. */
  uri: string;
  /** The index in it, from 0. */
  idx: number;
}

/** The longest URL of a list, in characters. */
const MAX_URI_LENGTH = 1024;

/** Reads the claim `status.status_list`; returns a code when it is missing or malformed. */
export function referenceOf(claims: object): Reference | "claim_missing" | "claim_invalid" {
  const status = ownMember(claims, "status");
  if (status === undefined) {
    return "claim_missing";
  }
  if (!isObject(status)) {
    return "claim_invalid";
  }
  const reference = ownMember(status, "status_list");
  if (reference === undefined) {
    return "claim_missing";
  }
  if (!isObject(reference)) {
    return "claim_invalid";
  }
  const [uri, idx] = [ownMember(reference, "uri"), ownMember(reference, "idx")];
  const isIndex = typeof idx === "number" && Number.isSafeInteger(idx) && idx >= 0;
  return typeof uri === "string" && isIndex ? { uri, idx } : "claim_invalid";
}

/** Ignores prototypes, which copies of the verifier's claims have. */
function ownMember(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Normalizes a URL below which lists may be fetched: removes the slashes at its end.
 *
 * @returns undefined unless it is an http or https URL without user, query, fragment and dot
 * segments
 */
export function allowedPrefix(url: string): string | undefined {
  const parts = /^https?:\/\/[^/]+(\/.*)?$/.exec(url);
  const isAllowed =
    parts !== null && !/[@?#\\%\s]/.test(url) && canParse(url) && !hasDotSegment(parts[1] ?? "");
  return isAllowed ? url.replace(/\/+$/, "") : undefined;
}

/** `URL.canParse`, which Chrome 114 and Safari 16.4 lack. */
function canParse(url: string): boolean {
  try {
    return new URL(url) !== undefined;
  } catch {
    return false;
  }
}

/** Whether a URL is at or below one of the prefixes; tokens must not choose what is fetched. */
export function isAllowed(url: string, prefixes: readonly string[]): boolean {
  const isBelow = (prefix: string) => {
    const rest = url.slice(prefix.length);
    const isPath = /^(\/[A-Za-z0-9/._~-]*)?$/.test(rest);
    return url.startsWith(prefix) && isPath && !hasDotSegment(rest);
  };
  return url.length <= MAX_URI_LENGTH && prefixes.some(isBelow);
}

function hasDotSegment(path: string): boolean {
  return path.split("/").some((segment) => segment === "." || segment === "..");
}
