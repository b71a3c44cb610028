import assert from "node:assert/strict";
import { test } from "node:test";
import { createVerifier, KeyError, VerificationError } from "@dojang/verifier";
import { codeTexts } from "@dojang/verifier/texts";
import {
  accessClaims,
  bare,
  hs256,
  key,
  NOW,
  otherKey,
  token,
  withClaims,
} from "./support/tokens.mjs";

/** Asserts that `action` throws a VerificationError with this code. */
function refuses(action, code, kind = VerificationError) {
  assert.throws(action, (error) => {
    assert.ok(error instanceof kind, `${error}`);
    assert.equal(error.code, code);
    assert.equal(error.name, kind.name);
    assert.match(error.message, /\S/);
    return true;
  });
}

test("a good token gives its header and claims as they were signed", () => {
  const { header, claims } = createVerifier(key.pem).verify(token({ header: { kid: "a" } }), {
    now: NOW,
  });
  assert.deepEqual(header, bare({ alg: "RS256", typ: "JWT", kid: "a" }));
  assert.deepEqual(claims, bare(accessClaims));
});

test("members that are special to JavaScript stay ordinary claims", () => {
  const text = JSON.stringify(accessClaims).replace(
    "{",
    '{"__proto__":{"role":"admin"},"constructor":1,',
  );
  const { claims } = createVerifier(key.pem).verify(token({ claims: text }), { now: NOW });
  assert.equal(claims.role, undefined);
  assert.equal(Object.getPrototypeOf(claims), null);
  assert.deepEqual(claims.__proto__, bare({ role: "admin" }));
  assert.deepEqual(Object.keys(claims).slice(0, 2), ["constructor", "token_type"]);
});

test("a copy of the claims gets no prototype from a claim, at any depth", () => {
  const evil = '"__proto__":{"role":"admin","list":[{"__proto__":{"role":"admin"}}]}';
  const text = JSON.stringify(accessClaims).replace(
    "{",
    `{${evil},"nested":{${evil}},"list":[[{${evil}}]],`,
  );
  const { header, claims } = createVerifier(key.pem).verify(
    token({ header: `{"alg":"RS256",${evil}}`, claims: text }),
    { now: NOW },
  );
  const objects = [header, claims, claims.nested, claims.list[0][0]];
  const copies = [
    (object) => Object.assign({}, object),
    (object) => ({ ...object }),
    (object) => structuredClone(object),
    (object) => JSON.parse(JSON.stringify(object)),
    (object) =>
      Object.entries(object).reduce((copy, [name, value]) => ((copy[name] = value), copy), {}),
    (object) => {
      const copy = {};
      for (const name in object) {
        copy[name] = object[name];
      }
      return copy;
    },
  ];
  for (const object of objects) {
    for (const copied of [object, ...copies.map((copy) => copy(object))]) {
      assert.equal(copied.role, undefined);
      assert.equal("role" in copied, false);
    }
    assert.deepEqual(Object.getOwnPropertyDescriptor(object, "__proto__")?.enumerable, false);
  }
  // The same holds for the value of the member.
  assert.equal(Object.assign({}, claims.__proto__.list[0]).role, undefined);
});

test("the default now is the clock", () => {
  const now = Math.floor(Date.now() / 1000);
  const verifier = createVerifier(key.pem);
  assert.equal(
    verifier.verify(token({ claims: { iat: now - 10, exp: now + 60 } })).claims.exp,
    now + 60,
  );
  refuses(
    () => verifier.verify(token({ claims: { iat: now - 70, exp: now - 10 } })),
    "token_expired",
  );
});

const good = token();
const refused = [
  ["an expired token", token({ claims: { exp: NOW - 1 } }), "token_expired"],
  ["a token in its last instant", token({ claims: { exp: NOW } }), "token_expired"],
  ["a token without exp", token({ claims: { exp: undefined } }), "claim_missing"],
  ["a token from the future", token({ claims: { iat: NOW + 10 } }), "token_issued_in_future"],
  ["a token before its nbf", token({ claims: { nbf: NOW + 10 } }), "token_not_yet_valid"],
  ["a refresh token", token({ claims: { token_type: "refresh" } }), "token_type_mismatch"],
  ["a token for an audience", token({ claims: { aud: "x" } }), "audience_mismatch"],
  ["changed claims", withClaims(good, { ...accessClaims, role: "admin" }), "signature_invalid"],
  ["another key's signature", token({ privateKey: otherKey.privateKey }), "signature_invalid"],
  ["HS256 with the public key as the secret", hs256(key.pem), "alg_not_allowed"],
  [
    "alg none",
    `${Buffer.from('{"alg":"none"}').toString("base64url")}.${good.split(".")[1]}.`,
    "alg_not_allowed",
  ],
  ["crit", token({ header: { crit: ["exp"], exp: 1 } }), "crit_not_supported"],
  ["a padded segment", `${good}=`, "base64_invalid"],
  ["text after the token", `${good}\n`, "base64_invalid"],
  ["two segments", good.slice(0, good.lastIndexOf(".")), "token_malformed"],
  ["no text", "", "token_malformed"],
  ["a lone surrogate", good.replace(".", "\ud800."), "base64_invalid"],
  ["100 MB", "a".repeat(100_000_000), "token_too_large"],
  ["a token of three-byte characters", "도".repeat(16_384), "token_too_large"],
];

for (const [name, text, code] of refused) {
  test(`${name} is refused with ${code}`, () => {
    refuses(() => createVerifier(key.pem).verify(text, { now: NOW }), code);
  });
}

const policies = [
  ["leeway lets an expired token live longer", { leeway: 30 }, { exp: NOW - 29 }, undefined],
  ["and no longer than it says", { leeway: 30 }, { exp: NOW - 30 }, "token_expired"],
  ["an iat ahead by the future leeway", {}, { iat: NOW + 5, nbf: NOW + 5 }, undefined],
  ["an iat that is further ahead", {}, { iat: NOW + 6 }, "token_issued_in_future"],
  ["an nbf that is further ahead", {}, { nbf: NOW + 6 }, "token_not_yet_valid"],
  ["no future leeway", { futureLeeway: 0 }, { iat: NOW + 1 }, "token_issued_in_future"],
  ["a leeway that is larger than the future leeway", { leeway: 30 }, { iat: NOW + 30 }, undefined],
  ["not the sum of both", { leeway: 30 }, { iat: NOW + 31 }, "token_issued_in_future"],
  ["a future leeway that leaves exp exact", { futureLeeway: 3600 }, { exp: NOW }, "token_expired"],
  ["the issuer that is demanded", { issuer: "https://a" }, { iss: "https://a" }, undefined],
  ["another issuer", { issuer: "https://a" }, { iss: "https://a/" }, "issuer_mismatch"],
  ["no issuer where one is demanded", { issuer: "https://a" }, {}, "issuer_mismatch"],
  ["the audience in a list", { audience: "b" }, { aud: ["a", "b"] }, undefined],
  ["another audience", { audience: "b" }, { aud: "a" }, "audience_mismatch"],
  [
    "a refresh token where one is asked for",
    { tokenType: "refresh" },
    { token_type: "refresh" },
    undefined,
  ],
  [
    "an access token where a refresh token is asked for",
    { tokenType: "refresh" },
    {},
    "token_type_mismatch",
  ],
];

for (const [name, options, claims, code] of policies) {
  test(`${name}: ${code ?? "accepted"}`, () => {
    const verify = () => createVerifier(key.pem, options).verify(token({ claims }), { now: NOW });
    if (code === undefined) {
      assert.deepEqual(verify().claims, bare({ ...accessClaims, ...claims }));
    } else {
      refuses(verify, code);
    }
  });
}

test("the fraction of now counts", () => {
  const verifier = createVerifier(key.pem);
  const text = token({ claims: { exp: NOW + 0.5 } });
  assert.equal(verifier.verify(text, { now: NOW + 0.499 }).claims.exp, NOW + 0.5);
  refuses(() => verifier.verify(text, { now: NOW + 0.5 }), "token_expired");
});

test("a fraction that no double holds is the same instant in a claim and as now", () => {
  const verifier = createVerifier(key.pem, { futureLeeway: 0 });
  for (let thousandth = 1; thousandth < 1000; thousandth += 1) {
    const instant = NOW + thousandth / 1000;
    const good = token({ claims: { nbf: instant, iat: instant } });
    assert.equal(verifier.verify(good, { now: instant }).claims.nbf, instant);
    refuses(() => verifier.verify(good, { now: instant - 0.001 }), "token_not_yet_valid");
    const over = token({ claims: { exp: instant } });
    refuses(() => verifier.verify(over, { now: instant }), "token_expired");
    assert.equal(verifier.verify(over, { now: instant - 0.001 }).claims.exp, instant);
  }
  refuses(
    () => verifier.verify(token({ claims: { exp: NOW + 1 } }), { now: NOW + 0.9999999 }),
    "token_expired",
  );
});

const jwks = {
  keys: [
    { ...otherKey.jwk, kid: "other" },
    { ...key.jwk, kid: "this" },
  ],
};
const keyForms = {
  "SPKI PEM": key.pem,
  "PKCS#1 PEM": key.pkcs1,
  "a JWK object": key.jwk,
  "JWK text": JSON.stringify(key.jwk),
  "a JWKS object": jwks,
  "JWKS text": JSON.stringify(jwks, null, 2),
};

for (const [name, keys] of Object.entries(keyForms)) {
  test(`${name} is accepted as the key`, () => {
    const header = name.includes("JWKS") ? { kid: "this" } : {};
    assert.ok(createVerifier(keys).verify(token({ header }), { now: NOW }));
  });
}

test("the kid selects the key of a set", () => {
  const verifier = createVerifier(jwks);
  refuses(
    () => verifier.verify(token({ header: { kid: "other" } }), { now: NOW }),
    "signature_invalid",
  );
  refuses(
    () => verifier.verify(token({ header: { kid: "third" } }), { now: NOW }),
    "key_not_found",
  );
  refuses(() => verifier.verify(token(), { now: NOW }), "kid_missing");
});

const badKeys = {
  "a private PEM": [key.privatePem, "key_private"],
  "a private JWK": [key.privateJwk, "key_private"],
  "a symmetric JWK": [{ kty: "oct", k: "c2VjcmV0" }, "key_symmetric"],
  "an empty set": [{ keys: [] }, "key_set_empty"],
  "no text": ["", "key_format_unknown"],
  "some text": ["ssh-rsa AAAA", "key_format_unknown"],
};

for (const [name, [keys, code]] of Object.entries(badKeys)) {
  test(`${name} is no key: ${code}`, () => refuses(() => createVerifier(keys), code, KeyError));
}

test("every error code has a text in both languages", () => {
  assert.ok(Object.keys(codeTexts).length > 30);
  for (const [code, { ko, en }] of Object.entries(codeTexts)) {
    assert.match(ko, /[가-힣]/, code);
    assert.match(en, /^[A-Z]/, code);
  }
});
