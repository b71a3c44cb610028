import { JwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache, SimplePenaltyBox } from "aws-jwt-verify/jwk";
import { audience, issuer, jwksUrl, maxAge, requireAccessToken } from "./settings.mjs";

/** The library's own fetcher speaks only HTTPS, and the tests' issuer HTTP on loopback. */
const fetcher = {
  async fetch(uri) {
    const response = await fetch(uri, { signal: AbortSignal.timeout(3000) });
    if (!response.ok) {
      throw new Error(`the key set has status ${response.status}`);
    }
    return response.arrayBuffer();
  },
};

const verifier = JwtVerifier.create(
  {
    issuer: issuer ?? null,
    audience: audience ?? null,
    jwksUri: jwksUrl,
    // The library takes the algorithm from the JWK, and accepts a token that never expires.
    customJwtCheck: ({ payload }) => {
      if (payload.exp === undefined) {
        throw new Error("exp is missing");
      }
      requireAccessToken(payload);
    },
  },
  {
    jwksCache: new SimpleJwksCache({
      fetcher: jwksUrl.startsWith("http:") ? fetcher : undefined,
      penaltyBox: new SimplePenaltyBox(maxAge && { waitSeconds: maxAge / 1000 }),
    }),
  },
);

export function verify(token) {
  return verifier.verify(token);
}
