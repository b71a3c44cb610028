import jwt from "jsonwebtoken";
import jwksClient from "jwks-rsa";
import { promisify } from "node:util";
import { audience, issuer, jwksUrl, maxAge, requireAccessToken } from "./settings.mjs";

const client = jwksClient({ jwksUri: jwksUrl, ...(maxAge && { cacheMaxAge: maxAge }) });
const verifyToken = promisify(jwt.verify);

async function publicKey({ kid }) {
  return (await client.getSigningKey(kid)).getPublicKey();
}

const options = { algorithms: ["RS256"], issuer, audience };

export async function verify(token) {
  const claims = await verifyToken(
    token,
    (header, callback) => publicKey(header).then((key) => callback(null, key), callback),
    options,
  );
  // jsonwebtoken accepts a token that never expires.
  if (claims.exp === undefined) {
    throw new Error("exp is missing");
  }
  return requireAccessToken(claims);
}
