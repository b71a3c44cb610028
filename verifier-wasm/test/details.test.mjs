// The values that matter, which come with every refusal.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createVerifier } from "@dojang/verifier";
import { hs256, key, NOW, otherKey, token } from "./support/tokens.mjs";
import { keys as keyTexts, rows as vectors } from "./support/vectors.mjs";

function refusalOf(text, options = {}, keys = key.jwk, now = NOW) {
  try {
    createVerifier(keys, options).verify(text, { now });
  } catch (error) {
    return error;
  }
  return assert.fail("it was accepted");
}

const access = { token_type: "access" };
const rows = {
  "when it expired": [token({ claims: { exp: NOW - 0.5 } }), { expiredAt: NOW - 0.5, now: NOW }],
  "from when on it is good": [
    token({ claims: { nbf: NOW + 6 } }),
    { notBefore: NOW + 6, now: NOW },
  ],
  "the algorithm it has": [hs256("x"), { reason: "different", actual: "HS256" }],
  "that the algorithm is no string": [
    token({ header: { alg: ["RS256"] } }),
    { reason: "not_a_string" },
  ],
  "that the algorithm is missing": [token({ header: '{"typ":"JWT"}' }), { reason: "absent" }],
  "the type it has": [
    token({ claims: { token_type: "refresh" } }),
    { expected: "access", reason: "different", actual: "refresh" },
  ],
  "the issuer it has": [
    token({ claims: { ...access, iss: "b" } }),
    { expected: "a", reason: "different", actual: "b" },
    { issuer: "a" },
  ],
  "the audience that was wanted": [token(), { expected: "a" }, { audience: "a" }],
  "that no audience was wanted": [token({ claims: { aud: "a" } }), {}],
  "the issuer it has, unescaped": [
    token({ claims: `{"token_type":"access","exp":${NOW + 1},"iss":"\\u0062\\n"}` }),
    { expected: "a", reason: "different", actual: "b\n" },
    { issuer: "a" },
  ],
  "an instant beyond 2^64 seconds": [
    token({ claims: `{"token_type":"access","exp":${NOW + 1},"nbf":1e300}` }),
    { notBefore: 2 ** 64, now: NOW },
  ],
  "the kid that no key has": [
    token({ header: { kid: "other" } }),
    { kid: "other" },
    {},
    { ...key.jwk, kid: "this" },
  ],
  "the claim that is missing": [token({ claims: { exp: undefined } }), { claim: "exp" }],
  "its length": ["a".repeat(100_000), { bytes: 16_385, limit: 16_384 }],
  "how many segments it has": ["a.b", { segments: 2 }],
  "which segment is empty": ["a..c", { segment: "payload" }],
  "where the base64url breaks": ["ab+d.ab.", { segment: "header", at: 2 }],
  "where the JSON breaks": [token({ header: '{"alg":RS256}' }), { reason: "not_json", at: 7 }],
  "where the JSON of the payload breaks": [token({ claims: "{x" }), { reason: "not_json", at: 1 }],
  "which object of the header has a member twice": [
    token({ header: '{"alg":"RS256","alg":"RS256"}' }),
    { at: 0 },
  ],
  "which object of the payload has a member twice": [token({ claims: '{"a":1,"a":1}' }), { at: 0 }],
  "the typ it has": [token({ header: { typ: "JWS" } }), { reason: "different", actual: "JWS" }],
  "how many keys it does not choose from": [
    token(),
    { keys: 2 },
    {},
    {
      keys: [
        { ...key.jwk, kid: "a" },
        { ...otherKey.jwk, kid: "b" },
      ],
    },
  ],
  "the kid that several keys have": [
    token({ header: { kid: "a" } }),
    { kid: "a" },
    {},
    {
      keys: [
        { ...key.jwk, kid: "a" },
        { ...otherKey.jwk, kid: "a" },
      ],
    },
  ],
  "the required claim that is missing": [
    token(),
    { claim: "scope" },
    { requiredClaims: ["exp", "scope"] },
  ],
  "the issuers that were wanted": [
    token({ claims: { ...access, iss: "c" } }),
    { expected: ["a", "b"], reason: "different", actual: "c" },
    { issuer: ["a", "b"] },
  ],
  "the audiences that were wanted": [token(), { expected: ["a", "b"] }, { audience: ["a", "b"] }],
  "the claim that is invalid": [token({ claims: { exp: "x" } }), { claim: "exp" }],
  "when it was issued": [token({ claims: { iat: NOW + 6 } }), { issuedAt: NOW + 6, now: NOW }],
};

for (const [name, [text, details, options, keys]] of Object.entries(rows)) {
  test(`a refused token says ${name}`, () =>
    assert.deepEqual(refusalOf(text, options, keys).details, details));
}

test("a text of the token is reported unchanged, cut after 64 characters", () => {
  const actual = `\u0000"\\\u001f도장${"x".repeat(100)}`;
  assert.deepEqual(refusalOf(token({ header: { alg: actual } })).details, {
    reason: "different",
    actual: actual.slice(0, 64),
  });
});

const keyRows = [
  ["-----BEGIN PUBLIC KEY-----", "key_pem_invalid", { reason: "end_missing" }],
  [`${key.pem}x`, "key_pem_invalid", { reason: "end_mismatch" }],
  ['{"keys":5}', "key_json_invalid", { reason: "keys_not_an_array" }],
  ['{"keys":', "key_json_invalid", { reason: "not_json", at: 8 }],
  [
    '{"keys":[{"kty":"RSA","kty":"RSA"}]}',
    "key_json_invalid",
    { reason: "duplicate_member", at: 9 },
  ],
  [`{"keys":${"[".repeat(40)}`, "key_json_invalid", { reason: "too_deep", at: 39 }],
  [{ ...key.jwk, use: "enc" }, "key_unsuitable", { reason: "use" }],
  [{ ...key.jwk, n: undefined }, "key_member_invalid", { member: "n", reason: "missing" }],
  [{ kty: "RSA", x5c: ["AA=="] }, "key_member_invalid", { member: "n", reason: "only_x5c" }],
  [{ ...key.jwk, n: "AA==" }, "key_member_invalid", { member: "n", reason: "plain_base64" }],
  [{ ...key.jwk, e: 3 }, "key_member_invalid", { member: "e", reason: "not_a_string" }],
  [keyTexts["pem-pss"], "key_unsuitable", { reason: "rsa_pss" }],
  [
    keyTexts["pem-certificate"],
    "key_certificate",
    { instead: "openssl x509 -pubkey -noout -in FILE" },
  ],
  [
    { issuer: "https://a", jwks_uri: "https://a/b" },
    "key_discovery_document",
    { instead: "jwks_uri" },
  ],
  [{ ...key.jwk, n: "AQAB" }, "key_too_small", { bits: 17 }],
  [{ ...key.jwk, n: `AQ${"A".repeat(681)}B` }, "key_too_large", { bits: 4097 }],
];

for (const [keys, code, details] of keyRows) {
  test(`a refused key says ${code} ${JSON.stringify(details)}`, () => {
    assert.throws(
      () => createVerifier(keys),
      (error) => {
        assert.deepEqual([error.code, error.details], [code, details]);
        return true;
      },
    );
  });
}

test("every code of the vectors that has details has a row here", () => {
  const codes = new Set(keyRows.map(([, code]) => code));
  for (const [text, , options, keys] of Object.values(rows)) {
    codes.add(refusalOf(text, options, keys).code);
  }
  const missing = vectors
    .filter(({ verdict }) => verdict === "refuse")
    .map((row) => refusalOf(row.token, row.policy, keyTexts[row.keys], row.now))
    .filter(({ code, details }) => Object.keys(details).length > 0 && !codes.has(code))
    .map(({ code }) => code);
  assert.deepEqual([...new Set(missing)], []);
});

test("the message is the code in words with those values", () => {
  assert.equal(
    refusalOf(token({ claims: { exp: NOW - 1 } })).message,
    `token expired: expiredAt ${NOW - 1}, now ${NOW}`,
  );
  assert.equal(
    refusalOf(hs256("x")).message,
    'alg not allowed: reason "different", actual "HS256"',
  );
  assert.equal(refusalOf(`${token()}AAAA`).message, "signature invalid");
});
