// One token, every verifier: rows are tokens, targets are the programs that verify them.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { keyFile, logIn, noSystem, publicPem, publishedKeys, python } from "./system.mjs";
import {
  chromiumTarget,
  edgeTarget,
  joseTarget,
  nativeTarget,
  nodeTarget,
  pyjwt,
  pyjwtTarget,
} from "./targets.mjs";

const noPython =
  !noSystem && !python && "skipped: set PYTHON to a python with PyJWT and cryptography";

const EXPIRED = "토큰이 만료되었습니다";
const INVALID = "유효하지 않은 토큰입니다";

/** Accepted rows go to every target, refused ones to ours; `detail` is that of the edge. */
const rows = [
  { name: "an access token of the issuer", make: ({ tokens }) => tokens.access },
  { name: "a token that PyJWT signed with SimpleJWT's claims", make: ({ sign }) => sign({}) },
  { name: "the same with the kid of the key", make: ({ sign, kid }) => sign({ headers: { kid } }) },
  {
    name: "an expired token",
    make: ({ sign, now }) => sign({ claims: { iat: now - 7260, exp: now - 60 } }),
    code: "token_expired",
    detail: EXPIRED,
  },
  {
    name: "a tampered token",
    make: ({ tokens }) => promoted(tokens.access),
    code: "signature_invalid",
    detail: INVALID,
  },
  {
    name: "a token signed with another key under the issuer's kid",
    make: ({ sign, kid }) => sign({ headers: { kid }, anotherKey: true }),
    code: "signature_invalid",
    detail: INVALID,
  },
  {
    name: "HS256 with the public key as the secret",
    make: ({ kid, pem, simpleJwtClaims }) =>
      pyjwt({ do: "sign_hs256", claims: simpleJwtClaims, headers: { kid }, secret: pem }).token,
    code: "alg_not_allowed",
    detail: INVALID,
  },
  {
    name: "a refresh token",
    make: ({ tokens }) => tokens.refresh,
    code: "token_type_mismatch",
    detail: INVALID,
  },
];

function payloadOf(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
}

function promoted(token) {
  const [header, payload, signature] = token.split(".");
  const claims = { ...payloadOf(token), role: "admin" };
  assert.notDeepEqual(claims, payloadOf(`${header}.${payload}.`), "the demo user is no admin");
  return [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
}

describe("every checker of tokens agrees", { skip: noSystem || noPython, timeout: 240_000 }, () => {
  let context;
  let targets;

  before(async () => {
    const [tokens, jwks, pem] = [await logIn(), await publishedKeys(), publicPem()];
    const { kid } = JSON.parse(Buffer.from(tokens.access.split(".")[0], "base64url").toString());
    const now = Math.floor(Date.now() / 1000);
    const simpleJwtClaims = {
      token_type: "access",
      exp: now + 7200,
      iat: now,
      jti: "0123456789abcdef0123456789abcdef",
      user_id: tokens.user.id,
      username: tokens.user.username,
      email: tokens.user.email,
      role: "instructor",
      premium: true,
    };
    const sign = ({ claims = {}, headers = {}, anotherKey = false }) =>
      pyjwt({
        do: "sign",
        claims: { ...simpleJwtClaims, ...claims },
        headers,
        private_key: anotherKey ? null : keyFile(`${kid}.private.pem`),
      }).token;
    context = { tokens, kid, pem, now, simpleJwtClaims, sign };
    targets = [
      pyjwtTarget(pem),
      joseTarget(jwks),
      nativeTarget(pem),
      nodeTarget(jwks),
      await chromiumTarget(JSON.stringify(jwks)),
      edgeTarget(),
    ];
  });

  after(() => Promise.all((targets ?? []).map((target) => target.close?.())));

  for (const row of rows) {
    const verdict = row.code === undefined ? "accepted" : `refused with ${row.code}`;
    test(`${row.name} is ${verdict}`, async (t) => {
      const token = row.make(context);
      for (const target of targets.filter(({ ours }) => ours || row.code === undefined)) {
        await t.test(target.name, { skip: target.skip ?? false }, async () => {
          const verdict = await target.verify(token);
          if (row.code !== undefined) {
            assert.deepEqual([verdict.ok, verdict.code], [false, row.code]);
            if ("detail" in verdict) {
              assert.deepEqual([verdict.status, verdict.detail], [401, row.detail]);
            }
            return;
          }
          assert.equal(verdict.ok, true, `refused with ${verdict.code}`);
          const { user_id, username } = payloadOf(token);
          if ("body" in verdict) {
            assert.deepEqual(verdict.body, { message: "인증 성공!", user_id, username });
          } else {
            assert.deepEqual(verdict.claims, payloadOf(token));
          }
        });
      }
    });
  }
});
