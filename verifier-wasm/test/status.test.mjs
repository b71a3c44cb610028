// What status lists say about tokens, and which lists are accepted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { createVerifier } from "@dojang/verifier";
import {
  createStatusLists,
  KeyError,
  StatusListError,
  VerificationError,
} from "@dojang/verifier/status";
import { keys, keySet, status } from "./jwks-server.mjs";
import { GOOD, INVALID, REVOKED, setUp, short, VALID } from "./status-setup.mjs";
import { claimsWithStatus, key, NOW, otherKey, statusList, token } from "./support/tokens.mjs";

test("the list decides about a token, and is fetched once", async (t) => {
  const { server, uri, lists, ask } = await setUp(t);
  assert.equal(server.requests, 0);
  assert.deepEqual(await ask(GOOD), {
    status: "valid",
    found: { uri, idx: GOOD, value: 0, issuedAt: NOW },
  });
  assert.deepEqual(await ask(REVOKED), {
    status: "invalid",
    code: "token_revoked",
    found: { uri, idx: REVOKED, value: 1, issuedAt: NOW },
  });
  await lists.check(claimsWithStatus(uri, GOOD));
  await assert.rejects(
    lists.check(claimsWithStatus(uri, REVOKED)),
    (error) => error instanceof VerificationError && error.code === "token_revoked",
  );
  assert.equal(server.requests, 1);
  assert.equal(server.last.method, "GET");
  assert.equal(server.last.url, "/status/1");
  assert.equal(server.last.headers.accept, "application/statuslist+jwt");
  assert.equal(server.last.headers.authorization, undefined);
});

test("the claims of a verified token are enough", async (t) => {
  const { uri, lists } = await setUp(t);
  const { claims } = createVerifier(key.jwk).verify(
    token({ claims: { status: { status_list: { uri, idx: REVOKED } } } }),
    { now: NOW },
  );
  await assert.rejects(lists.check(claims), { code: "token_revoked" });
});

// [bits, status, expected]
for (const [bits, value, expected] of [
  [1, 0, VALID],
  [1, 1, INVALID],
  [2, 0, VALID],
  [2, 1, INVALID],
  [2, 2, ["suspended", "token_revoked"]],
  [2, 3, INVALID],
  [4, 2, ["suspended", "token_revoked"]],
  [4, 15, INVALID],
  [8, 0, VALID],
  [8, 2, ["suspended", "token_revoked"]],
  [8, 255, INVALID],
]) {
  test(`status ${value} of ${bits} bits is ${expected[0]}`, async (t) => {
    const { serve, ask } = await setUp(t);
    // Between neighbours that have all bits set.
    const full = 2 ** bits - 1;
    serve({ bits, statuses: { 9: full, 10: value, 11: full } });
    const result = await ask(10);
    assert.deepEqual([short(result), result.found.value], [expected, value]);
  });
}

test("the last index of a list has a status, the next one has none", async (t) => {
  const { serve, ask } = await setUp(t);
  serve({ length: 2, statuses: { 15: 1 } });
  assert.deepEqual(short(await ask(15)), INVALID);
  assert.deepEqual(short(await ask(16)), ["unknown", "claim_invalid"]);
  assert.deepEqual(short(await ask(Number.MAX_SAFE_INTEGER)), ["unknown", "claim_invalid"]);
});

test("a token that cannot be looked up is refused without a fetch", async (t) => {
  const { server, uri, lists } = await setUp(t);
  const reference = { uri, idx: GOOD };
  for (const [claims, code] of [
    [{}, "claim_missing"],
    [{ status: {} }, "claim_missing"],
    [{ status: null }, "claim_invalid"],
    [{ status: "valid" }, "claim_invalid"],
    [{ status: [] }, "claim_invalid"],
    [{ status: { status_list: null } }, "claim_invalid"],
    [{ status: { status_list: {} } }, "claim_invalid"],
    [{ status: { status_list: { ...reference, idx: "6" } } }, "claim_invalid"],
    [{ status: { status_list: { ...reference, idx: -1 } } }, "claim_invalid"],
    [{ status: { status_list: { ...reference, idx: 1.5 } } }, "claim_invalid"],
    [{ status: { status_list: { ...reference, idx: 2 ** 53 } } }, "claim_invalid"],
    [{ status: { status_list: { ...reference, uri: 1 } } }, "claim_invalid"],
  ]) {
    assert.deepEqual(
      await lists.statusOf(claims),
      { status: "unknown", code },
      JSON.stringify(claims),
    );
    await assert.rejects(lists.check(claims), (error) => {
      assert.deepEqual(
        [error instanceof VerificationError, error.code, error.details],
        [true, code, { claim: "status" }],
      );
      return true;
    });
  }
  assert.equal(server.requests, 0);
});

test("no list is fetched but those at the allowed addresses and below", async (t) => {
  const asked = [];
  const fetch = async (url) => {
    asked.push(url);
    throw new TypeError("not here");
  };
  for (const [allowed, address, expected] of [
    ["https://issuer.example/status", "https://issuer.example/status", true],
    ["https://issuer.example/status/", "https://issuer.example/status/1", true],
    ["https://issuer.example/status", "https://issuer.example/status/2026/a-b_c.jwt", true],
    [["https://a.example", "https://issuer.example"], "https://issuer.example/status/1", true],
    ["http://localhost:8000", "http://localhost:8000/status/1", true],
    ["http://localhost:8000", "http://localhost:80001/status/1", false],
    ["http://localhost:8000", "http://localhost:8000@evil.example/", false],
    ["https://issuer.example/status", "https://issuer.example/status-of-others/1", false],
    ["https://issuer.example/status", "https://issuer.example/statusx", false],
    ["https://issuer.example/status", "https://issuer.example/status/../admin", false],
    ["https://issuer.example/status", "https://issuer.example/status/./1", false],
    ["https://issuer.example/status", "https://issuer.example/status/%2e%2e/admin", false],
    ["https://issuer.example/status", "https://issuer.example/status/1?to=x", false],
    ["https://issuer.example/status", "https://issuer.example/status/1#x", false],
    ["https://issuer.example/status", "https://issuer.example/status/\\..\\x", false],
    ["https://issuer.example/status", "https://issuer.example/status/ 1", false],
    ["https://issuer.example", "https://issuer.example.evil.example/status/1", false],
    ["https://issuer.example", "https://issuer.example@evil.example/status/1", false],
    ["https://issuer.example", "http://issuer.example/status/1", false],
    ["https://issuer.example", "http://169.254.169.254/", false],
    ["https://issuer.example", "file:///etc/passwd", false],
    ["https://issuer.example", "", false],
    ["https://issuer.example", `https://issuer.example/${"a".repeat(1024)}`, false],
    [[], "https://issuer.example/status/1", false],
  ]) {
    asked.length = 0;
    const lists = createStatusLists(key.jwk, { allowed, fetch });
    const { code } = await lists.statusOf(claimsWithStatus(address, 1));
    assert.deepEqual(
      [asked, code],
      expected ? [[address], "revocation_unknown"] : [[], "claim_invalid"],
      `${allowed} ${address}`,
    );
    lists.free();
  }
  t.diagnostic("as edge-auth/src/revocation/reference.rs has it");
});

// [changes of the list, reason]
const refusals = [
  [{ privateKey: otherKey.privateKey }, "signature_invalid"],
  [{ header: { typ: "JWT" } }, "typ_not_allowed"],
  [{ header: { typ: undefined } }, "typ_not_allowed"],
  [{ header: { alg: "none" } }, "alg_not_allowed"],
  [{ claims: { sub: "http://127.0.0.1/status/2" } }, "claim_invalid"],
  [{ claims: { sub: undefined } }, "claim_missing"],
  [{ claims: { iat: undefined } }, "claim_missing"],
  [{ claims: { iat: NOW + 6 } }, "token_issued_in_future"],
  [{ claims: { exp: NOW } }, "token_expired"],
  [{ claims: { nbf: NOW + 6 } }, "token_not_yet_valid"],
  [{ claims: { ttl: 0 } }, "claim_invalid"],
  [{ claims: { status_list: undefined } }, "claim_missing"],
  [{ list: { bits: 3 } }, "claim_invalid"],
  [{ list: { lst: "a+b" } }, "claim_invalid"],
  [{ list: { lst: "" } }, "not_zlib"],
  [{ list: { lst: Buffer.from("neither zlib nor anything").toString("base64url") } }, "not_zlib"],
  [
    { list: { lst: deflateSync(Buffer.alloc(4096, 7)).subarray(0, -6).toString("base64url") } },
    "not_zlib",
  ],
];
for (const [changes, reason] of refusals) {
  test(`a list with ${JSON.stringify(changes)} is not believed: ${reason}`, async (t) => {
    const { serve, ask } = await setUp(t);
    serve({ ...changes, ...(changes.claims && { claims: changes.claims }) });
    const result = await ask(GOOD);
    assert.deepEqual(short(result), [
      "unknown",
      "revocation_unknown",
      "status_list_invalid",
      { reason },
    ]);
    assert.ok(result.error instanceof StatusListError && result.error instanceof Error);
    assert.equal(result.error.name, "StatusListError");
    assert.equal(result.error.cause instanceof VerificationError, !reason.startsWith("not_"));
  });
}

test("a list with a member called code is a list like any other", async (t) => {
  const { serve, ask } = await setUp(t);
  serve({ claims: { code: "token_expired", refusal: {} } });
  assert.deepEqual(short(await ask(GOOD)), VALID);
});

test("leeways and issuer are those of the options", async (t) => {
  const { serve, ask } = await setUp(t, { leeway: 5, issuer: "a" });
  serve({ claims: { exp: NOW - 4, iss: "a" } });
  assert.deepEqual(short(await ask(GOOD)), VALID);
  serve({ claims: { iat: NOW + 5, nbf: NOW + 5, iss: "a" } });
  assert.deepEqual(short(await ask(REVOKED)), INVALID);
  const exact = await setUp(t, { futureLeeway: 0 });
  exact.serve({ claims: { iat: NOW + 1 } });
  assert.deepEqual(short(await exact.ask(GOOD)), [
    "unknown",
    "revocation_unknown",
    "status_list_invalid",
    { reason: "token_issued_in_future" },
  ]);
  const other = await setUp(t, { issuer: "a" });
  other.serve({ claims: { iss: "b" } });
  assert.deepEqual(short(await other.ask(GOOD)), [
    "unknown",
    "revocation_unknown",
    "status_list_invalid",
    { reason: "issuer_mismatch" },
  ]);
});

test("a list that inflates to more than 2 MiB is refused before it fills the memory", async (t) => {
  const { serve, ask } = await setUp(t);
  // Zeros compress a thousandfold: 300 MB of them are still a list of an acceptable length.
  serve({
    list: { lst: deflateSync(Buffer.alloc(300_000_000), { level: 9 }).toString("base64url") },
  });
  const before = process.memoryUsage();
  const result = await ask(GOOD);
  const after = process.memoryUsage();
  assert.deepEqual(short(result), [
    "unknown",
    "revocation_unknown",
    "status_list_too_large",
    { limit: 2_097_152 },
  ]);
  const grown = after.rss - before.rss;
  assert.ok(grown < 64 * 1024 * 1024, `${grown} bytes`);
});

test("a list of exactly 2 MiB is looked up", async (t) => {
  const { serve, ask } = await setUp(t);
  const last = 8 * 2_097_152 - 1;
  serve({ length: 2_097_152, statuses: { [last]: 1 } });
  assert.deepEqual(short(await ask(last)), INVALID);
  assert.deepEqual(short(await ask(last - 1)), VALID);
});

test("a list that the application passes is verified, not fetched and not cached", async (t) => {
  const { server, uri, lists } = await setUp(t, { allowed: [] });
  const list = `\n${statusList({ uri, statuses: { [REVOKED]: 1 } })}\n`;
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, REVOKED), { list })), INVALID);
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, GOOD), { list })), VALID);
  const forged = statusList({ uri, privateKey: otherKey.privateKey });
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, REVOKED), { list: forged })), [
    "unknown",
    "revocation_unknown",
    "status_list_invalid",
    { reason: "signature_invalid" },
  ]);
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(`${uri}2`, GOOD), { list })), [
    "unknown",
    "revocation_unknown",
    "status_list_invalid",
    { reason: "claim_invalid" },
  ]);
  assert.deepEqual(
    short(await lists.statusOf(claimsWithStatus(uri, GOOD), { list: "a".repeat(2_000_000) })),
    ["unknown", "revocation_unknown", "status_list_invalid", { reason: "token_too_large" }],
  );
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, GOOD))), [
    "unknown",
    "claim_invalid",
  ]);
  assert.equal(server.requests, 0);
});

test("a list is refused as a token, and a token as a list", async (t) => {
  const { uri, lists } = await setUp(t);
  const list = statusList({ uri, claims: { token_type: "access", user_id: 1 } });
  assert.throws(() => createVerifier(key.jwk).verify(list, { now: NOW }), {
    code: "typ_not_allowed",
  });
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, GOOD), { list: token() })), [
    "unknown",
    "revocation_unknown",
    "status_list_invalid",
    { reason: "typ_not_allowed" },
  ]);
});

test("a freed object looks nothing up, even if a list arrives later", async (t) => {
  const { lists, uri } = await setUp(t);
  const waiting = lists.statusOf(claimsWithStatus(uri, GOOD));
  lists.free();
  await assert.rejects(waiting, /freed/);
  await assert.rejects(lists.check(claimsWithStatus(uri, GOOD)), /freed/);
  lists.free();
});

test("hundreds of lists leak no memory in the module", async (t) => {
  const { uri, lists } = await setUp(t, { allowed: [] });
  const list = statusList({ uri, length: 400_000 });
  for (let round = 0; round < 300; round += 1) {
    assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, GOOD), { list })), VALID);
  }
});

// [claims of the list, options, whether the list counts]
for (const [claims, options, counts] of [
  [{}, {}, true],
  [{}, { audience: "a" }, true],
  [{ aud: "a" }, { audience: "a" }, true],
  [{ aud: ["b", "a"] }, { audience: ["c", "a"] }, true],
  [{ aud: "a" }, { anyAudience: true }, true],
  [{ aud: "a" }, {}, false],
  [{ aud: "a" }, { audience: "b" }, false],
  [{ aud: [] }, { audience: "b" }, false],
  [{ iss: "b" }, { issuer: ["a", "b"] }, true],
  [{ iss: "c" }, { issuer: ["a", "b"] }, false],
]) {
  test(`a list with ${JSON.stringify(claims)} under ${JSON.stringify(options)}`, async (t) => {
    const { ask, serve } = await setUp(t, options);
    serve({ claims });
    const reason = "iss" in claims ? "issuer_mismatch" : "audience_mismatch";
    const refused = ["unknown", "revocation_unknown", "status_list_invalid", { reason }];
    assert.deepEqual(short(await ask(GOOD)), counts ? VALID : refused);
  });
}

test("wrong arguments throw at once, before a fetch", async (t) => {
  const { server, origin, uri, lists } = await setUp(t);
  for (const [keySource, options, message] of [
    [key.jwk, {}, /allowed must be http or https addresses.*undefined/],
    [key.jwk, { allowed: "issuer.example" }, /allowed must be/],
    [key.jwk, { allowed: "ftp://issuer.example" }, /allowed must be/],
    [key.jwk, { allowed: "https://" }, /allowed must be/],
    [key.jwk, { allowed: "https://user@issuer.example" }, /allowed must be/],
    [key.jwk, { allowed: "https://issuer.example/?x" }, /allowed must be/],
    [key.jwk, { allowed: "https://issuer.example/../x" }, /allowed must be/],
    [key.jwk, { allowed: [origin, 1] }, /allowed must be.*got 1/],
    [key.jwk, { allowed: origin, timeout: -1 }, /timeout must be a number of seconds/],
    [
      key.jwk,
      { allowed: origin, maxBytes: 1_048_577 },
      /maxBytes must be a whole number from 1 to 1048576/,
    ],
    [key.jwk, { allowed: origin, fetch: 1 }, /fetch must be a function/],
    [key.jwk, { allowed: origin, leeway: 0.5 }, /leeway must be/],
    [key.jwk, { allowed: origin, futureLeeway: 3601 }, /futureLeeway must be/],
    [key.jwk, { allowed: origin, issuer: undefined }, /issuer must be/],
    [key.jwk, { allowed: origin, audience: undefined }, /audience must be/],
    [key.jwk, { allowed: origin, audience: "a", anyAudience: true }, /anyAudience must be false/],
    [key.jwk, { allowed: origin, tokenType: "a" }, /createStatusLists has no option "tokenType"/],
    [key.jwk, null, /options of createStatusLists must be an object/],
    [[], { allowed: origin }, /keys must be/],
    [undefined, { allowed: origin }, /keys must be/],
  ]) {
    assert.throws(
      () => createStatusLists(keySource, options),
      (error) => error instanceof TypeError && message.test(error.message),
      JSON.stringify(options),
    );
  }
  assert.throws(
    () => createStatusLists(keySet.replace('"RSA"', '"oct"'), { allowed: origin }),
    KeyError,
  );
  await assert.rejects(lists.statusOf(), /claims must be/);
  await assert.rejects(lists.statusOf("token"), /claims must be/);
  await assert.rejects(
    lists.check(claimsWithStatus(uri, GOOD), { list: 1 }),
    /list must be a string/,
  );
  await assert.rejects(
    lists.check(claimsWithStatus(uri, GOOD), { lists: "" }),
    /statusOf has no option "lists"/,
  );
  assert.equal(server.requests, 0);
});
