// Status lists: what they say of a token, which are believed, how long they are kept, and what is
// never fetched.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { createVerifier } from "@dojang/verifier";
import { createRemoteJwks } from "@dojang/verifier/jwks";
import { createStatusLists, KeyError, StatusListError, VerificationError } from "@dojang/verifier/status";
import { jwksServer, keys, keySet, KID, NEXT_KID, rotatedKeySet, status } from "./jwks-server.mjs";
import { claimsWithStatus, key, NOW, otherKey, statusList, token } from "./support/tokens.mjs";

const REVOKED = 5;
const GOOD = 6;

/** A server, a clock that stands still, and the lists of the one by the time of the other. */
async function setUp(t, { answer, keySource = key.jwk, ...options } = {}) {
  const server = await jwksServer();
  t.after(() => server.stop());
  const origin = new URL(server.url).origin;
  const uri = `${origin}/status/1`;
  const time = { now: NOW };
  const serve = (changes) => {
    server.answer = keys(statusList({ uri, statuses: { [REVOKED]: 1 }, ...changes }));
  };
  serve();
  if (answer !== undefined) {
    server.answer = answer;
  }
  const lists = createStatusLists(keySource, { allowed: `${origin}/status`, clock: () => time.now, ...options });
  t.after(() => lists.free());
  return { server, origin, uri, time, lists, serve, ask: (idx) => lists.statusOf(claimsWithStatus(uri, idx)) };
}

/** The status and the code, or the code of the error behind `revocation_unknown` with its details. */
const short = ({ status, code, error }) => (error === undefined ? [status, code] : [status, code, error.code, error.details]);
const VALID = ["valid", undefined];
const INVALID = ["invalid", "token_revoked"];

test("a token is valid or not as the list says, and one request asks for a list", async (t) => {
  const { server, uri, lists, ask } = await setUp(t);
  assert.equal(server.requests, 0);
  assert.deepEqual(await ask(GOOD), { status: "valid", found: { uri, idx: GOOD, value: 0, issuedAt: NOW } });
  assert.deepEqual(await ask(REVOKED), { status: "invalid", code: "token_revoked", found: { uri, idx: REVOKED, value: 1, issuedAt: NOW } });
  await lists.check(claimsWithStatus(uri, GOOD));
  await assert.rejects(lists.check(claimsWithStatus(uri, REVOKED)), (error) => error instanceof VerificationError && error.code === "token_revoked");
  assert.equal(server.requests, 1);
  assert.equal(server.last.method, "GET");
  assert.equal(server.last.url, "/status/1");
  assert.equal(server.last.headers.accept, "application/statuslist+jwt");
  assert.equal(server.last.headers.authorization, undefined);
});

test("the claims of a verified token are all that is needed", async (t) => {
  const { uri, lists } = await setUp(t);
  const { claims } = createVerifier(key.jwk).verify(token({ claims: { status: { status_list: { uri, idx: REVOKED } } } }), { now: NOW });
  await assert.rejects(lists.check(claims), { code: "token_revoked" });
});

// [bits, status, expected]
for (const [bits, value, expected] of [
  [1, 0, VALID], [1, 1, INVALID],
  [2, 0, VALID], [2, 1, INVALID], [2, 2, ["suspended", "token_revoked"]], [2, 3, INVALID],
  [4, 2, ["suspended", "token_revoked"]], [4, 15, INVALID],
  [8, 0, VALID], [8, 2, ["suspended", "token_revoked"]], [8, 255, INVALID],
]) {
  test(`status ${value} of ${bits} bits is ${expected[0]}`, async (t) => {
    const { serve, ask } = await setUp(t);
    // Between neighbours that have all bits set.
    const full = 2 ** bits - 1;
    serve({ bits, statuses: { 9: full, 10: value, 11: full } });
    const answer = await ask(10);
    assert.deepEqual([short(answer), answer.found.value], [expected, value]);
  });
}

test("the last place of a list is looked up, and the one behind it is none", async (t) => {
  const { serve, ask } = await setUp(t);
  serve({ length: 2, statuses: { 15: 1 } });
  assert.deepEqual(short(await ask(15)), INVALID);
  assert.deepEqual(short(await ask(16)), ["unknown", "claim_invalid"]);
  assert.deepEqual(short(await ask(Number.MAX_SAFE_INTEGER)), ["unknown", "claim_invalid"]);
});

test("a token that cannot be looked up is refused with the codes of the edge, and nothing is asked", async (t) => {
  const { server, uri, lists } = await setUp(t);
  const place = { uri, idx: GOOD };
  for (const [claims, code] of [
    [{}, "claim_missing"],
    [{ status: {} }, "claim_missing"],
    [{ status: null }, "claim_invalid"],
    [{ status: "valid" }, "claim_invalid"],
    [{ status: [] }, "claim_invalid"],
    [{ status: { status_list: null } }, "claim_invalid"],
    [{ status: { status_list: {} } }, "claim_invalid"],
    [{ status: { status_list: { ...place, idx: "6" } } }, "claim_invalid"],
    [{ status: { status_list: { ...place, idx: -1 } } }, "claim_invalid"],
    [{ status: { status_list: { ...place, idx: 1.5 } } }, "claim_invalid"],
    [{ status: { status_list: { ...place, idx: 2 ** 53 } } }, "claim_invalid"],
    [{ status: { status_list: { ...place, uri: 1 } } }, "claim_invalid"],
  ]) {
    assert.deepEqual(await lists.statusOf(claims), { status: "unknown", code }, JSON.stringify(claims));
    await assert.rejects(lists.check(claims), (error) => {
      assert.deepEqual([error instanceof VerificationError, error.code, error.details], [true, code, { claim: "status" }]);
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
    assert.deepEqual([asked, code], expected ? [[address], "revocation_unknown"] : [[], "claim_invalid"], `${allowed} ${address}`);
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
  [{ list: { lst: deflateSync(Buffer.alloc(4096, 7)).subarray(0, -6).toString("base64url") } }, "not_zlib"],
];
for (const [changes, reason] of refusals) {
  test(`a list with ${JSON.stringify(changes)} is not believed: ${reason}`, async (t) => {
    const { serve, ask } = await setUp(t);
    serve({ ...changes, ...(changes.claims && { claims: changes.claims }) });
    const answer = await ask(GOOD);
    assert.deepEqual(short(answer), ["unknown", "revocation_unknown", "status_list_invalid", { reason }]);
    assert.ok(answer.error instanceof StatusListError && answer.error instanceof Error);
    assert.equal(answer.error.name, "StatusListError");
    assert.equal(answer.error.cause instanceof VerificationError, !reason.startsWith("not_"));
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
  assert.deepEqual(short(await exact.ask(GOOD)), ["unknown", "revocation_unknown", "status_list_invalid", { reason: "token_issued_in_future" }]);
  const other = await setUp(t, { issuer: "a" });
  other.serve({ claims: { iss: "b" } });
  assert.deepEqual(short(await other.ask(GOOD)), ["unknown", "revocation_unknown", "status_list_invalid", { reason: "issuer_mismatch" }]);
});

// [claims of the list, options, seconds for which it is good]
for (const [claims, options, seconds] of [
  [{}, {}, 60],
  [{ ttl: undefined }, {}, 60],
  [{ ttl: undefined }, { defaultAge: 30 }, 30],
  [{ ttl: 100_000, exp: undefined }, {}, 3600],
  [{ ttl: 100 }, { maxAge: 50 }, 50],
  [{ exp: NOW + 20 }, {}, 20],
]) {
  test(`${JSON.stringify([claims, options])} keeps a list for ${seconds} s`, async (t) => {
    const { server, time, serve, ask } = await setUp(t, options);
    serve({ claims });
    assert.deepEqual(short(await ask(GOOD)), VALID);
    time.now = NOW + seconds - 1;
    assert.deepEqual(short(await ask(GOOD)), VALID);
    assert.equal(server.requests, 1);
    time.now = NOW + seconds;
    serve({ claims: { iat: time.now, exp: time.now + 60 }, statuses: { [GOOD]: 1 } });
    assert.deepEqual(short(await ask(GOOD)), INVALID);
    assert.equal(server.requests, 2);
  });
}

test("100 tokens at a time cause one fetch of each list", async (t) => {
  const { server, origin, uri, time, lists } = await setUp(t);
  server.answer = (request, response) => keys(statusList({ uri: `${origin}${request.url}`, statuses: { [REVOKED]: 1 } }))(request, response);
  const other = `${origin}/status/2`;
  const together = () => Promise.all(Array.from({ length: 100 }, (_, place) => lists.statusOf(claimsWithStatus(place % 2 ? uri : other, GOOD))));
  assert.ok((await together()).every(({ status }) => status === "valid"));
  assert.equal(server.requests, 2);
  time.now += 60;
  await together();
  assert.equal(server.requests, 4);
});

test("eight lists are kept, and the one that was not used for the longest time makes room", async (t) => {
  const { server, origin, lists } = await setUp(t);
  server.answer = (request, response) => keys(statusList({ uri: `${origin}${request.url}` }))(request, response);
  const ask = (list) => lists.statusOf(claimsWithStatus(`${origin}/status/${list}`, 1));
  for (let list = 1; list <= 8; list += 1) {
    await ask(list);
  }
  await ask(1);
  assert.equal(server.requests, 8);
  await ask(9);
  await ask(1);
  assert.equal(server.requests, 9);
  await ask(2);
  assert.equal(server.requests, 10);
});

test("an old list says nothing good, and what it refused stays refused, while no other can be had", async (t) => {
  const { server, time, ask } = await setUp(t);
  await ask(GOOD);
  server.answer = status(503);
  time.now += 60;
  const down = ["unknown", "revocation_unknown", "status_list_status_unexpected", { status: 503 }];
  assert.deepEqual(short(await ask(GOOD)), down);
  assert.deepEqual(short(await ask(REVOKED)), INVALID);
  assert.equal(server.requests, 2);
});

test("a failure is remembered for a moment", async (t) => {
  const { server, time, serve, ask } = await setUp(t, { answer: status(500) });
  const down = ["unknown", "revocation_unknown", "status_list_status_unexpected", { status: 500 }];
  assert.deepEqual(short(await ask(GOOD)), down);
  serve();
  time.now += 4;
  assert.deepEqual(short(await ask(GOOD)), down);
  assert.equal(server.requests, 1);
  time.now += 1;
  assert.deepEqual(short(await ask(GOOD)), VALID);
  assert.equal(server.requests, 2);
});

test("an error of check has its cause", async (t) => {
  const { uri, lists } = await setUp(t, { answer: status(500) });
  await assert.rejects(lists.check(claimsWithStatus(uri, GOOD)), (error) => {
    assert.deepEqual([error.name, error.code, error.cause.code], ["VerificationError", "revocation_unknown", "status_list_status_unexpected"]);
    return true;
  });
});

test("a redirection is not followed", async (t) => {
  const other = await jwksServer();
  t.after(() => other.stop());
  for (const code of [301, 302, 307]) {
    const { ask } = await setUp(t, { answer: status(code, { location: other.url }) });
    assert.deepEqual(short(await ask(GOOD)), ["unknown", "revocation_unknown", "status_list_redirected", {}]);
  }
  assert.equal(other.requests, 0);
});

test("a server that is not there, does not answer or breaks off is told apart", async (t) => {
  const gone = await setUp(t);
  await gone.server.stop();
  assert.deepEqual(short(await gone.ask(GOOD)), ["unknown", "revocation_unknown", "status_list_unreachable", {}]);
  const silent = await setUp(t, { answer: () => {}, timeout: 0.3 });
  assert.deepEqual(short(await silent.ask(GOOD)), ["unknown", "revocation_unknown", "status_list_timeout", { seconds: 0.3 }]);
  const broken = await setUp(t, {
    answer(_, response) {
      response.writeHead(200, { "content-length": 10_000 });
      response.write("eyJ", () => response.destroy());
    },
  });
  assert.deepEqual(short(await broken.ask(GOOD)), ["unknown", "revocation_unknown", "status_list_unreachable", {}]);
});

test("an answer is read up to the limit and no further", async (t) => {
  const { server, ask } = await setUp(t);
  let closed;
  server.answer = (_, response) => {
    closed = new Promise((resolve) => response.once("close", resolve));
    const more = () => {
      while (!response.destroyed && response.write("a".repeat(65_536)));
    };
    response.on("drain", more).on("error", () => {});
    more();
  };
  assert.deepEqual(short(await ask(GOOD)), ["unknown", "revocation_unknown", "status_list_too_large", { limit: 1_048_576 }]);
  await closed;
});

test("a list that inflates to more than 2 MiB is given up before it has filled the memory", async (t) => {
  const { serve, ask } = await setUp(t);
  // Zeros compress a thousandfold: 300 MB of them are still a list of an acceptable length.
  serve({ list: { lst: deflateSync(Buffer.alloc(300_000_000), { level: 9 }).toString("base64url") } });
  const before = process.memoryUsage();
  const answer = await ask(GOOD);
  const after = process.memoryUsage();
  assert.deepEqual(short(answer), ["unknown", "revocation_unknown", "status_list_too_large", { limit: 2_097_152 }]);
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

test("a list that the application has is verified like any other, and neither fetched nor kept", async (t) => {
  const { server, uri, lists } = await setUp(t, { allowed: [] });
  const list = `\n${statusList({ uri, statuses: { [REVOKED]: 1 } })}\n`;
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, REVOKED), { list })), INVALID);
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, GOOD), { list })), VALID);
  const forged = statusList({ uri, privateKey: otherKey.privateKey });
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, REVOKED), { list: forged })), [
    "unknown", "revocation_unknown", "status_list_invalid", { reason: "signature_invalid" },
  ]);
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(`${uri}2`, GOOD), { list })), [
    "unknown", "revocation_unknown", "status_list_invalid", { reason: "claim_invalid" },
  ]);
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, GOOD), { list: "a".repeat(2_000_000) })), [
    "unknown", "revocation_unknown", "status_list_invalid", { reason: "token_too_large" },
  ]);
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, GOOD))), ["unknown", "claim_invalid"]);
  assert.equal(server.requests, 0);
});

test("a list is no token, and a token no list", async (t) => {
  const { uri, lists } = await setUp(t);
  const list = statusList({ uri, claims: { token_type: "access", user_id: 1 } });
  assert.throws(() => createVerifier(key.jwk).verify(list, { now: NOW }), { code: "typ_not_allowed" });
  assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, GOOD), { list: token() })), [
    "unknown", "revocation_unknown", "status_list_invalid", { reason: "typ_not_allowed" },
  ]);
});

test("keys that come from an address are those of the lists too, and fetched again for a list with a new one", async (t) => {
  const issuer = await jwksServer();
  t.after(() => issuer.stop());
  const time = { now: NOW };
  const jwks = createRemoteJwks(issuer.url, { clock: () => time.now });
  t.after(() => jwks.free());
  const { serve, ask, time: listTime } = await setUp(t, { keySource: jwks });
  serve({ header: { kid: KID } });
  assert.deepEqual(short(await ask(GOOD)), VALID);
  assert.equal(issuer.requests, 1);
  issuer.answer = keys(rotatedKeySet);
  serve({ header: { kid: NEXT_KID }, privateKey: otherKey.privateKey, claims: { iat: NOW + 60 } });
  listTime.now = time.now = NOW + 60;
  assert.deepEqual(short(await ask(GOOD)), VALID);
  assert.equal(issuer.requests, 2);
  // Nobody is asked all the time for the sake of a kid that is not there.
  serve({ header: { kid: "?" }, claims: { iat: NOW + 120 } });
  listTime.now = NOW + 120;
  time.now = NOW + 61;
  const missing = ["unknown", "revocation_unknown", "status_list_invalid", { reason: "key_not_found" }];
  assert.deepEqual(short(await ask(GOOD)), missing);
  assert.equal(issuer.requests, 2);
});

test("keys that cannot be had are told as such, with the cause", async (t) => {
  const issuer = await jwksServer(status(500));
  t.after(() => issuer.stop());
  const jwks = createRemoteJwks(issuer.url, { clock: () => NOW });
  t.after(() => jwks.free());
  const { ask } = await setUp(t, { keySource: jwks });
  const answer = await ask(GOOD);
  assert.deepEqual(short(answer), ["unknown", "revocation_unknown", "status_list_keys_missing", {}]);
  assert.equal(answer.error.cause.code, "jwks_status_unexpected");
});

test("what is freed looks nothing up, not even when a list arrives later", async (t) => {
  const { lists, uri } = await setUp(t);
  const waiting = lists.statusOf(claimsWithStatus(uri, GOOD));
  lists.free();
  await assert.rejects(waiting, /freed/);
  await assert.rejects(lists.check(claimsWithStatus(uri, GOOD)), /freed/);
  lists.free();
});

test("hundreds of lists leave no memory behind in the module", async (t) => {
  const { uri, lists } = await setUp(t, { allowed: [] });
  const list = statusList({ uri, length: 400_000 });
  for (let round = 0; round < 300; round += 1) {
    assert.deepEqual(short(await lists.statusOf(claimsWithStatus(uri, GOOD), { list })), VALID);
  }
});

test("wrong arguments are told at once, before anything is fetched", async (t) => {
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
    [key.jwk, { allowed: origin, maxBytes: 1_048_577 }, /maxBytes must be a whole number from 1 to 1048576/],
    [key.jwk, { allowed: origin, fetch: 1 }, /fetch must be a function/],
    [key.jwk, { allowed: origin, leeway: 0.5 }, /leeway must be/],
    [key.jwk, { allowed: origin, futureLeeway: 3601 }, /futureLeeway must be/],
    [key.jwk, { allowed: origin, issuer: undefined }, /issuer must be/],
    [key.jwk, { allowed: origin, audience: "a" }, /createStatusLists has no option "audience"/],
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
  assert.throws(() => createStatusLists(keySet.replace('"RSA"', '"oct"'), { allowed: origin }), KeyError);
  await assert.rejects(lists.statusOf(), /claims must be/);
  await assert.rejects(lists.statusOf("token"), /claims must be/);
  await assert.rejects(lists.check(claimsWithStatus(uri, GOOD), { list: 1 }), /list must be a string/);
  await assert.rejects(lists.check(claimsWithStatus(uri, GOOD), { lists: "" }), /statusOf has no option "lists"/);
  assert.equal(server.requests, 0);
});
