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

/** @throws {TypeError} for an unknown option or one of the wrong type */
export function policyOf(options: VerifierOptions): Policy {
  const given = members("createVerifier", options, ["leeway", "issuer", "audience", "tokenType", "requireAtJwt"]);
  const { leeway = 0, tokenType = "access", requireAtJwt = false } = options;
  if (!Number.isSafeInteger(leeway) || leeway < 0) {
    throw new TypeError(`leeway must be a whole number of seconds, 0 or more; got ${shown(leeway)}`);
  }
  if (tokenType !== "access" && tokenType !== "refresh") {
    throw new TypeError(`tokenType must be "access" or "refresh"; got ${shown(tokenType)}`);
  }
  if (typeof requireAtJwt !== "boolean") {
    throw new TypeError(`requireAtJwt must be true or false; got ${shown(requireAtJwt)}`);
  }
  return {
    leeway,
    issuer: demanded(given, "issuer", options.issuer),
    audience: demanded(given, "audience", options.audience),
    refresh: tokenType === "refresh",
    requireAtJwt,
  };
}

/** @throws {TypeError} when `now` is no time, or there is an unknown option */
export function timeOf(options: VerifyOptions): number {
  members("verify", options, ["now"]);
  const { now = Date.now() / 1000 } = options;
  if (typeof now !== "number" || !(now >= 0 && now <= Number.MAX_SAFE_INTEGER)) {
    throw new TypeError(`now must be a Unix time in seconds; got ${shown(now)}`);
  }
  return now;
}

/** @throws {TypeError} for anything but text and plain objects */
export function keyTextOf(keys: string | Jwk | JwkSet): string {
  if (typeof keys === "string") {
    return keys;
  }
  // A CryptoKey, a Response or a promise that was not awaited would become "{}" and a puzzling error.
  if (typeof keys === "object" && Object.prototype.toString.call(keys) === "[object Object]") {
    return JSON.stringify(keys);
  }
  throw new TypeError(`keys must be a PEM, JWK or JWKS text, or a JWK or JWKS object; got ${shown(keys)}`);
}

/** @throws {TypeError} when `token` is not a string */
export function tokenOf(token: string): string {
  if (typeof token !== "string") {
    throw new TypeError(`token must be a string; got ${shown(token)}`);
  }
  return token;
}

/** A demand that is present but undefined, as from a variable that was not set, would silently switch a check off. */
function demanded(given: ReadonlySet<string>, name: string, value: string | undefined): string | undefined {
  if (!given.has(name) || (typeof value === "string" && value !== "")) {
    return value;
  }
  throw new TypeError(`${name} must be a non-empty string, or be left out; got ${shown(value)}`);
}

function members(caller: string, options: object, known: readonly string[]): ReadonlySet<string> {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`the options of ${caller} must be an object; got ${shown(options)}`);
  }
  const names = Object.keys(options);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${caller} has no option ${shown(unknown)}; it knows ${known.join(", ")}`);
  }
  return new Set(names);
}

/** A value for an error text: short, and nothing of an object's content. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length > 40 ? `a string of ${value.length} characters` : JSON.stringify(value);
    case "object":
      return value === null ? "null" : Object.prototype.toString.call(value).slice(8, -1);
    case "function":
      return "a function";
    default:
      return String(value);
  }
}
