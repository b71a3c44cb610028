// Tokens and keys of these tests, made by Node's own crypto.

import { createHmac, generateKeyPairSync, sign as rsaSign } from "node:crypto";

export const NOW = 1_800_000_000;

export function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    privateKey,
    pem: publicKey.export({ type: "spki", format: "pem" }),
    pkcs1: publicKey.export({ type: "pkcs1", format: "pem" }),
    jwk: publicKey.export({ format: "jwk" }),
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }),
    privateJwk: privateKey.export({ format: "jwk" }),
  };
}

export const key = keyPair();
export const otherKey = keyPair();

export const accessClaims = Object.freeze({
  token_type: "access",
  exp: NOW + 7200,
  iat: NOW,
  jti: "0123456789abcdef0123456789abcdef",
  user_id: 1,
  username: "도장",
});

const segment = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A token whose header and claims are objects, or JSON texts to be taken as they are. */
export function token({ header = {}, claims = {}, privateKey = key.privateKey } = {}) {
  const full = typeof header === "string" ? header : { alg: "RS256", typ: "JWT", ...header };
  const payload = typeof claims === "string" ? claims : { ...accessClaims, ...claims };
  const signingInput = `${segment(full)}.${segment(payload)}`;
  return `${signingInput}.${rsaSign("sha256", Buffer.from(signingInput), privateKey).toString("base64url")}`;
}

export function hs256(secret) {
  const signingInput = `${segment({ alg: "HS256", typ: "JWT" })}.${segment(accessClaims)}`;
  return `${signingInput}.${createHmac("sha256", secret).update(signingInput).digest("base64url")}`;
}

export function withClaims(text, claims) {
  const [header, , signature] = text.split(".");
  return [header, segment(claims), signature].join(".");
}
