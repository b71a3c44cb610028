import { createRemoteJWKSet, jwtVerify } from "jose";
import { audience, issuer, jwksUrl, maxAge, requireAccessToken } from "./settings.mjs";

const keys = createRemoteJWKSet(
  new URL(jwksUrl),
  maxAge && { cacheMaxAge: maxAge, cooldownDuration: maxAge },
);
const options = { algorithms: ["RS256"], issuer, audience, requiredClaims: ["exp"] };

export async function verify(token) {
  const { payload } = await jwtVerify(token, keys, options);
  return requireAccessToken(payload);
}
