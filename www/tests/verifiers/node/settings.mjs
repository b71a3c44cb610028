// The settings of the resource server, from environment variables.

const { PORT, JWKS_URL, ISSUER, AUDIENCE, JWKS_MAX_AGE } = process.env;

export const port = Number(PORT);
export const jwksUrl = JWKS_URL;
/** The required `iss` and `aud`; undefined for an issuer that sets neither. */
export const issuer = ISSUER;
export const audience = AUDIENCE;
/** Milliseconds for which the key set may be cached, or undefined for each library's default. */
export const maxAge = JWKS_MAX_AGE && Number(JWKS_MAX_AGE) * 1000;

/** Refuses refresh tokens, which the issuer signs with the same keys. */
export function requireAccessToken(claims) {
  if (claims.token_type !== "access") {
    throw new Error(`token_type is ${claims.token_type}`);
  }
  return claims;
}
