// Keys, tokens and status lists for the tests of the package and of the demo page, made with Node's
// crypto. All tokens are valid at NOW.

import { createHmac, generateKeyPairSync, sign as rsaSign } from "node:crypto";
import { deflateSync } from "node:zlib";

/** Unix time in seconds. */
export const NOW = 1_800_000_000;

/** Generates an RSA key of 2048 bits in all formats. */
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

/** Copies a value without prototypes, like the header and claims that the verifier returns. */
export function bare(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return value;
  }
  const members = Object.entries(value).map(([name, member]) => [name, bare(member)]);
  return Object.setPrototypeOf(Object.fromEntries(members), null);
}

/** Encodes a text, or the JSON of anything else, in base64url. */
export const segment = (value) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** Signs a token. Header and claims are changes to the defaults, or complete JSON texts. */
export function token({ header = {}, claims = {}, privateKey = key.privateKey } = {}) {
  const full = typeof header === "string" ? header : { alg: "RS256", typ: "JWT", ...header };
  const payload = typeof claims === "string" ? claims : { ...accessClaims, ...claims };
  const signingInput = `${segment(full)}.${segment(payload)}`;
  const signature = rsaSign("sha256", Buffer.from(signingInput), privateKey);
  return `${signingInput}.${signature.toString("base64url")}`;
}

/** Signs a token with HMAC. */
export function hs256(secret) {
  const signingInput = `${segment({ alg: "HS256", typ: "JWT" })}.${segment(accessClaims)}`;
  return `${signingInput}.${createHmac("sha256", secret).update(signingInput).digest("base64url")}`;
}

/** Replaces the claims of a token and keeps its signature. */
export function withClaims(text, claims) {
  const [header, , signature] = text.split(".");
  return [header, segment(claims), signature].join(".");
}

/**
 * Signs a Token Status List.
 *
 * @param statuses by index; the others are 0
 * @param length in bytes
 */
export function statusList({
  uri,
  bits = 1,
  statuses = {},
  length = 1024,
  header = {},
  claims = {},
  list = {},
  privateKey = key.privateKey,
}) {
  const bytes = new Uint8Array(length);
  for (const [idx, status] of Object.entries(statuses)) {
    bytes[Math.floor((idx * bits) / 8)] |= status << ((idx * bits) % 8);
  }
  return token({
    header: { typ: "statuslist+jwt", ...header },
    claims: JSON.stringify({
      sub: uri,
      iat: NOW,
      exp: NOW + 600,
      ttl: 60,
      status_list: { bits, lst: deflateSync(bytes).toString("base64url"), ...list },
      ...claims,
    }),
    privateKey,
  });
}

/** Returns the claim that refers to an index of a list. */
export const statusClaim = (uri, idx) => ({ status: { status_list: { uri, idx } } });

/** Returns the claims of a token with a status. */
export const claimsWithStatus = (uri, idx) => ({ ...accessClaims, ...statusClaim(uri, idx) });
