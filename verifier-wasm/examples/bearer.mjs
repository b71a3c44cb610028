// What a resource server says about bearer tokens (RFC 6750), whatever framework it is written in.

import { VerificationError } from "@dojang/verifier";
import { JwksError } from "@dojang/verifier/jwks";
import { codeTexts } from "@dojang/verifier/texts";

/** A request that is turned away: the status, the headers and the JSON body to answer with. */
export class TurnedAway extends Error {
  name = "TurnedAway";

  constructor(status, code, detail, headers = {}) {
    super(detail);
    this.status = status;
    this.headers = { "cache-control": "no-store", ...headers };
    this.body = { detail, code };
  }
}

/**
 * The verified token of a request of Node's own `http`, which Express and Fastify hand on.
 *
 * @param verifier of `createVerifier` or `createRemoteJwks`
 * @throws {TurnedAway} 401 without a good token, 503 without keys
 */
export async function authenticate(verifier, request) {
  const token = bearerToken(request);
  try {
    return await verifier.verify(token);
  } catch (error) {
    if (error instanceof VerificationError) {
      throw refused(error.code, request);
    }
    if (error instanceof JwksError) {
      throw new TurnedAway(503, error.code, "The keys to verify tokens with cannot be had", {
        "retry-after": "5",
      });
    }
    throw error; // a mistake of this program
  }
}

/** @throws {TurnedAway} 403 when the verified token is not that of somebody in the role */
export function demandRole(role, { claims }, request) {
  if (claims.role !== role) {
    throw new TurnedAway(403, "role_missing", inLanguage(forbidden, request), {
      "www-authenticate": 'Bearer error="insufficient_scope"',
      vary: "Accept-Language",
    });
  }
}

const invalid = { ko: "유효하지 않은 토큰입니다", en: "The token is not valid" };
const forbidden = { ko: "권한이 없습니다", en: "Permission denied" };

/** The text says only whether the token has expired; the code names the rule, for programs. */
function refused(code, request) {
  const text = code === "token_expired" ? codeTexts.token_expired : invalid;
  return new TurnedAway(401, code, inLanguage(text, request), {
    "www-authenticate": 'Bearer error="invalid_token"',
    vary: "Accept-Language",
  });
}

/** The text after `Bearer`, in any case (RFC 9110, section 11.1). */
function bearerToken(request) {
  // Not `headers`: it shows the first of two, and a proxy in front may have looked at the other.
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
  return new TurnedAway(401, code, "Not authenticated", { "www-authenticate": "Bearer" });
}

/** Korean, unless `Accept-Language` names English before it. */
function inLanguage(texts, request) {
  const [, language = "ko"] =
    /(?:^|,)\s*(ko|en)\b/i.exec(request.headers["accept-language"] ?? "") ?? [];
  return texts[language.toLowerCase()];
}
