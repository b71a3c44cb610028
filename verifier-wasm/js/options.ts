import { bare } from "./bare.js";

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

/** What a token must satisfy besides a good signature and its own times. */
export interface VerifierOptions {
  /** Tolerated difference between the clocks, in whole seconds from 0 to 3600; for `exp` too. Default 0. */
  leeway?: number;
  /**
   * How far `nbf` and `iat` may be ahead of the clock, in whole seconds from 0 to 3600, where that
   * is more than `leeway`. Default 5.
   */
  futureLeeway?: number;
  /** Demand exactly this `iss`. Left out: `iss` is not looked at. */
  issuer?: string;
  /** Demand this `aud`. Left out: a token that names an audience is refused. */
  audience?: string;
  /** The `token_type` to accept. Default `"access"`. */
  tokenType?: "access" | "refresh";
  /** Demand the `typ` of RFC 9068, `at+jwt`. Default `false`: `JWT` and no `typ` are as good. */
  requireAtJwt?: boolean;
}

export interface VerifyOptions {
  /** Unix time in seconds, fractions allowed. Default: the clock, `Date.now() / 1000`. */
  now?: number;
}

/** The options with their defaults, as the WebAssembly side takes them. */
export interface Policy {
  leeway: number;
  futureLeeway: number;
  issuer: string | undefined;
  audience: string | undefined;
  refresh: boolean;
  requireAtJwt: boolean;
}

/** The names that {@link VerifierOptions} may have. */
export const policyNames = ["leeway", "futureLeeway", "issuer", "audience", "tokenType", "requireAtJwt"] as const;

/** More would keep tokens alive long after their end. */
const MOST_LEEWAY = 3600;

/** @throws {TypeError} for an unknown option or one of the wrong type */
export function policyOf(options: VerifierOptions): Policy {
  const given = optionsOf("createVerifier", options, policyNames);
  const { leeway = 0, futureLeeway = 5, issuer, audience, tokenType = "access", requireAtJwt = false } = given;
  const refresh = tokenType === "refresh";
  const seconds = `a whole number of seconds from 0 to ${MOST_LEEWAY}`;
  for (const [name, value] of [["leeway", leeway], ["futureLeeway", futureLeeway]] as const) {
    demand(Number.isSafeInteger(value) && value >= 0 && value <= MOST_LEEWAY, name, seconds, value);
  }
  demand(refresh || tokenType === "access", "tokenType", '"access" or "refresh"', tokenType);
  demand(typeof requireAtJwt === "boolean", "requireAtJwt", "true or false", requireAtJwt);
  for (const name of ["issuer", "audience"] as const) {
    const value = given[name];
    // One that is present but undefined, as from a variable that was not set, would silently
    // switch a check off.
    demand(!(name in given) || (typeof value === "string" && value !== ""), name, "a non-empty string, or be left out", value);
  }
  return { leeway, futureLeeway, issuer, audience, refresh, requireAtJwt };
}

/** @throws {TypeError} when `now` is no time, or there is an unknown option */
export function timeOf(options: VerifyOptions): number {
  const { now = Date.now() / 1000 } = optionsOf("verify", options, ["now"]);
  demand(typeof now === "number" && now >= 0 && now <= Number.MAX_SAFE_INTEGER, "now", "a Unix time in seconds", now);
  return now;
}

/** @throws {TypeError} for anything but text and plain objects */
export function keyTextOf(keys: string | Jwk | JwkSet): string {
  if (typeof keys === "string") {
    return keys;
  }
  // A CryptoKey, a Response or a promise that was not awaited would become "{}" and a puzzling
  // error.
  demand(kindOf(keys) === "Object", "keys", "a PEM, JWK or JWKS text, or a JWK or JWKS object", keys);
  return JSON.stringify(keys);
}

/** @throws {TypeError} when `token` is not a string */
export function tokenOf(token: string): string {
  demand(typeof token === "string", "token", "a string", token);
  return token;
}

/**
 * Copies the options that an object has, itself or by its class, into an object without a
 * prototype.
 *
 * A property of `Object.prototype` is not an option: a mistake elsewhere in the program may have
 * put it there for every object. A class of the application's own is not a mistake.
 *
 * @throws {TypeError} for an option that is none of these
 */
export function optionsOf<T extends object>(caller: string, options: T, names: readonly string[]): T {
  demand(kindOf(options) === "Object", `the options of ${caller}`, "an object", options);
  const given = bare({}) as Record<string, unknown>;
  const holders = holdersOf(options);
  for (const name of holders.flatMap(Object.keys)) {
    if (!names.includes(name)) {
      throw new TypeError(`${caller} has no option ${shown(name)}; it knows ${names.join(", ")}`);
    }
  }
  // By their names, for a getter of a class is not enumerable.
  for (const name of names) {
    if (holders.some((holder) => Object.hasOwn(holder, name))) {
      given[name] = (options as Record<string, unknown>)[name];
    }
  }
  return given as T;
}

/** Whether an object has this member, itself or by its class. */
export function carries(object: object, name: string): boolean {
  return holdersOf(object).some((holder) => Object.hasOwn(holder, name));
}

/** An object and its prototypes, without the last: the `Object.prototype` of whatever realm it is from. */
function holdersOf(object: object): object[] {
  const holders = [object];
  for (;;) {
    const next = Object.getPrototypeOf(holders.at(-1)) as object | null;
    if (next === null || (Object.getPrototypeOf(next) === null && Object.hasOwn(next, "hasOwnProperty"))) {
      return holders;
    }
    holders.push(next);
  }
}

/** @throws {TypeError} that says what is wanted of `name` */
export function demand(right: boolean, name: string, what: string, value: unknown): void {
  if (!right) {
    throw new TypeError(`${name} must be ${what}; got ${shown(value)}`);
  }
}

/** A value for an error text: short, and nothing of an object's content. */
function shown(value: unknown): string {
  if (typeof value === "string" && value.length <= 40) {
    return JSON.stringify(value);
  }
  return typeof value === "string" || value === Object(value) ? kindOf(value) : String(value);
}

/** `Object` for plain objects, `Array`, `Date`, ... */
function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
