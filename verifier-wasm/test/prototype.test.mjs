// A property that a mistake elsewhere puts on `Object.prototype` is neither an option, nor a
// member of a document or a token.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createVerifier } from "@dojang/verifier";
import { createExplainer } from "@dojang/verifier/explain";
import { createRemoteJwks } from "@dojang/verifier/jwks";
import { createStatusLists } from "@dojang/verifier/status";
import { jwksServer, keys, KID } from "./jwks-server.mjs";
import {
  accessClaims,
  bare,
  claimsWithStatus,
  key,
  NOW,
  statusList,
  token,
} from "./support/tokens.mjs";

/** Runs `work` while every object inherits these. */
async function polluted(properties, work) {
  for (const [name, value] of Object.entries(properties)) {
    assert.equal(name in {}, false, name);
    Object.defineProperty(Object.prototype, name, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
  try {
    return await work();
  } finally {
    for (const name of Object.keys(properties)) {
      delete Object.prototype[name];
    }
  }
}

const seconds = Math.floor(Date.now() / 1000);
const fresh = token({ header: { kid: KID }, claims: { iat: seconds - 60, exp: seconds + 3600 } });
const expired = token({ header: { kid: KID }, claims: { iat: seconds - 600, exp: seconds - 60 } });
const early = token({
  header: { kid: KID },
  claims: { iat: seconds - 60, nbf: seconds + 1800, exp: seconds + 3600 },
});
const refresh = token({
  header: { kid: KID },
  claims: { iat: seconds - 60, exp: seconds + 3600, token_type: "refresh" },
});
const forAnother = token({
  header: { kid: KID },
  claims: { iat: seconds - 60, exp: seconds + 3600, aud: "x" },
});

/** Inherited members that could make the verifier accept a token, and the token. */
const wouldLetIn = [
  [{ now: seconds - 120 }, expired, "token_expired"],
  [{ clock: () => seconds - 120 }, expired, "token_expired"],
  [{ leeway: 3600 }, expired, "token_expired"],
  [{ futureLeeway: 3600 }, early, "token_not_yet_valid"],
  [{ tokenType: "refresh" }, refresh, "token_type_mismatch"],
  [{ audience: "x" }, forAnother, "audience_mismatch"],
  [{ aud: "x", token_type: "access", exp: seconds + 60 }, refresh, "token_type_mismatch"],
];
for (const [properties, text, code] of wouldLetIn) {
  test(`${Object.keys(properties)} on Object.prototype accepts no token`, async (t) => {
    const server = await jwksServer();
    t.after(() => server.stop());
    await polluted(properties, async () => {
      assert.throws(() => createVerifier(key.pem).verify(text), { code });
      assert.equal(createExplainer(key.pem).explain(text).verdict.code, code);
      await assert.rejects(createRemoteJwks(server.url).verify(text), { code });
      await assert.rejects(createRemoteJwks(server.url, {}).verify(text, {}), { code });
    });
  });
}

/** Members that would refuse every token, except those that break Node's sockets and `fetch`. */
const wouldKeepOut = [
  { now: 0 },
  { issuer: "x" },
  { audience: undefined },
  { requireAtJwt: true },
  { anything: 1 },
  { code: "token_expired", refusal: {}, details: {} },
  { maxBytes: 1 },
  { fetch: 1 },
  { unknownKid: true },
  { location: { href: "http://127.0.0.1:9/" } },
  { iss: "x", aud: "x", jti: 1, nbf: "x", kid: 1, crit: [] },
];
for (const properties of wouldKeepOut) {
  test(`${Object.keys(properties)} on Object.prototype refuses no token`, async (t) => {
    const server = await jwksServer();
    t.after(() => server.stop());
    await polluted(properties, async () => {
      assert.equal(createVerifier(key.pem).verify(fresh).claims.user_id, 1);
      assert.equal(createExplainer(key.pem, {}).explain(fresh, {}).verdict.ok, true);
      assert.equal((await createRemoteJwks(server.url, {}).verify(fresh, {})).claims.user_id, 1);
    });
    assert.equal(server.last.method, "GET");
  });
}

test("claims have only members of the token", async () => {
  const inherited = {
    role: "admin",
    premium: true,
    status_list: { uri: "http://127.0.0.1/", idx: 0 },
  };
  await polluted(inherited, () => {
    const { header, claims } = createVerifier(key.pem).verify(
      token({ claims: { nested: { a: [{}] } } }),
      { now: NOW },
    );
    for (const object of [header, claims, claims.nested, claims.nested.a[0]]) {
      for (const name of Object.keys(inherited)) {
        assert.equal(object[name], undefined);
      }
    }
    assert.deepEqual(claims, bare({ ...accessClaims, nested: { a: [bare({})] } }));
    assert.deepEqual(claims.nested.a.map(Object.getPrototypeOf), [null]);
  });
});

test("details have only values of the token", async () => {
  await polluted({ iss: "inherited" }, () => {
    const verify = () => createVerifier(key.pem, { issuer: "a" }).verify(token(), { now: NOW });
    assert.throws(verify, {
      code: "issuer_mismatch",
      details: { expected: "a", reason: "absent" },
    });
  });
});

test("a document without keys is not a key set, whatever objects inherit", async (t) => {
  const server = await jwksServer(keys(JSON.stringify(key.jwk)));
  t.after(() => server.stop());
  await polluted({ keys: [] }, () =>
    assert.rejects(createRemoteJwks(server.url).verify(token(), { now: NOW }), {
      code: "jwks_invalid",
      details: { reason: "not_a_set" },
    }),
  );
});

test("the status reference is read from the token only", async (t) => {
  const server = await jwksServer();
  t.after(() => server.stop());
  const uri = new URL("/status/1", server.url).href;
  server.respond = (_, response) => response.end(statusList({ uri, statuses: { 1: 1 } }));
  const lists = createStatusLists(key.jwk, { allowed: uri, clock: () => NOW });
  const { status } = claimsWithStatus(uri, 0);
  await polluted({ status, status_list: status.status_list, uri, idx: 0 }, async () => {
    const { claims } = createVerifier(key.pem).verify(token(), { now: NOW });
    // A copy has a prototype.
    for (const one of [claims, { ...claims }]) {
      assert.deepEqual(await lists.statusOf(one), { status: "unknown", code: "claim_missing" });
    }
    assert.equal((await lists.statusOf({ status: {} })).code, "claim_missing");
    assert.equal((await lists.statusOf({ status: { status_list: {} } })).code, "claim_invalid");
  });
  // Not `type`, which breaks Node's own streams.
  await polluted({ list: "x" }, async () => {
    assert.equal((await lists.statusOf(claimsWithStatus(uri, 1), {})).status, "invalid");
    assert.equal((await lists.statusOf(claimsWithStatus(uri, 0))).status, "valid");
  });
});
