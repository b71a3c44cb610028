// Bearer tokens of a resource server (RFC 6750), independent of the framework.

import { VerificationError } from "@dojang/verifier";
import { JwksError } from "@dojang/verifier/jwks";
import { codeTexts } from "@dojang/verifier/texts";

/** A refused request: the status, the headers and the JSON body of the response. */
export class HttpError extends Error {
  name = "HttpError";

  constructor(status, code, detail, headers = {}) {
    super(detail);
    this.status = status;
    this.headers = { "cache-control": "no-store", ...headers };
    this.body = { detail, code };
  }
}

/**
 * Verifies the token of a request of `node:http`, which Express and Fastify pass on.
 *
 * @param verifier of `createVerifier` or `createRemoteJwks`
 * @throws {HttpError} 401 without a valid token, 503 without keys
 */
export async function authenticate(verifier, request) {
  const token = bearerToken(request);
  try {
    return await verifier.verify(token);
  } catch (error) {
    if (error instanceof VerificationError) {
      throw invalidToken(error.code, request);
    }
    if (error instanceof JwksError) {
      throw new HttpError(503, error.code, "The keys to verify tokens with cannot be had", {
        "retry-after": "5",
      });
    }
    throw error; // a bug of this program
  }
}

/**
 * Creates a check that a verified token has all of these scopes, in `scope` or `scp`: texts that
 * are separated by spaces, or lists.
 *
 * @returns a function of the token and the request that throws an `HttpError` 403
 */
export function scopeCheck(...required) {
  // The characters of RFC 6749, section 3.3, which a quoted string may hold.
  const isScope = (scope) => typeof scope === "string" && /^[!#-[\]-~]+$/.test(scope);
  if (required.length === 0 || !required.every(isScope)) {
    throw new TypeError("scopes must be one or several names without spaces");
  }
  const challenge = `Bearer error="insufficient_scope", scope="${required.join(" ")}"`;
  return ({ claims }, request) => {
    const granted = new Set([...scopesIn(claims.scope), ...scopesIn(claims.scp)]);
    if (!required.every((scope) => granted.has(scope))) {
      throw insufficient("scope_missing", challenge, request);
    }
  };
}

/**
 * Creates a check that a verified token has a role.
 *
 * @param path the names of the members that lead to a role or a list of roles, such as
 * `["realm_access", "roles"]`. Without it, the claim `role` must be the role.
 * @returns a function of the token and the request that throws an `HttpError` 403
 */
export function roleCheck(role, path) {
  const isName = (name) => typeof name === "string" && name !== "";
  // Not a text with dots, because names of claims may have dots.
  const isPath = path === undefined || (Array.isArray(path) && path.length > 0);
  if (!isName(role) || !isPath || !(path ?? []).every(isName)) {
    throw new TypeError("a role is a name, and its path a list of names");
  }
  return ({ claims }, request) => {
    const found = path === undefined ? claims.role : memberAt(claims, path);
    const isIncluded = path !== undefined && Array.isArray(found) && found.includes(role);
    if (found !== role && !isIncluded) {
      throw insufficient("role_missing", 'Bearer error="insufficient_scope"', request);
    }
  };
}

/** Returns the scopes in a claim: a text (RFC 8693, section 4.2) or a list (Okta). */
function scopesIn(claim) {
  const scopes = typeof claim === "string" ? claim.split(" ") : claim;
  return Array.isArray(scopes) ? scopes : [];
}

function memberAt(claims, path) {
  const step = (value, name) =>
    typeof value === "object" && value !== null && Object.hasOwn(value, name)
      ? value[name]
      : undefined;
  return path.reduce(step, claims);
}

const invalid = { ko: "유효하지 않은 토큰입니다", en: "The token is not valid" };
const forbidden = { ko: "권한이 없습니다", en: "Permission denied" };

function insufficient(code, challenge, request) {
  return new HttpError(403, code, inLanguage(forbidden, request), {
    "www-authenticate": challenge,
    vary: "Accept-Language",
  });
}

/** The text says only whether the token has expired; the code names the rule, for programs. */
function invalidToken(code, request) {
  const text = code === "token_expired" ? codeTexts.token_expired : invalid;
  return new HttpError(401, code, inLanguage(text, request), {
    "www-authenticate": 'Bearer error="invalid_token"',
    vary: "Accept-Language",
  });
}

/** Returns the text after `Bearer`, in any case (RFC 9110, section 11.1). */
function bearerToken(request) {
  // Not `headers`, which has the first of two: a proxy may have checked the other.
  const values = request.headersDistinct.authorization ?? [];
  if (values.length > 1) {
    throw notAuthenticated("bad_authorization_header");
  }
  const [, token] = /^bearer +(\S.*)$/i.exec(values[0] ?? "") ?? [];
  if (token === undefined) {
    throw notAuthenticated("not_authenticated");
  }
  return token;
}

function notAuthenticated(code) {
  return new HttpError(401, code, "Not authenticated", { "www-authenticate": "Bearer" });
}

/** Selects Korean, unless `Accept-Language` has English first. */
function inLanguage(texts, request) {
  const [, language = "ko"] =
    /(?:^|,)\s*(ko|en)\b/i.exec(request.headers["accept-language"] ?? "") ?? [];
  return texts[language.toLowerCase()];
}
