// The tokens and keys that the tests of the page paste. Everything is checked at NOW.

import * as support from "../../verifier-wasm/test/support/tokens.mjs";

export { NOW, segment, statusClaim } from "../../verifier-wasm/test/support/tokens.mjs";

const { key, NOW, otherKey, withClaims } = support;

export const { pem, privatePem } = key;
export const privateJwk = JSON.stringify(key.privateJwk);
/** Without a kid: the key of the tokens below, and another one. */
export const [jwk, otherJwk] = [key.jwk, otherKey.jwk];
export const oneKey = JSON.stringify({ keys: [{ ...jwk, kid: "a" }] });
export const twoKeys = JSON.stringify({
  keys: [
    { ...otherJwk, kid: "old" },
    { ...jwk, kid: "new" },
  ],
});

export const claims = { ...support.accessClaims, exp: NOW + 60, jti: "1", role: "student" };

/** Signs a token with these claims, changed. */
export function token(changes = {}, header = {}, privateKey = key.privateKey) {
  return support.token({ header, claims: { ...claims, ...changes }, privateKey });
}

/** Returns a token with the signature of another. */
export function tampered() {
  return withClaims(token(), { ...claims, role: "admin" });
}

/** Signs a status list of two bits each; `statuses` by index, the others are 0. */
export function statusList(uri, statuses, changes = {}, header = {}) {
  const list = { exp: NOW + 60, ...changes };
  return support.statusList({ uri, bits: 2, statuses, length: 256, header, claims: list });
}
