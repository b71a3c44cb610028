// Verifiers of other projects, which know only the issuer's address, accept its tokens and no
// others, also while it changes its signing key.
//
// They cache the key set for MAX_AGE seconds, and the rotation waits that long with a margin. With
// ROTATION_WAIT=305 everything is as in production: the verifiers' own times, and a rotation that
// the issuer allows without --force.

import assert from "node:assert/strict";
import { createHmac, createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as support from "../../verifier-wasm/test/support/tokens.mjs";
import { noIssuerProgram, startIssuer } from "./programs.mjs";
import { kidOf, load } from "./verifiers/load.mjs";
import { programs, start } from "./verifiers/programs.mjs";

const USER = { username: "testuser", password: "testpass123" };
const AUDIENCE = "https://api.example.com";
const MAX_AGE = 2;
const MARGIN = 1.5;
const { ROTATION_WAIT: rotationWait } = process.env;
/** Milliseconds between two rounds of the load on a verifier. */
const INTERVAL = rotationWait === undefined ? 50 : 250;

/** Libraries that look at the key set again only for a key that they do not have. */
const KEEPS_REMOVED_KEYS = new Set(["go-oidc", "aws-jwt-verify"]);

const seconds = () => Math.floor(Date.now() / 1000);
const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

/** Signs a token with HMAC, whose secret is the text of the public key. */
function hs256(pem, kid, claims) {
  const signingInput = [{ alg: "HS256", typ: "JWT", kid }, claims].map(support.segment).join(".");
  return `${signingInput}.${createHmac("sha256", pem).update(signingInput).digest("base64url")}`;
}

describe("verifiers of other projects", { skip: noIssuerProgram, timeout: 900_000 }, () => {
  let issuer;
  /** Settings of the verifiers: the address of the key set, or also issuer and audience. */
  let variables;
  const running = [];
  const verifiers = [];
  let refreshToken;

  async function post(path, body) {
    const response = await fetch(`${issuer.url}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
    return response.json();
  }

  const freshToken = async () =>
    (await post("/api/token/refresh/", { refresh: refreshToken })).access;

  before(async () => {
    issuer = await startIssuer({
      users: [USER],
      settings: { ISSUER_AUDIENCE: AUDIENCE, ISSUER_OPENID_CONFIGURATION: "true" },
    });
    ({ refresh: refreshToken } = await post("/api/token/", USER));
    variables = {
      JWKS_URL: `${issuer.url}/.well-known/jwks.json`,
      ISSUER: issuer.url,
      AUDIENCE,
      ...(rotationWait === undefined && { JWKS_MAX_AGE: `${MAX_AGE}` }),
    };
    const settings = { issuerUrl: issuer.url, variables, state: issuer.state };
    const started = await Promise.allSettled(
      programs.filter(({ skip }) => !skip).map((program) => start(program, settings)),
    );
    running.push(...started.flatMap(({ value }) => value ?? []));
    verifiers.push(...running.flatMap((program) => program.verifiers));
    const failed = started.find(({ status }) => status === "rejected");
    assert.equal(failed, undefined, String(failed?.reason));
  });

  after(async () => {
    await Promise.all(running.map(({ stop }) => stop()));
    await issuer?.stop();
  });

  for (const { name, skip } of programs.filter(({ skip }) => skip)) {
    test(`the verifiers in ${name}`, { skip }, () => {});
  }

  /** Returns a valid token, and by name tokens that every verifier refuses. */
  async function tokens() {
    const valid = await freshToken();
    const kid = kidOf(valid);
    const claims = claimsOf(valid);
    const pem = readFileSync(join(issuer.state, `keys/${kid}.private.pem`), "utf8");
    const privateKey = createPrivateKey(pem);
    const sign = (changes, header = {}, key = privateKey) =>
      support.token({
        header: { kid, ...header },
        claims: { ...claims, ...changes },
        privateKey: key,
      });
    const other = support.otherKey.privateKey;
    const publicPem = readFileSync(join(issuer.state, "keys/public.pem"), "utf8");
    const refused = {
      "a token of another issuer": sign({ iss: "https://other.example.com" }),
      "a token without iss": sign({ iss: undefined }),
      "a token for another audience": sign({ aud: "https://other.example.com" }),
      "a token without aud": sign({ aud: undefined }),
      "an expired token": sign({ iat: seconds() - 7200, exp: seconds() - 5 }),
      "a token without exp": sign({ exp: undefined }),
      "a tampered token": support.withClaims(valid, { ...claims, role: "admin" }),
      "a token signed with another key under the issuer's kid": sign({}, {}, other),
      "a token of a key that the issuer does not publish": sign({}, { kid: "foreign" }, other),
      "a refresh token": refreshToken,
      "HS256 with the public key as the secret": hs256(publicPem, kid, claims),
      "alg none": `${support.segment({ alg: "none", kid })}.${support.segment(claims)}.`,
    };
    return { valid, refused };
  }

  test("accept the issuer's access tokens and nothing else", async (t) => {
    const { valid, refused } = await tokens();
    for (const { name, verify } of verifiers) {
      await t.test(name, async () => {
        const { accepted, body } = await verify(valid);
        assert.deepEqual([accepted, JSON.parse(body)], [true, { username: USER.username }], body);
        for (const [what, token] of Object.entries(refused)) {
          const verdict = await verify(token);
          assert.equal(verdict.accepted, false, what);
        }
      });
    }
  });

  const published = async () => {
    const response = await fetch(`${issuer.url}/.well-known/jwks.json`);
    return (await response.json()).keys.map(({ kid }) => kid);
  };

  async function until(condition, what) {
    for (const end = Date.now() + 15_000; !(await condition()); await pause(50)) {
      assert.ok(Date.now() < end, what);
    }
  }

  let oldToken;

  test("refuse no good token while the signing key is rotated", async (t) => {
    const { valid, refused } = await tokens();
    oldToken = valid;
    const [oldKid] = await published();
    const sending = load({ verifiers, first: valid, freshToken, refused, interval: INTERVAL });
    const rotate = async () => {
      await pause(500);
      issuer.command(["keys", "generate"]);
      await until(async () => (await published()).length === 2, "the new key is not published");
      await Promise.all(running.map(({ refresh }) => refresh()));
      if (rotationWait === undefined) {
        await pause((MAX_AGE + MARGIN) * 1000);
        issuer.command(["keys", "rotate", "--force"]);
      } else {
        await pause(Number(rotationWait) * 1000);
        issuer.command(["keys", "rotate"]);
      }
      await until(() => sending.newestKid() !== oldKid, "the new key does not sign");
      await Promise.all(running.map(({ refresh }) => refresh()));
      await pause((MAX_AGE + MARGIN) * 1000);
    };
    try {
      await Promise.race([rotate(), sending.failed]);
    } finally {
      await sending.stop();
    }
    const newKid = sending.newestKid();
    for (const [name, { accepted, sent, wrong }] of sending.results) {
      await t.test(name, (t) => {
        const [old, young] = [accepted.get(oldKid), accepted.get(newKid)];
        t.diagnostic(`${sent} tokens; accepted ${old} of the old key, ${young} of the new one`);
        assert.deepEqual(wrong, []);
        assert.ok(old > 10 && young > 10, "too little load");
      });
    }
  });

  const slow = rotationWait !== undefined && "skipped: some verifiers cache keys for ten minutes";
  const removed = "refuse tokens of a removed key, unless they keep keys until they restart";
  test(removed, { skip: slow }, async (t) => {
    const oldKid = kidOf(oldToken);
    issuer.command(["keys", "remove", "--force", oldKid]);
    await until(async () => !(await published()).includes(oldKid), "the key is still published");
    await Promise.all(running.map(({ refresh }) => refresh()));
    await pause((MAX_AGE + MARGIN) * 1000);
    ({ refresh: refreshToken } = await post("/api/token/", USER));
    const valid = await freshToken();
    for (const { name, library, verify } of verifiers) {
      await t.test(name, async () => {
        const { accepted, body } = await verify(oldToken);
        assert.equal(accepted, KEEPS_REMOVED_KEYS.has(library), body);
        assert.equal((await verify(valid)).accepted, true);
      });
    }
  });
});
