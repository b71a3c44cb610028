import { bare } from "./bare.js";
import type { Fetch } from "./platform-types.js";

/** One public RSA key as a JSON Web Key (RFC 7517). */
export interface Jwk {
  kty: string;
  n?: string;
  e?: string;
  kid?: string;
  alg?: string;
  use?: string;
  key_ops?: readonly string[];
  [member: string]: unknown;
}

/** A JSON Web Key Set (RFC 7517, section 5). */
export interface JwkSet {
  keys: readonly Jwk[];
  [member: string]: unknown;
}

/** The policy that tokens must satisfy. */
export interface VerifierOptions {
  /** Tolerated clock skew, for `exp` too; whole seconds from 0 to 3600. Default 0. */
  leeway?: number;
  /**
   * Tolerated clock skew for `nbf` and `iat`, where it exceeds `leeway`; whole seconds from 0 to
   * 3600. Default 5.
   */
  futureLeeway?: number;
  /** The accepted `iss`, one or several. Without it, `iss` is not checked. */
  issuer?: string | readonly string[];
  /** The accepted `aud`, one or several. Without it, tokens that have an `aud` are refused. */
  audience?: string | readonly string[];
  /** `true` accepts any `aud` and none, in place of `audience`. Default `false`. */
  anyAudience?: boolean;
  /**
   * The required claim `token_type`. Default `"access"`.
   *
   * `null` is for issuers without such a claim, and needs `issuer` and `audience` (or
   * `anyAudience`): a verifier must know whose tokens it accepts, and for whom.
   */
  tokenType?: string | null;
  /** Requires the `typ` of RFC 9068, `at+jwt`. Default `false`: `JWT` and no `typ` are accepted. */
  requireAtJwt?: boolean;
  /** Names of claims that must be present and not null. `exp` always must. */
  requiredClaims?: readonly string[];
}

export interface VerifyOptions {
  /** Unix time in seconds, fractions allowed. Default: the clock, `Date.now() / 1000`. */
  now?: number;
}

/** The options with their defaults applied. */
export interface Policy {
  leeway: number;
  futureLeeway: number;
  tokenType: string | undefined;
  issuers: readonly string[];
  audiences: readonly string[];
  anyAudience: boolean;
  requireAtJwt: boolean;
  requiredClaims: readonly string[];
}

/** The names of {@link VerifierOptions}. */
export const policyNames = [
  "leeway",
  "futureLeeway",
  "issuer",
  "audience",
  "anyAudience",
  "tokenType",
  "requireAtJwt",
  "requiredClaims",
] as const;

/** Seconds. More would keep tokens alive long after they expired. */
const MAX_LEEWAY = 3600;

/** Seconds. Timers cannot wait longer. */
const MAX_DURATION = 2_000_000;

/**
 * Checks the options of a verifier.
 *
 * @throws {TypeError} for an unknown option or one of the wrong type
 */
export function policyOf(options: VerifierOptions): Policy {
  const known = optionsOf("createVerifier", options, policyNames);
  const {
    leeway = 0,
    futureLeeway = 5,
    tokenType = "access",
    anyAudience = false,
    requireAtJwt = false,
  } = known;
  const seconds = `a whole number of seconds from 0 to ${MAX_LEEWAY}`;
  for (const [name, value] of [
    ["leeway", leeway],
    ["futureLeeway", futureLeeway],
  ] as const) {
    const isInRange = Number.isSafeInteger(value) && value >= 0 && value <= MAX_LEEWAY;
    demand(isInRange, name, seconds, value);
  }
  for (const name of ["anyAudience", "requireAtJwt"] as const) {
    // Left out, it is false; undefined, as from an unset variable, must not switch a check off.
    const isValid = !(name in known) || typeof known[name] === "boolean";
    demand(isValid, name, "true or false, or be left out", known[name]);
  }
  const isType = tokenType === null || isText(tokenType);
  demand(isType, "tokenType", "a non-empty string, or null", tokenType);
  const issuers = textsOf(known, "issuer");
  const audiences = textsOf(known, "audience");
  const { requiredClaims } = "requiredClaims" in known ? known : { requiredClaims: [] };
  demand(
    isTexts(requiredClaims),
    "requiredClaims",
    "a list of non-empty strings, or be left out",
    requiredClaims,
  );
  demand(
    audiences.length === 0 || !anyAudience,
    "anyAudience",
    "false, or audience be left out",
    anyAudience,
  );
  if (tokenType === null && (issuers.length === 0 || (audiences.length === 0 && !anyAudience))) {
    throw new TypeError("tokenType null needs issuer, and audience or anyAudience");
  }
  return {
    leeway,
    futureLeeway,
    tokenType: tokenType ?? undefined,
    issuers,
    audiences,
    anyAudience,
    requireAtJwt,
    requiredClaims: [...requiredClaims!],
  };
}

/** Returns the values of an option, one or several; none when it is left out. */
function textsOf(known: VerifierOptions, name: "issuer" | "audience"): readonly string[] {
  // `issuer: undefined`, as from an unset variable, must not switch the check off.
  if (!(name in known)) {
    return [];
  }
  const value = known[name];
  const texts = typeof value === "string" ? [value] : value;
  const isValid = isTexts(texts) && texts.length > 0;
  demand(isValid, name, "a non-empty string or a list of such, or be left out", value);
  return [...texts!];
}

function isTexts(value: unknown): value is readonly string[] {
  // `every` would skip the gaps of a sparse array.
  return Array.isArray(value) && Array.from(value).every(isText);
}

/** Lone surrogates have no UTF-8: as U+FFFD they would equal other texts. */
function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "" && !/\p{Surrogate}/u.test(value);
}

/** The options of everything that fetches documents, besides its durations. */
interface DownloadOptions {
  maxBytes: number;
  fetch: Fetch;
  clock: () => number;
}

/**
 * Separates the options for fetching from the others.
 *
 * @param names the names of the other options
 * @param durations the options that are durations in seconds, with their defaults
 * @param maxBytes the default and the maximum of the option `maxBytes`
 * @throws {TypeError} for an unknown option or one of the wrong type
 */
export function splitFetchOptions<D extends Record<string, number>>(
  caller: string,
  options: object,
  names: readonly string[],
  durations: D,
  maxBytes: number,
): { fetching: { [N in keyof D]: number } & DownloadOptions; others: Record<string, unknown> } {
  const others = optionsOf(caller, options as Record<string, unknown>, [
    ...names,
    ...Object.keys(durations),
    "maxBytes",
    "fetch",
    "clock",
  ]);
  const take = <T>(
    name: string,
    fallback: T,
    isValid: (value: T) => boolean,
    expected: string,
  ): T => {
    const { [name]: value = fallback } = others;
    delete others[name];
    demand(typeof value === typeof fallback && isValid(value as T), name, expected, value);
    return value as T;
  };
  const isDuration = (value: number) => value >= 0 && value <= MAX_DURATION;
  const isSize = (value: number) => Number.isSafeInteger(value) && value > 0 && value <= maxBytes;
  const isAny = () => true;
  const seconds = `a number of seconds from 0 to ${MAX_DURATION}`;
  const times = Object.entries(durations).map(([name, fallback]) => [
    name,
    take(name, fallback, isDuration, seconds),
  ]);
  const globalFetch: Fetch = (...request) => globalThis.fetch(...request);
  const fetching = {
    ...(Object.fromEntries(times) as { [N in keyof D]: number }),
    maxBytes: take("maxBytes", maxBytes, isSize, `a whole number from 1 to ${maxBytes}`),
    fetch: take("fetch", globalFetch, isAny, "a function"),
    clock: take("clock", () => Date.now() / 1000, isAny, "a function"),
  };
  return { fetching, others };
}

/** @throws {TypeError} for a `now` that is no Unix time, or an unknown option */
export function timeOf(options: VerifyOptions): number {
  const { now = Date.now() / 1000 } = optionsOf("verify", options, ["now"]);
  const isTime = typeof now === "number" && now >= 0 && now <= Number.MAX_SAFE_INTEGER;
  demand(isTime, "now", "a Unix time in seconds", now);
  return now;
}

/** @throws {TypeError} for anything but text and plain objects */
export function keyTextOf(keys: string | Jwk | JwkSet): string {
  if (typeof keys === "string") {
    return keys;
  }
  // JSON would turn a CryptoKey, a Response or a promise into "{}", and the error would mislead.
  const expected = "a PEM, JWK or JWKS text, or a JWK or JWKS object";
  demand(typeName(keys) === "Object", "keys", expected, keys);
  return JSON.stringify(keys);
}

/** @throws {TypeError} when `token` is not a string */
export function tokenOf(token: string): string {
  demand(typeof token === "string", "token", "a string", token);
  return token;
}

/**
 * Copies the options that an object or its class has into an object without a prototype.
 *
 * A property of `Object.prototype` is not an option: a bug elsewhere in the program may have put
 * it there for every object.
 *
 * @throws {TypeError} for an unknown option
 */
export function optionsOf<T extends object>(
  caller: string,
  options: T,
  names: readonly string[],
): T {
  demand(typeName(options) === "Object", `the options of ${caller}`, "an object", options);
  const known = bare({}) as Record<string, unknown>;
  const chain = prototypeChain(options);
  for (const name of chain.flatMap(Object.keys)) {
    if (!names.includes(name)) {
      throw new TypeError(`${caller} has no option ${shown(name)}; it knows ${names.join(", ")}`);
    }
  }
  // By name, because the getters of a class are not enumerable.
  for (const name of names) {
    if (chain.some((object) => Object.hasOwn(object, name))) {
      known[name] = (options as Record<string, unknown>)[name];
    }
  }
  return known as T;
}

/** Whether an object or its class has this member. */
export function hasMember(object: object, name: string): boolean {
  return prototypeChain(object).some((holder) => Object.hasOwn(holder, name));
}

/** Returns an object and its prototypes, without the `Object.prototype` of any realm. */
function prototypeChain(object: object): object[] {
  const chain = [object];
  for (;;) {
    const next = Object.getPrototypeOf(chain.at(-1)) as object | null;
    if (
      next === null ||
      (Object.getPrototypeOf(next) === null && Object.hasOwn(next, "hasOwnProperty"))
    ) {
      return chain;
    }
    chain.push(next);
  }
}

/** @throws {TypeError} that says what `name` must be, unless `isValid` */
export function demand(isValid: boolean, name: string, expected: string, value: unknown): void {
  if (!isValid) {
    throw new TypeError(`${name} must be ${expected}; got ${shown(value)}`);
  }
}

/** Formats a value for an error text: short, and without the content of objects. */
function shown(value: unknown): string {
  if (typeof value === "string" && value.length <= 40) {
    return JSON.stringify(value);
  }
  return typeof value === "string" || value === Object(value) ? typeName(value) : String(value);
}

/** Returns `Object` for plain objects, `Array`, `Date`, ... */
function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
