// Tokens under a key pair of these tests, good ones and others. Everything is checked at NOW.

import { generateKeyPairSync, sign } from "node:crypto";
import { deflateSync } from "node:zlib";

/** Unix seconds. */
export const NOW = 1_800_000_000;

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const another = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;

export const pem = publicKey.export({ type: "spki", format: "pem" });
export const privatePem = privateKey.export({ type: "pkcs8", format: "pem" });
export const privateJwk = JSON.stringify(privateKey.export({ format: "jwk" }));
/** Without a kid: the key of these tokens, and one that signed none of them. */
export const [jwk, anotherJwk] = [publicKey, another].map((key) => key.export({ format: "jwk" }));
export const oneKey = JSON.stringify({ keys: [{ ...jwk, kid: "a" }] });
export const twoKeys = JSON.stringify({ keys: [{ ...anotherJwk, kid: "old" }, { ...jwk, kid: "new" }] });

export const claims = { token_type: "access", iat: NOW, exp: NOW + 60, jti: "1", user_id: 1, username: "도장", role: "student" };

export const segment = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

export function token(changes = {}, header = {}, key = privateKey) {
  const input = `${segment({ alg: "RS256", typ: "JWT", ...header })}.${segment({ ...claims, ...changes })}`;
  return `${input}.${sign("sha256", Buffer.from(input), key).toString("base64url")}`;
}

/** The signature of one token under the claims of another. */
export function tampered() {
  const [header, , signature] = token().split(".");
  return [header, segment({ ...claims, role: "admin" }), signature].join(".");
}

/** A status list of two bits each: `statuses` by place, the others are 0. */
export function statusList(uri, statuses, changes = {}, header = {}) {
  const bytes = new Uint8Array(256);
  for (const [idx, status] of Object.entries(statuses)) {
    bytes[Math.floor(idx / 4)] |= status << ((idx % 4) * 2);
  }
  const list = { sub: uri, iat: NOW, exp: NOW + 60, ttl: 60, status_list: { bits: 2, lst: deflateSync(bytes).toString("base64url") }, ...changes };
  const input = `${segment({ alg: "RS256", typ: "statuslist+jwt", ...header })}.${segment(list)}`;
  return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
}

/** The claim of a token that names a place in a list. */
export const listed = (uri, idx) => ({ status: { status_list: { uri, idx } } });
