// When status lists and their keys are fetched, and how long they are cached.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createRemoteJwks } from "@dojang/verifier/jwks";
import { VerificationError } from "@dojang/verifier/status";
import { jwksServer, keys, KID, NEXT_KID, rotatedKeySet, status } from "./jwks-server.mjs";
import { GOOD, INVALID, REVOKED, setUp, short, VALID } from "./status-setup.mjs";
import { claimsWithStatus, NOW, otherKey, statusList } from "./support/tokens.mjs";

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
  server.respond = (request, response) =>
    keys(statusList({ uri: `${origin}${request.url}`, statuses: { [REVOKED]: 1 } }))(
      request,
      response,
    );
  const other = `${origin}/status/2`;
  const together = () =>
    Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        lists.statusOf(claimsWithStatus(index % 2 ? uri : other, GOOD)),
      ),
    );
  assert.ok((await together()).every(({ status }) => status === "valid"));
  assert.equal(server.requests, 2);
  time.now += 60;
  await together();
  assert.equal(server.requests, 4);
});

test("eight lists are cached, and the least recently used one is evicted", async (t) => {
  const { server, origin, lists } = await setUp(t);
  server.respond = (request, response) =>
    keys(statusList({ uri: `${origin}${request.url}` }))(request, response);
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

test("while fetching fails, a stale list accepts nothing and still revokes", async (t) => {
  const { server, time, ask } = await setUp(t);
  await ask(GOOD);
  server.respond = status(503);
  time.now += 60;
  const down = ["unknown", "revocation_unknown", "status_list_status_unexpected", { status: 503 }];
  assert.deepEqual(short(await ask(GOOD)), down);
  assert.deepEqual(short(await ask(REVOKED)), INVALID);
  assert.equal(server.requests, 2);
});

test("a failure is cached for a moment", async (t) => {
  const { server, time, serve, ask } = await setUp(t, { respond: status(500) });
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
  const { uri, lists } = await setUp(t, { respond: status(500) });
  await assert.rejects(lists.check(claimsWithStatus(uri, GOOD)), (error) => {
    assert.deepEqual(
      [error.name, error.code, error.cause.code],
      ["VerificationError", "revocation_unknown", "status_list_status_unexpected"],
    );
    return true;
  });
});

test("a redirection is not followed", async (t) => {
  const other = await jwksServer();
  t.after(() => other.stop());
  for (const code of [301, 302, 307]) {
    const { ask } = await setUp(t, { respond: status(code, { location: other.url }) });
    assert.deepEqual(short(await ask(GOOD)), [
      "unknown",
      "revocation_unknown",
      "status_list_redirected",
      {},
    ]);
  }
  assert.equal(other.requests, 0);
});

test("an unreachable, a silent and a broken server have different codes", async (t) => {
  const gone = await setUp(t);
  await gone.server.stop();
  assert.deepEqual(short(await gone.ask(GOOD)), [
    "unknown",
    "revocation_unknown",
    "status_list_unreachable",
    {},
  ]);
  const silent = await setUp(t, { respond: () => {}, timeout: 0.3 });
  assert.deepEqual(short(await silent.ask(GOOD)), [
    "unknown",
    "revocation_unknown",
    "status_list_timeout",
    { seconds: 0.3 },
  ]);
  const broken = await setUp(t, {
    respond(_, response) {
      response.writeHead(200, { "content-length": 10_000 });
      response.write("eyJ", () => response.destroy());
    },
  });
  assert.deepEqual(short(await broken.ask(GOOD)), [
    "unknown",
    "revocation_unknown",
    "status_list_unreachable",
    {},
  ]);
});

test("a response is read up to the limit", async (t) => {
  const { server, ask } = await setUp(t);
  let closed;
  server.respond = (_, response) => {
    closed = new Promise((resolve) => response.once("close", resolve));
    const more = () => {
      while (!response.destroyed && response.write("a".repeat(65_536)));
    };
    response.on("drain", more).on("error", () => {});
    more();
  };
  assert.deepEqual(short(await ask(GOOD)), [
    "unknown",
    "revocation_unknown",
    "status_list_too_large",
    { limit: 1_048_576 },
  ]);
  await closed;
});

test("remote keys verify lists, and are refetched for an unknown kid", async (t) => {
  const issuer = await jwksServer();
  t.after(() => issuer.stop());
  const time = { now: NOW };
  const jwks = createRemoteJwks(issuer.url, { clock: () => time.now });
  t.after(() => jwks.free());
  const { serve, ask, time: listTime } = await setUp(t, { keySource: jwks });
  serve({ header: { kid: KID } });
  assert.deepEqual(short(await ask(GOOD)), VALID);
  assert.equal(issuer.requests, 1);
  issuer.respond = keys(rotatedKeySet);
  serve({ header: { kid: NEXT_KID }, privateKey: otherKey.privateKey, claims: { iat: NOW + 60 } });
  listTime.now = time.now = NOW + 60;
  assert.deepEqual(short(await ask(GOOD)), VALID);
  assert.equal(issuer.requests, 2);
  // A kid that stays unknown does not cause a fetch each time.
  serve({ header: { kid: "?" }, claims: { iat: NOW + 120 } });
  listTime.now = NOW + 120;
  time.now = NOW + 61;
  const missing = [
    "unknown",
    "revocation_unknown",
    "status_list_invalid",
    { reason: "key_not_found" },
  ];
  assert.deepEqual(short(await ask(GOOD)), missing);
  assert.equal(issuer.requests, 2);
});

test("missing keys have a code, with the cause", async (t) => {
  const issuer = await jwksServer(status(500));
  t.after(() => issuer.stop());
  const jwks = createRemoteJwks(issuer.url, { clock: () => NOW });
  t.after(() => jwks.free());
  const { ask } = await setUp(t, { keySource: jwks });
  const result = await ask(GOOD);
  assert.deepEqual(short(result), [
    "unknown",
    "revocation_unknown",
    "status_list_keys_missing",
    {},
  ]);
  assert.equal(result.error.cause.code, "jwks_status_unexpected");
});
