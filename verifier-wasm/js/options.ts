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
  /** Tolerated difference between the clocks, in whole seconds. Default 0. */
  leeway?: number;
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
  issuer: string | undefined;
  audience: string | undefined;
  refresh: boolean;
  requireAtJwt: boolean;
}

/** What {@link VerifierOptions} may be called. */
export const policyNames = ["leeway", "issuer", "audience", "tokenType", "requireAtJwt"] as const;

/** @throws {TypeError} for an unknown option or one of the wrong type */
export function policyOf(options: VerifierOptions): Policy {
  known("createVerifier", options, policyNames);
  const { leeway = 0, issuer, audience, tokenType = "access", requireAtJwt = false } = options;
  const refresh = tokenType === "refresh";
  demand(Number.isSafeInteger(leeway) && leeway >= 0, "leeway", "a whole number of seconds, 0 or more", leeway);
  demand(refresh || tokenType === "access", "tokenType", '"access" or "refresh"', tokenType);
  demand(typeof requireAtJwt === "boolean", "requireAtJwt", "true or false", requireAtJwt);
  for (const name of ["issuer", "audience"] as const) {
    const value = options[name];
    // One that is present but undefined, as from a variable that was not set, would silently switch a check off.
    demand(!(name in options) || (typeof value === "string" && value !== ""), name, "a non-empty string, or be left out", value);
  }
  return { leeway, issuer, audience, refresh, requireAtJwt };
}

/** @throws {TypeError} when `now` is no time, or there is an unknown option */
export function timeOf(options: VerifyOptions): number {
  known("verify", options, ["now"]);
  const { now = Date.now() / 1000 } = options;
  demand(typeof now === "number" && now >= 0 && now <= Number.MAX_SAFE_INTEGER, "now", "a Unix time in seconds", now);
  return now;
}

/** @throws {TypeError} for anything but text and plain objects */
export function keyTextOf(keys: string | Jwk | JwkSet): string {
  if (typeof keys === "string") {
    return keys;
  }
  // A CryptoKey, a Response or a promise that was not awaited would become "{}" and a puzzling error.
  demand(kindOf(keys) === "Object", "keys", "a PEM, JWK or JWKS text, or a JWK or JWKS object", keys);
  return JSON.stringify(keys);
}

/** @throws {TypeError} when `token` is not a string */
export function tokenOf(token: string): string {
  demand(typeof token === "string", "token", "a string", token);
  return token;
}

/** @throws {TypeError} for an option that is none of these */
export function known(caller: string, options: object, names: readonly string[]): void {
  demand(kindOf(options) === "Object", `the options of ${caller}`, "an object", options);
  for (const name in options) {
    if (!names.includes(name)) {
      throw new TypeError(`${caller} has no option ${shown(name)}; it knows ${names.join(", ")}`);
    }
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
