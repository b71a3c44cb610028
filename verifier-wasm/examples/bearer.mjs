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

/** @throws {HttpError} 403 when the verified token does not have the role */
export function requireRole(role, { claims }, request) {
  if (claims.role !== role) {
    throw new HttpError(403, "role_missing", inLanguage(forbidden, request), {
      "www-authenticate": 'Bearer error="insufficient_scope"',
      vary: "Accept-Language",
    });
  }
}

const invalid = { ko: "유효하지 않은 토큰입니다", en: "The token is not valid" };
const forbidden = { ko: "권한이 없습니다", en: "Permission denied" };

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
