// Remote keys: caching, refetching, and failures.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createVerifier, KeyError, VerificationError } from "@dojang/verifier";
import { createRemoteJwks, JwksError } from "@dojang/verifier/jwks";
import { jwksServer, keys, keySet, KID, NEXT_KID, rotatedKeySet, status } from "./jwks-server.mjs";
import { accessClaims, bare, key, NOW, otherKey, token } from "./support/tokens.mjs";

const current = token({ header: { kid: KID } });
const rotated = token({ header: { kid: NEXT_KID }, privateKey: otherKey.privateKey });

/** Creates a server, a fixed clock, and remote keys that use both. */
async function setUp(t, { respond = keys(keySet), ...options } = {}) {
  const server = await jwksServer(respond);
  const time = { now: NOW };
  const jwks = createRemoteJwks(server.url, { clock: () => time.now, ...options });
  t.after(async () => {
    jwks.free();
    await server.stop();
  });
  return { server, time, jwks };
}

const accepts = async (jwks, text = current) =>
  assert.deepEqual((await jwks.verify(text)).claims, bare(accessClaims));

const refuses = (jwks, text, code) =>
  assert.rejects(
    jwks.verify(text),
    (error) => error instanceof VerificationError && error.code === code,
  );

const fails = (promise, code, details = {}) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof JwksError && error instanceof Error, `${error}`);
    assert.deepEqual([error.name, error.code, error.details], ["JwksError", code, details]);
    return true;
  });

test("nothing is fetched before the first token, and one request asks for a key set", async (t) => {
  const { server, jwks } = await setUp(t);
  assert.equal(server.requests, 0);
  await accepts(jwks);
  await accepts(jwks);
  assert.equal(server.requests, 1);
  assert.equal(server.last.method, "GET");
  assert.equal(server.last.headers.accept, "application/jwk-set+json, application/json");
});

test("the policy applies, and the default now is the clock's", async (t) => {
  const { jwks } = await setUp(t, { issuer: "a" });
  await refuses(jwks, current, "issuer_mismatch");
  const ours = token({ header: { kid: KID }, claims: { iss: "a" } });
  assert.equal((await jwks.verify(ours)).claims.iss, "a");
  assert.equal((await jwks.verify(ours, { now: undefined })).claims.iss, "a");
  await assert.rejects(jwks.verify(ours, { now: NOW + 7200 }), { code: "token_expired" });
  await assert.rejects(jwks.verify(ours, { new: NOW }), /no option "new"/);
  await assert.rejects(jwks.verify(1), /token must be a string/);
});

test("a check counts wherever its option stands", async (t) => {
  const { server } = await setUp(t);
  class Settings {
    clock = () => NOW;
    get issuer() {
      return "a";
    }
  }
  for (const options of [Object.create({ clock: () => NOW, issuer: "a" }), new Settings()]) {
    await refuses(createRemoteJwks(server.url, options), current, "issuer_mismatch");
  }
  assert.throws(
    () => createRemoteJwks(server.url, Object.create({ isuer: "a" })),
    /no option "isuer"/,
  );
  const smuggled = JSON.parse('{ "__proto__": { "leeway": 3600 } }');
  assert.throws(() => createRemoteJwks(server.url, smuggled), /no option "__proto__"/);
  await assert.rejects(
    createRemoteJwks(server.url, { clock: () => NOW }).verify(current, Object.create({ nwo: 1 })),
    /no option "nwo"/,
  );
});

test("a runtime without a global Request fetches keys", async (t) => {
  const { server, jwks } = await setUp(t);
  const { Request } = globalThis;
  delete globalThis.Request;
  try {
    await accepts(jwks);
  } finally {
    globalThis.Request = Request;
  }
  assert.equal(server.requests, 1);
});

test("a set whose keys have null for private members is a set of public keys", async (t) => {
  const nulls = JSON.stringify({
    keys: [{ ...key.jwk, kid: KID, d: null, p: null, use: null, alg: null }],
  });
  const { jwks } = await setUp(t, { respond: keys(nulls) });
  await accepts(jwks);
  const none = await setUp(t, { respond: keys(JSON.stringify({ ...key.jwk, keys: null })) });
  await fails(none.jwks.verify(token()), "jwks_invalid", { reason: "not_a_set" });
});

test("a URL object is accepted", async (t) => {
  const { server } = await setUp(t);
  const jwks = createRemoteJwks(new URL(server.url), { clock: () => NOW });
  await accepts(jwks);
  assert.equal(server.requests, 1);
});

test("the default clock is that of the machine", async (t) => {
  const { jwks } = await setUp(t, { clock: undefined });
  const fresh = token({
    header: { kid: KID },
    claims: { iat: 0, exp: Math.floor(Date.now() / 1000) + 3600 },
  });
  assert.equal((await jwks.verify(fresh)).claims.iat, 0);
  const old = token({
    header: { kid: KID },
    claims: { iat: 0, exp: Math.floor(Date.now() / 1000) - 3600 },
  });
  await refuses(jwks, old, "token_expired");
});

// [headers, options, seconds for which the keys are good]
const lifetimes = [
  [{ "cache-control": "max-age=100" }, {}, 100],
  [{ "cache-control": "public, MAX-AGE=100, must-revalidate" }, {}, 100],
  [{ "cache-control": 'max-age="100"' }, {}, 100],
  [{ "cache-control": "max-age=200,max-age=100" }, {}, 100],
  [{ "cache-control": "max-age=100", age: "40" }, {}, 60],
  [{ "cache-control": "max-age=100", age: "soon" }, {}, 100],
  [{ "cache-control": "max-age=100", age: "1000" }, {}, 10],
  [{}, {}, 300],
  [{ "cache-control": "public" }, {}, 300],
  [{ "cache-control": "s-maxage=100" }, {}, 300],
  [{ "cache-control": "max-age=-1" }, {}, 300],
  [{ "cache-control": "max-age=1e3" }, {}, 300],
  [{}, { defaultAge: 50 }, 50],
  [{}, { defaultAge: 5 }, 5],
  [{}, { defaultAge: 5400 }, 5400],
  [{ "cache-control": "max-age=0" }, {}, 10],
  [{ "cache-control": "no-store, max-age=100" }, {}, 10],
  [{ "cache-control": "no-cache" }, {}, 10],
  [{ "cache-control": "max-age=5" }, { minAge: 2 }, 5],
  [{ "cache-control": "max-age=99999999999999999999" }, {}, 3600],
  [{ "cache-control": "max-age=500" }, { maxAge: 400 }, 400],
];
for (const [headers, options, seconds] of lifetimes) {
  test(`${JSON.stringify([headers, options])} keeps keys for ${seconds} s`, async (t) => {
    const { server, time, jwks } = await setUp(t, { respond: keys(keySet, headers), ...options });
    await accepts(jwks);
    time.now = NOW + seconds - 1;
    await accepts(jwks);
    assert.equal(server.requests, 1);
    time.now = NOW + seconds;
    await accepts(jwks);
    assert.equal(server.requests, 2);
  });
}

test("setting the clock back far makes keys stale, a small correction does not", async (t) => {
  const { server, time, jwks } = await setUp(t);
  await jwks.reload();
  const unhurried = { now: NOW };
  time.now = NOW - 1;
  await jwks.verify(current, unhurried);
  assert.equal(server.requests, 1);
  time.now = NOW - 3600;
  await jwks.verify(current, unhurried);
  assert.equal(server.requests, 2);
});

test("100 tokens at a time cause one fetch", async (t) => {
  const { server, time, jwks } = await setUp(t);
  const together = () => Promise.all(Array.from({ length: 100 }, () => accepts(jwks)));
  await together();
  assert.equal(server.requests, 1);
  time.now += 100;
  await together();
  assert.equal(server.requests, 2);
});

test("keys that were removed from the set verify nothing", async (t) => {
  const { server, time, jwks } = await setUp(t);
  await accepts(jwks);
  server.respond = keys(rotatedKeySet);
  time.now += 100;
  await accepts(jwks, rotated);
  await refuses(jwks, current, "key_not_found");
});

test("an unknown kid causes one fetch, and no other during the cooldown", async (t) => {
  const { server, time, jwks } = await setUp(t, { cooldown: 20 });
  await accepts(jwks);
  await refuses(jwks, rotated, "key_not_found");
  assert.equal(server.requests, 2);
  server.respond = keys(rotatedKeySet);
  time.now += 19;
  await refuses(jwks, rotated, "key_not_found");
  assert.equal(server.requests, 2);
  time.now += 1;
  await accepts(jwks, rotated);
  assert.equal(server.requests, 3);
});

test("100 tokens with a new kid at a time cause one fetch and are all accepted", async (t) => {
  const { server, jwks } = await setUp(t);
  await accepts(jwks);
  server.respond = keys(rotatedKeySet);
  await Promise.all(Array.from({ length: 100 }, () => accepts(jwks, rotated)));
  assert.equal(server.requests, 2);
});

test("a token that is refused for another reason causes no fetch", async (t) => {
  const { server, jwks } = await setUp(t);
  await accepts(jwks);
  await refuses(jwks, "a.b.c", "base64_invalid");
  await refuses(
    jwks,
    token({ header: { kid: KID }, privateKey: otherKey.privateKey }),
    "signature_invalid",
  );
  await refuses(jwks, token({ header: { kid: KID }, claims: { exp: NOW } }), "token_expired");
  assert.equal(server.requests, 1);
});

test("an unknown kid is refused when refetching fails; cached keys stay in use", async (t) => {
  const { server, jwks } = await setUp(t);
  await accepts(jwks);
  server.respond = status(500);
  await refuses(jwks, rotated, "key_not_found");
  assert.equal(server.requests, 2);
  await accepts(jwks);
});

test("after a failure, an unknown kid waits for the next attempt, too", async (t) => {
  const { server, time, jwks } = await setUp(t, { cooldown: 0 });
  await accepts(jwks);
  server.respond = status(503);
  time.now = NOW + 100;
  await accepts(jwks);
  server.respond = keys(rotatedKeySet);
  time.now += 4;
  await refuses(jwks, rotated, "key_not_found");
  assert.equal(server.requests, 2);
  time.now += 1;
  await accepts(jwks, rotated);
  assert.equal(server.requests, 3);
});

test("stale keys are used for a limited time while fetching fails", async (t) => {
  const { server, time, jwks } = await setUp(t, { staleIfError: 60 });
  await accepts(jwks);
  server.respond = status(503);
  time.now = NOW + 100;
  await accepts(jwks);
  assert.equal(server.requests, 2);
  time.now = NOW + 159;
  await accepts(jwks);
  time.now = NOW + 161;
  await fails(jwks.verify(current), "jwks_status_unexpected", { status: 503 });
});

test("after a failure, stale keys are used without waiting for the server", async (t) => {
  const { server, time, jwks } = await setUp(t, { timeout: 60 });
  await accepts(jwks);
  server.respond = status(503);
  time.now = NOW + 100;
  await accepts(jwks);
  let finish;
  const asked = new Promise((resolve) => {
    server.respond = (request, response) => {
      finish = () => keys(rotatedKeySet)(request, response);
      resolve();
    };
  });
  time.now = NOW + 106;
  await accepts(jwks); // although the server has not responded
  await asked;
  finish();
  await jwks.reload(); // joins the fetch under way
  assert.equal(server.requests, 3);
  await accepts(jwks, rotated);
});

test("a failure is cached for a moment", async (t) => {
  const { server, time, jwks } = await setUp(t, { respond: status(500) });
  await fails(jwks.verify(current), "jwks_status_unexpected", { status: 500 });
  server.respond = keys(keySet);
  time.now += 4;
  await fails(jwks.verify(current), "jwks_status_unexpected", { status: 500 });
  assert.equal(server.requests, 1);
  time.now += 1;
  await accepts(jwks);
  assert.equal(server.requests, 2);
});

test("reload fetches at once, and throws when it fails", async (t) => {
  const { server, jwks } = await setUp(t);
  await jwks.reload();
  server.respond = status(404);
  await fails(jwks.reload(), "jwks_status_unexpected", { status: 404 });
  await accepts(jwks);
  server.respond = keys(rotatedKeySet);
  await jwks.reload();
  await accepts(jwks, rotated);
  assert.equal(server.requests, 3);
});

for (const code of [301, 302, 303, 307, 308]) {
  test(`a redirection with ${code} is not followed`, async (t) => {
    const other = await jwksServer();
    t.after(() => other.stop());
    const { jwks } = await setUp(t, { respond: status(code, { location: other.url }) });
    await fails(jwks.verify(current), "jwks_redirected");
    assert.equal(other.requests, 0);
  });
}

for (const code of [201, 204, 206, 304, 401, 404, 429, 500]) {
  test(`a response with ${code} is no key set`, async (t) => {
    const { jwks } = await setUp(t, { respond: status(code) });
    await fails(jwks.verify(current), "jwks_status_unexpected", { status: code });
  });
}

test("a server that is not there is unreachable, with a cause", async () => {
  const server = await jwksServer();
  await server.stop();
  const jwks = createRemoteJwks(server.url, { clock: () => NOW });
  await fails(jwks.verify(current), "jwks_unreachable");
  await assert.rejects(jwks.reload(), (error) => error.cause instanceof TypeError);
});

test("a connection that breaks in the middle is no key set", async (t) => {
  const { jwks } = await setUp(t, {
    respond(_, response) {
      response.writeHead(200, { "content-length": 10_000 });
      response.write(keySet, () => response.destroy());
    },
  });
  await fails(jwks.verify(current), "jwks_unreachable");
});

test("a silent and an endless server time out", async (t) => {
  const silent = () => {};
  const endless = (_, response) => response.writeHead(200).write(" ");
  for (const respond of [silent, endless]) {
    const { server, jwks } = await setUp(t, { timeout: 0.5 });
    const gone = new Promise((resolve) => {
      server.respond = (request, response) => {
        response.once("close", resolve);
        respond(request, response);
      };
    });
    await fails(jwks.verify(current), "jwks_timeout", { seconds: 0.5 });
    // The connection is closed, if one was opened before the timeout.
    if (server.requests > 0) {
      await gone;
    }
  }
});

test("a fetch that ignores its signal times out, and does not block the next", async (t) => {
  const { time, jwks } = await setUp(t, { timeout: 0.2, fetch: () => new Promise(() => {}) });
  await fails(jwks.verify(current), "jwks_timeout", { seconds: 0.2 });
  time.now += 5;
  await fails(jwks.verify(current), "jwks_timeout", { seconds: 0.2 });
});

test("a response is read up to the limit", async (t) => {
  const bytes = Buffer.byteLength(keySet);
  const exact = await setUp(t, { maxBytes: bytes });
  await accepts(exact.jwks);
  const short = await setUp(t, { maxBytes: bytes - 1 });
  await fails(short.jwks.verify(current), "jwks_too_large", { limit: bytes - 1 });
});

test("an endless response is cut off at the limit", async (t) => {
  const { server, jwks } = await setUp(t);
  let written = 0;
  let closed;
  server.respond = (_, response) => {
    closed = new Promise((resolve) => response.once("close", resolve));
    const more = () => {
      while (!response.destroyed && response.write(" ".repeat(65_536))) {
        written += 65_536;
      }
    };
    response.on("drain", more).on("error", () => {});
    more();
  };
  await fails(jwks.verify(current), "jwks_too_large", { limit: 131_072 });
  await closed;
  assert.ok(written < 64 * 1024 * 1024, `${written} bytes`);
});

// [text, reason]
const unusable = [
  ["", "not_a_set"],
  [key.pem, "not_a_set"],
  [JSON.stringify(key.jwk), "not_a_set"],
  ["[]", "not_a_set"],
  ["<html></html>", "not_a_set"],
  ["{", "key_json_invalid"],
  [`${keySet}x`, "key_json_invalid"],
  [`\ufeff${keySet}`, "not_a_set"],
  ['{"keys":[],"keys":[]}', "key_json_invalid"],
  ['{"keys":[]}', "key_set_empty"],
  ['{"keys":{}}', "key_json_invalid"],
  [JSON.stringify({ keys: [{ ...key.privateJwk, kid: KID }] }), "key_private"],
  [JSON.stringify({ keys: [{ kty: "oct", k: "c2VjcmV0" }] }), "key_symmetric"],
  [Buffer.from([0x7b, 0xff, 0x7d]), "not_utf8"],
];
for (const [text, reason] of unusable) {
  test(`${JSON.stringify(String(text).slice(0, 30))} is refused as ${reason}`, async (t) => {
    const { jwks } = await setUp(t, { respond: keys(text) });
    await fails(jwks.verify(current), "jwks_invalid", { reason });
    await assert.rejects(
      jwks.reload(),
      (error) => error.cause instanceof KeyError === reason.startsWith("key_"),
    );
  });
}

test("unusable keys do not replace usable ones", async (t) => {
  const { server, time, jwks } = await setUp(t);
  await accepts(jwks);
  server.respond = keys('{"keys":[]}');
  time.now += 100;
  await accepts(jwks);
  assert.equal(server.requests, 2);
});

test("a freed object verifies nothing, even if its keys arrive later", async (t) => {
  const { server, jwks } = await setUp(t);
  const waiting = jwks.verify(current);
  jwks.free();
  await assert.rejects(waiting, /freed/);
  await assert.rejects(jwks.verify(current), /freed/);
  await assert.rejects(jwks.reload(), /freed/);
  jwks.free();
  assert.equal(server.requests, 1);
});

test("wrong arguments throw at once, before a fetch", async (t) => {
  const { server } = await setUp(t);
  for (const [url, options, message] of [
    ["", {}, /url must be an http or https address/],
    ["jwks.json", {}, /url must be/],
    ["file:///jwks.json", {}, /url must be/],
    ["https://user@login.example/", {}, /without a password/],
    ["https://:secret@login.example/", {}, /url must be/],
    [undefined, {}, /url must be.*undefined/],
    [null, {}, /url must be.*null/],
    [server.url, { timeout: -1 }, /timeout must be a number of seconds from 0/],
    [server.url, { timeout: "5" }, /timeout must be/],
    [server.url, { cooldown: NaN }, /cooldown must be/],
    [server.url, { staleIfError: Infinity }, /staleIfError must be/],
    [server.url, { maxBytes: 1.5 }, /maxBytes must be a whole number from 1 to 131072/],
    [server.url, { maxBytes: 131_073 }, /maxBytes must be/],
    [server.url, { minAge: 100, maxAge: 99 }, /minAge must be at most maxAge, 99; got 100/],
    [server.url, { fetch: "fetch" }, /fetch must be a function/],
    [server.url, { clock: NOW }, /clock must be a function/],
    [server.url, { issuer: undefined }, /issuer must be/],
    [server.url, { isuer: "a" }, /no option "isuer"/],
    [server.url, null, /options/],
  ]) {
    assert.throws(
      () => createRemoteJwks(url, options),
      (error) => error instanceof TypeError && message.test(error.message),
      `${url} ${JSON.stringify(options)}`,
    );
  }
  assert.equal(server.requests, 0);
});

test("replaced keys leak no memory", async (t) => {
  const { server, jwks } = await setUp(t, { cooldown: 0 });
  const sets = [keySet, rotatedKeySet];
  for (let round = 0; round < 300; round += 1) {
    server.respond = keys(sets[round % 2]);
    await jwks.reload();
  }
  assert.equal(server.requests, 300);
  server.respond = keys(keySet);
  await jwks.reload();
  await accepts(jwks);
  assert.deepEqual(createVerifier(keySet).verify(current, { now: NOW }).claims, bare(accessClaims));
});
