import assert from "node:assert/strict";
import { test } from "node:test";
import { createVerifier } from "@dojang/verifier";
import { key, NOW, token } from "./support/tokens.mjs";

const wrong = {
  "no keys": [() => createVerifier(), /keys must be .*got undefined/],
  "null for the keys": [() => createVerifier(null), /keys must be .*got null/],
  "bytes for the keys": [() => createVerifier(new Uint8Array(3)), /keys must be .*got Uint8Array/],
  "a list of keys": [() => createVerifier([key.jwk]), /keys must be .*got Array/],
  "a promise of keys": [
    () => createVerifier(Promise.resolve(key.jwk)),
    /keys must be .*got Promise/,
  ],
  "an unknown option": [
    () => createVerifier(key.pem, { audiences: "a" }),
    /no option "audiences".*futureLeeway, issuer, audience, anyAudience, tokenType, requireAtJwt/,
  ],
  "null for the options": [
    () => createVerifier(key.pem, null),
    /options of createVerifier must be an object/,
  ],
  "a leeway in text": [
    () => createVerifier(key.pem, { leeway: "30" }),
    /leeway must be a whole number of seconds/,
  ],
  "a negative leeway": [() => createVerifier(key.pem, { leeway: -1 }), /leeway must be/],
  "an endless leeway": [() => createVerifier(key.pem, { leeway: Infinity }), /leeway must be/],
  "a leeway of more than an hour": [
    () => createVerifier(key.pem, { leeway: 3601 }),
    /leeway must be a whole number of seconds from 0 to 3600; got 3601/,
  ],
  "a future leeway in text": [
    () => createVerifier(key.pem, { futureLeeway: "5" }),
    /futureLeeway must be a whole number of seconds from 0 to 3600/,
  ],
  "a negative future leeway": [
    () => createVerifier(key.pem, { futureLeeway: -1 }),
    /futureLeeway must be/,
  ],
  "a future leeway of more than an hour": [
    () => createVerifier(key.pem, { futureLeeway: 3601 }),
    /futureLeeway must be/,
  ],
  "no number for a future leeway": [
    () => createVerifier(key.pem, { futureLeeway: null }),
    /futureLeeway must be/,
  ],
  "half a second of leeway": [() => createVerifier(key.pem, { leeway: 0.5 }), /leeway must be/],
  "an issuer that was not set": [
    () => createVerifier(key.pem, { issuer: undefined }),
    /issuer must be a non-empty string or a list of such, or be left out/,
  ],
  "an empty audience": [
    () => createVerifier(key.pem, { audience: "" }),
    /audience must be a non-empty string/,
  ],
  "an empty list of audiences": [
    () => createVerifier(key.pem, { audience: [] }),
    /audience must be a non-empty string or a list of such, or be left out; got Array/,
  ],
  "an audience that was not set, in a list": [
    () => createVerifier(key.pem, { audience: ["a", undefined] }),
    /audience must be/,
  ],
  "audiences with a gap": [
    () => createVerifier(key.pem, { audience: [, "a"] }),
    /audience must be/,
  ],
  "half of a character as an issuer": [
    () => createVerifier(key.pem, { issuer: "\ud800" }),
    /issuer must be/,
  ],
  "null for an issuer": [() => createVerifier(key.pem, { issuer: null }), /issuer must be/],
  "a word for any audience": [
    () => createVerifier(key.pem, { anyAudience: "*" }),
    /anyAudience must be true or false/,
  ],
  "an audience and any": [
    () => createVerifier(key.pem, { audience: "a", anyAudience: true }),
    /anyAudience must be false, or audience be left out/,
  ],
  "an empty token type": [
    () => createVerifier(key.pem, { tokenType: "" }),
    /tokenType must be a non-empty string, or null; got ""/,
  ],
  "no token type, issuer or audience": [
    () => createVerifier(key.pem, { tokenType: null }),
    /tokenType null needs issuer, and audience or anyAudience/,
  ],
  "no token type and no audience": [
    () => createVerifier(key.pem, { tokenType: null, issuer: "a" }),
    /tokenType null needs issuer, and audience or anyAudience/,
  ],
  "no token type and no issuer": [
    () => createVerifier(key.pem, { tokenType: null, audience: "a" }),
    /tokenType null needs issuer, and audience or anyAudience/,
  ],
  "no token type and any audience of anyone": [
    () => createVerifier(key.pem, { tokenType: null, anyAudience: true }),
    /tokenType null needs issuer, and audience or anyAudience/,
  ],
  "a text for the required claims": [
    () => createVerifier(key.pem, { requiredClaims: "sub" }),
    /requiredClaims must be a list of non-empty strings/,
  ],
  "required claims that were not set": [
    () => createVerifier(key.pem, { requiredClaims: undefined }),
    /requiredClaims must be a list of non-empty strings, or be left out; got undefined/,
  ],
  "requireAtJwt that was not set": [
    () => createVerifier(key.pem, { requireAtJwt: undefined }),
    /requireAtJwt must be true or false, or be left out; got undefined/,
  ],
  "an empty name of a required claim": [
    () => createVerifier(key.pem, { requiredClaims: ["sub", ""] }),
    /requiredClaims must be/,
  ],
  "a word for requireAtJwt": [
    () => createVerifier(key.pem, { requireAtJwt: "no" }),
    /requireAtJwt must be true or false/,
  ],
  "any audience that was not set": [
    () => createVerifier(key.pem, { anyAudience: undefined }),
    /anyAudience must be/,
  ],
  "no token": [() => createVerifier(key.pem).verify(), /token must be a string; got undefined/],
  "bytes for a token": [
    () => createVerifier(key.pem).verify(new Uint8Array(3)),
    /token must be a string/,
  ],
  "a date for now": [
    () => createVerifier(key.pem).verify(token(), { now: new Date() }),
    /now must be a Unix time in seconds; got Date/,
  ],
  "NaN for now": [
    () => createVerifier(key.pem).verify(token(), { now: Number.NaN }),
    /now must be .*got NaN/,
  ],
  "a time before 1970": [() => createVerifier(key.pem).verify(token(), { now: -1 }), /now must be/],
  "an unknown option of verify": [
    () => createVerifier(key.pem).verify(token(), { clock: NOW }),
    /verify has no option "clock"; it knows now/,
  ],
};

for (const [name, [call, message]] of Object.entries(wrong)) {
  test(`${name}: a TypeError that says what is expected`, () => {
    assert.throws(call, (error) => error instanceof TypeError && message.test(error.message));
  });
}

test("an error text has neither long values nor the content of objects", () => {
  const secret = "s".repeat(200);
  for (const call of [
    () => createVerifier(key.pem, { anyAudience: secret }),
    () => createVerifier(key.pem).verify({ secret }),
  ]) {
    assert.throws(call, (error) => error instanceof TypeError && !error.message.includes("ssss"));
  }
});
