import assert from "node:assert/strict";
import { test } from "node:test";
import { createVerifier, KeyError, VerificationError } from "@dojang/verifier";
import { createExplainer } from "@dojang/verifier/explain";
import { instance } from "../dist/module-embedded.js";
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

const CHECKS = [
  "shape",
  "header",
  "key",
  "signature",
  "payload",
  "exp",
  "nbf",
  "iat",
  "token_type",
  "iss",
  "aud",
  "jti",
  "user_id",
  "required_claims",
];

const explainer = createExplainer(key.jwk);

test("a good token passes every check, in their order", () => {
  const { steps, verdict, untrusted } = explainer.explain(token(), { now: NOW });
  assert.deepEqual(
    steps,
    CHECKS.map((check) => ({ check, outcome: "passed" })),
  );
  assert.deepEqual(verdict, {
    ok: true,
    header: bare({ alg: "RS256", typ: "JWT" }),
    claims: bare(accessClaims),
  });
  assert.deepEqual(JSON.parse(untrusted.payload), accessClaims);
});

const stopped = {
  shape: ["a.b.c=", "base64_invalid"],
  header: [hs256(key.pem), "alg_not_allowed"],
  signature: [withClaims(token(), { ...accessClaims, role: "admin" }), "signature_invalid"],
  payload: [token({ claims: "[]" }), "payload_invalid"],
  exp: [token({ claims: { exp: NOW } }), "token_expired"],
  nbf: [token({ claims: { nbf: NOW + 6 } }), "token_not_yet_valid"],
  iat: [token({ claims: { iat: NOW + 6 } }), "token_issued_in_future"],
  token_type: [token({ claims: { token_type: "refresh" } }), "token_type_mismatch"],
  aud: [token({ claims: { aud: "a" } }), "audience_mismatch"],
  jti: [token({ claims: { jti: 1 } }), "claim_invalid"],
  user_id: [token({ claims: { user_id: true } }), "claim_invalid"],
};

for (const [failing, [text, code]] of Object.entries(stopped)) {
  test(`a token that fails ${failing} reaches no later check`, () => {
    const { steps, verdict } = explainer.explain(text, { now: NOW });
    const position = CHECKS.indexOf(failing);
    const expected = CHECKS.map((check, index) => ({
      check,
      outcome: index < position ? "passed" : "not_reached",
    }));
    expected[position] = { check: failing, outcome: "failed", code };
    assert.deepEqual(steps, expected);
    assert.deepEqual([verdict.ok, verdict.code], [false, code]);
  });
}

test("required claims have a separate check, whatever their names", () => {
  for (const name of ["aud", "scope", "jti"]) {
    const requiring = createExplainer(key.jwk, { requiredClaims: [name] });
    const text = token({ claims: { jti: undefined } });
    const { steps } = requiring.explain(text, { now: NOW });
    const failed = { check: "required_claims", outcome: "failed", code: "claim_missing" };
    assert.deepEqual(steps.at(-1), failed, name);
    assert.ok(
      steps.slice(0, -1).every(({ outcome }) => outcome === "passed"),
      name,
    );
  }
});

test("the key and the issuer have separate checks", () => {
  const set = createExplainer(
    {
      keys: [
        { ...key.jwk, kid: "a" },
        { ...otherKey.jwk, kid: "b" },
      ],
    },
    { issuer: "https://a" },
  );
  const failing = (text) =>
    set.explain(text, { now: NOW }).steps.find(({ outcome }) => outcome === "failed");
  assert.deepEqual(failing(token({ header: { kid: "c" } })), {
    check: "key",
    outcome: "failed",
    code: "key_not_found",
  });
  assert.deepEqual(failing(token({ header: { kid: "a" } })), {
    check: "iss",
    outcome: "failed",
    code: "issuer_mismatch",
  });
});

test("unverified text is returned unchanged", () => {
  const header = '{"alg":"RS256","typ":"JWT","x":"\\u0000\\"\\\\도장"}';
  const payload = 'not JSON: "\u0000\u001f\u007f\\ \u2028 도장 😀';
  const { verdict, untrusted } = explainer.explain(token({ header, claims: payload }), {
    now: NOW,
  });
  assert.equal(verdict.code, "payload_invalid");
  assert.deepEqual(untrusted, { header, payload });
});

test("no text is returned for invalid UTF-8 or a token of the wrong shape", () => {
  const [header, , signature] = token().split(".");
  assert.deepEqual(
    Object.keys(explainer.explain(`${header}._w.${signature}`, { now: NOW }).untrusted),
    ["header"],
  );
  assert.deepEqual(explainer.explain("", { now: NOW }).untrusted, {});
});

test("unusable keys throw the error of a verifier", () => {
  for (const keys of [key.privatePem, "", { keys: [] }, { kty: "RSA", n: "AQ", e: "AQAB" }]) {
    let expected;
    assert.throws(
      () => createVerifier(keys),
      (error) => {
        expected = error;
        return error instanceof KeyError;
      },
    );
    assert.throws(
      () => createExplainer(keys),
      (error) => {
        assert.deepEqual(
          [error.constructor, error.code, error.message],
          [KeyError, expected.code, expected.message],
        );
        return error instanceof VerificationError;
      },
    );
  }
});

test("wrong arguments throw the errors of a verifier", () => {
  assert.throws(() => createExplainer(key.pem, { audiences: "a" }), TypeError);
  assert.throws(() => explainer.explain(undefined), /token must be a string/);
  assert.throws(() => explainer.explain(token(), { now: Number.NaN }), /now must be/);
});

test("a trap is an error, and the next call is correct", () => {
  new Uint8Array(instance.exports().memory.buffer).fill(0xff);
  assert.throws(() => explainer.explain(token(), { now: NOW }), /stopped unexpectedly/);
  assert.equal(explainer.explain(token(), { now: NOW }).verdict.ok, true);
});

test("a freed explainer throws", () => {
  const freed = createExplainer(key.jwk);
  freed.free();
  assert.throws(() => freed.explain(token()), /freed/);
});
