// Keys of an issuer whose metadata names them: which documents count, caching, and failures.

import assert from "node:assert/strict";
import { test } from "node:test";
import { VerificationError } from "@dojang/verifier";
import { createRemoteJwks, JwksError } from "@dojang/verifier/jwks";
import * as slim from "@dojang/verifier/slim/jwks";
import { init } from "@dojang/verifier/slim";
import { createStatusLists } from "@dojang/verifier/status";
import { jwksServer, keys, keySet, KID, NEXT_KID, rotatedKeySet, status } from "./jwks-server.mjs";
import { claimsWithStatus, NOW, otherKey, statusList, token } from "./support/tokens.mjs";

const OAUTH = "/.well-known/oauth-authorization-server";
const OPENID = "/.well-known/openid-configuration";
const audience = "shop-api";

/** Starts an issuer. `documents` has the response to each path; other paths are 404. */
async function issuerServer(t, path = "") {
  const requested = [];
  const server = await jwksServer((request, response) => {
    requested.push(request.url);
    served.headers.push(request.headers);
    (served.documents[request.url] ?? status(404))(request, response);
  });
  t.after(() => server.stop());
  const origin = new URL(server.url).origin;
  const issuer = origin + path;
  const served = {
    server,
    origin,
    issuer,
    headers: [],
    /** Metadata that names a key set, with changes. */
    metadata: (changes = {}, headers) =>
      keys(JSON.stringify({ issuer, jwks_uri: `${origin}/keys`, ...changes }), headers),
    documents: { "/keys": keys(keySet) },
    /** Returns the paths that were requested since the last call. */
    requested: () => requested.splice(0),
    token: (claims = {}, options = {}) =>
      token({
        header: { kid: KID },
        claims: {
          token_type: undefined,
          iss: issuer,
          aud: audience,
          exp: NOW + 100_000,
          ...claims,
        },
        ...options,
      }),
  };
  return served;
}

/** Starts an issuer with metadata of RFC 8414, and creates keys with a clock. */
async function setUp(t, options = {}) {
  const issuer = await issuerServer(t);
  issuer.documents[OAUTH] = issuer.metadata();
  const time = { now: NOW };
  const jwks = createRemoteJwks({
    issuer: issuer.issuer,
    audience,
    tokenType: null,
    clock: () => time.now,
    ...options,
  });
  t.after(() => jwks.free());
  return { issuer, time, jwks };
}

const accepts = async (jwks, text) => assert.equal((await jwks.verify(text)).claims.aud, audience);

const refuses = (jwks, text, code) =>
  assert.rejects(
    jwks.verify(text),
    (error) => error instanceof VerificationError && error.code === code,
  );

const fails = (promise, code, details = {}) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof JwksError, `${error}`);
    assert.deepEqual([error.name, error.code, error.details], ["JwksError", code, details]);
    return true;
  });

test("the metadata names the key set, and the issuer is that of the tokens", async (t) => {
  const { issuer, jwks } = await setUp(t);
  assert.deepEqual(issuer.requested(), []);
  await accepts(jwks, issuer.token());
  await accepts(jwks, issuer.token());
  assert.deepEqual(issuer.requested(), [OAUTH, "/keys"]);
  assert.deepEqual(
    issuer.headers.map(({ accept }) => accept),
    ["application/json", "application/jwk-set+json, application/json"],
  );
  await refuses(jwks, issuer.token({ iss: `${issuer.issuer}/` }), "issuer_mismatch");
  await refuses(jwks, issuer.token({ iss: undefined }), "issuer_mismatch");
  await refuses(jwks, issuer.token({ aud: "another" }), "audience_mismatch");
});

test("the slim entry discovers keys, too", async (t) => {
  const { issuer } = await setUp(t);
  await init();
  const options = { issuer: issuer.issuer, audience, tokenType: null, clock: () => NOW };
  const jwks = slim.createRemoteJwks(options);
  await accepts(jwks, issuer.token());
  await refuses(jwks, issuer.token({ iss: "a" }), "issuer_mismatch");
});

// RFC 8414, section 3.1, and OpenID Connect Discovery 1.0, section 4.
const addresses = [
  ["", OAUTH, OPENID],
  ["/", OAUTH, OPENID],
  ["/realms/shop", `${OAUTH}/realms/shop`, `/realms/shop${OPENID}`],
  ["/tenant/", `${OAUTH}/tenant`, `/tenant${OPENID}`],
  ["/a%20b", `${OAUTH}/a%20b`, `/a%20b${OPENID}`],
];
for (const [path, oauth, openid] of addresses) {
  test(`the metadata of an issuer with the path "${path}" is found`, async (t) => {
    const issuer = await issuerServer(t, path);
    const create = () =>
      createRemoteJwks({ issuer: issuer.issuer, anyAudience: true, clock: () => NOW });
    const ours = issuer.token({ token_type: "access" });
    issuer.documents[openid] = issuer.metadata();
    await accepts(create(), ours);
    assert.deepEqual(issuer.requested(), [oauth, openid, "/keys"]);
    issuer.documents[oauth] = issuer.metadata();
    await accepts(create(), ours);
    assert.deepEqual(issuer.requested(), [oauth, "/keys"]);
  });
}

/** Responses that are no metadata of the issuer, and the reason. */
const unusable = {
  "no document": [() => status(404), "status_404"],
  "a document that is forbidden": [() => status(403), "status_403"],
  "a failing server": [() => status(500), "status_500"],
  "another successful status": [() => status(204), "status_204"],
  "a redirection": [() => status(302, { location: "/keys" }), "redirected"],
  "a page for every path": [() => keys("<!doctype html>"), "not_an_object"],
  "a list": [({ issuer }) => keys(JSON.stringify([{ issuer }])), "not_an_object"],
  "a text": [() => keys('"text"'), "not_an_object"],
  "bytes that are no text": [() => keys(Buffer.from([0x7b, 0xff, 0x7d])), "not_utf8"],
  "a large document": [() => keys(" ".repeat(131_073)), "too_large"],
  "the metadata of another issuer": [
    ({ metadata }) => metadata({ issuer: "https://other.example" }),
    "issuer_mismatch",
  ],
  "an issuer with a slash": [
    ({ metadata, issuer }) => metadata({ issuer: `${issuer}/` }),
    "issuer_mismatch",
  ],
  "an issuer in a list": [
    ({ metadata, issuer }) => metadata({ issuer: [issuer] }),
    "issuer_mismatch",
  ],
  "metadata without an issuer": [
    ({ metadata }) => metadata({ issuer: undefined }),
    "issuer_mismatch",
  ],
  "metadata without keys": [
    ({ metadata }) => metadata({ jwks_uri: undefined }),
    "jwks_uri_missing",
  ],
  "null for the keys": [({ metadata }) => metadata({ jwks_uri: null }), "jwks_uri_missing"],
  "a relative address of the keys": [
    ({ metadata }) => metadata({ jwks_uri: "/keys" }),
    "jwks_uri_invalid",
  ],
  "a file as address of the keys": [
    ({ metadata }) => metadata({ jwks_uri: "file:///keys" }),
    "jwks_uri_invalid",
  ],
  "a password in the address of the keys": [
    ({ metadata }) => metadata({ jwks_uri: "https://user:secret@login.example/" }),
    "jwks_uri_invalid",
  ],
  "a number as address of the keys": [
    ({ metadata }) => metadata({ jwks_uri: 1 }),
    "jwks_uri_invalid",
  ],
};
for (const [name, [respond, reason]] of Object.entries(unusable)) {
  test(`${name}: OpenID discovery follows, and without it the error says ${reason}`, async (t) => {
    const { issuer, time, jwks } = await setUp(t);
    issuer.documents[OAUTH] = respond(issuer);
    issuer.documents[OPENID] = respond(issuer);
    const details = { oauth: reason, openid: reason };
    await fails(jwks.verify(issuer.token()), "jwks_metadata_unusable", details);
    assert.deepEqual(issuer.requested(), [OAUTH, OPENID]);
    issuer.documents[OPENID] = issuer.metadata();
    time.now += 5;
    await accepts(jwks, issuer.token());
    assert.deepEqual(issuer.requested(), [OAUTH, OPENID, "/keys"]);
  });
}

test("the error says why for both documents", async (t) => {
  const { issuer, jwks } = await setUp(t);
  issuer.documents[OAUTH] = issuer.metadata({ issuer: "https://kubernetes.default.svc" });
  await assert.rejects(jwks.verify(issuer.token()), {
    code: "jwks_metadata_unusable",
    message: "jwks metadata unusable: oauth issuer_mismatch: openid status_404",
  });
});

test("members that objects inherit are not members of the metadata", async (t) => {
  const { issuer, jwks } = await setUp(t);
  issuer.documents[OAUTH] = issuer.metadata({ jwks_uri: undefined });
  Object.prototype.jwks_uri = `${issuer.origin}/keys`;
  try {
    const details = { oauth: "jwks_uri_missing", openid: "status_404" };
    await fails(jwks.verify(issuer.token()), "jwks_metadata_unusable", details);
  } finally {
    delete Object.prototype.jwks_uri;
  }
});

test("the keys of an https issuer have an https address", async () => {
  const issuer = "https://login.example";
  const requested = [];
  const fetch = async (url) => {
    requested.push(url);
    const scheme = url.endsWith(OPENID) ? "https" : "http";
    const metadata = { issuer, jwks_uri: `${scheme}://keys.example/set` };
    return new Response(url.includes("/.well-known/") ? JSON.stringify(metadata) : keySet);
  };
  const jwks = createRemoteJwks({ issuer, anyAudience: true, fetch, clock: () => NOW });
  await jwks.verify(token({ header: { kid: KID }, claims: { iss: issuer } }));
  const wanted = [`${issuer}${OAUTH}`, `${issuer}${OPENID}`, "https://keys.example/set"];
  assert.deepEqual(requested, wanted);
});

for (const broken of [OAUTH, OPENID]) {
  test(`a connection that breaks at ${broken} is an error, and selects no document`, async (t) => {
    const { issuer, time, jwks } = await setUp(t);
    issuer.documents = { ...issuer.documents, [OAUTH]: status(404), [OPENID]: issuer.metadata() };
    const intact = issuer.documents[broken];
    issuer.documents[broken] = (request) => request.socket.destroy();
    await fails(jwks.verify(issuer.token()), "jwks_metadata_unreachable");
    assert.equal(issuer.requested().at(-1), broken);
    issuer.documents[broken] = intact;
    time.now += 5;
    await accepts(jwks, issuer.token());
  });
}

test("an issuer that is not there is unreachable, with a cause", async (t) => {
  const { issuer, jwks } = await setUp(t);
  await issuer.server.stop();
  await fails(jwks.verify(issuer.token()), "jwks_metadata_unreachable");
  await assert.rejects(jwks.reload(), (error) => error.cause instanceof TypeError);
});

test("the two documents share one timeout", async (t) => {
  const { issuer, jwks } = await setUp(t, { timeout: 0.8 });
  const late = (respond) => (request, response) =>
    setTimeout(() => respond(request, response), 600);
  issuer.documents[OAUTH] = late(status(404));
  issuer.documents[OPENID] = late(issuer.metadata());
  await fails(jwks.verify(issuer.token()), "jwks_metadata_timeout", { seconds: 0.8 });
});

test("100 tokens at a time cause one look-up and one fetch", async (t) => {
  const { issuer, jwks } = await setUp(t);
  await Promise.all(Array.from({ length: 100 }, () => accepts(jwks, issuer.token())));
  assert.deepEqual(issuer.requested(), [OAUTH, "/keys"]);
});

test("metadata and keys have lifetimes of their own", async (t) => {
  const { issuer, time, jwks } = await setUp(t);
  issuer.documents[OAUTH] = issuer.metadata({}, { "cache-control": "max-age=250" });
  await accepts(jwks, issuer.token());
  issuer.requested();
  for (const [seconds, requested] of [
    [99, []],
    [100, ["/keys"]],
    [200, ["/keys"]],
    [249, []],
    [250, [OAUTH]],
    [300, ["/keys"]],
  ]) {
    time.now = NOW + seconds;
    await accepts(jwks, issuer.token());
    assert.deepEqual(issuer.requested(), requested, `after ${seconds} s`);
  }
});

for (const [headers, options, seconds] of [
  [{ "cache-control": "max-age=1" }, {}, 10],
  [{ "cache-control": "no-store" }, {}, 10],
  [{}, {}, 300],
  [{ "cache-control": "max-age=86400" }, {}, 3600],
  [{ "cache-control": "max-age=86400" }, { maxAge: 1800 }, 1800],
]) {
  test(`a moved key set is noticed after ${seconds} s with ${JSON.stringify([headers, options])}`, async (t) => {
    const { issuer, time, jwks } = await setUp(t, options);
    issuer.documents[OAUTH] = issuer.metadata({}, headers);
    issuer.documents["/keys"] = keys(keySet, { "cache-control": "max-age=86400" });
    const moved = issuer.token({}, { header: { kid: NEXT_KID }, privateKey: otherKey.privateKey });
    await accepts(jwks, issuer.token());
    issuer.documents[OAUTH] = issuer.metadata({ jwks_uri: `${issuer.origin}/moved` }, headers);
    issuer.documents["/moved"] = keys(rotatedKeySet);
    issuer.requested();
    time.now = NOW + seconds - 1;
    await accepts(jwks, issuer.token());
    assert.deepEqual(issuer.requested(), []);
    time.now = NOW + seconds;
    await accepts(jwks, moved);
    assert.deepEqual(issuer.requested(), [OAUTH, "/moved"]);
    await refuses(jwks, issuer.token(), "key_not_found");
  });
}

test("an unknown kid causes a fetch of the keys alone", async (t) => {
  const { issuer, jwks } = await setUp(t);
  await accepts(jwks, issuer.token());
  issuer.requested();
  issuer.documents["/keys"] = keys(rotatedKeySet);
  await accepts(
    jwks,
    issuer.token({}, { header: { kid: NEXT_KID }, privateKey: otherKey.privateKey }),
  );
  assert.deepEqual(issuer.requested(), ["/keys"]);
});

test("after a fetch of the keys failed, the metadata is looked up again, once", async (t) => {
  const { issuer, time, jwks } = await setUp(t);
  issuer.documents[OAUTH] = issuer.metadata({}, { "cache-control": "max-age=3600" });
  const moved = issuer.token({}, { header: { kid: NEXT_KID }, privateKey: otherKey.privateKey });
  await accepts(jwks, issuer.token());
  issuer.documents["/keys"] = status(404);
  time.now += 50;
  issuer.requested();
  await refuses(jwks, moved, "key_not_found");
  assert.deepEqual(issuer.requested(), ["/keys"]);

  issuer.documents["/moved"] = keys(rotatedKeySet);
  issuer.documents[OAUTH] = issuer.metadata({ jwks_uri: `${issuer.origin}/moved` });
  time.now += 1;
  await accepts(jwks, issuer.token()); // with the old keys, until the pause has ended
  await accepts(jwks, issuer.token());
  assert.deepEqual(issuer.requested(), [OAUTH]);
  time.now += 4;
  await jwks.verify(issuer.token()).catch(() => {});
  await accepts(jwks, moved);
  assert.deepEqual(issuer.requested(), ["/moved"]);
});

test("stale metadata is used for a limited time while it cannot be fetched", async (t) => {
  const { issuer, time, jwks } = await setUp(t, { staleIfError: 600 });
  await accepts(jwks, issuer.token());
  issuer.documents[OAUTH] = status(503);
  time.now = NOW + 100;
  issuer.requested();
  await accepts(jwks, issuer.token());
  assert.deepEqual(issuer.requested(), [OAUTH, OPENID, "/keys"]);
  time.now = NOW + 104;
  await accepts(jwks, issuer.token());
  assert.deepEqual(issuer.requested(), []);
  time.now = NOW + 699;
  await accepts(jwks, issuer.token());
  time.now = NOW + 700;
  const details = { oauth: "status_503", openid: "status_404" };
  await fails(jwks.verify(issuer.token()), "jwks_metadata_unusable", details);
});

test("the keys of the old address are used while the new one fails", async (t) => {
  const { issuer, time, jwks } = await setUp(t, { staleIfError: 60 });
  await accepts(jwks, issuer.token());
  issuer.documents[OAUTH] = issuer.metadata({ jwks_uri: `${issuer.origin}/moved` });
  time.now = NOW + 100;
  await accepts(jwks, issuer.token());
  time.now = NOW + 159;
  await accepts(jwks, issuer.token());
  time.now = NOW + 160;
  await fails(jwks.verify(issuer.token()), "jwks_status_unexpected", { status: 404 });
});

test("a failed look-up is cached for a moment", async (t) => {
  const { issuer, time, jwks } = await setUp(t);
  issuer.documents[OAUTH] = status(500);
  const details = { oauth: "status_500", openid: "status_404" };
  await fails(jwks.verify(issuer.token()), "jwks_metadata_unusable", details);
  issuer.documents[OAUTH] = issuer.metadata();
  time.now += 4;
  await fails(jwks.verify(issuer.token()), "jwks_metadata_unusable", details);
  assert.deepEqual(issuer.requested(), [OAUTH, OPENID]);
  time.now += 1;
  await accepts(jwks, issuer.token());
});

test("reload fetches metadata and keys", async (t) => {
  const { issuer, jwks } = await setUp(t);
  await jwks.reload();
  await jwks.reload();
  assert.deepEqual(issuer.requested(), [OAUTH, "/keys", OAUTH, "/keys"]);
  issuer.documents[OAUTH] = status(404);
  const details = { oauth: "status_404", openid: "status_404" };
  await fails(jwks.reload(), "jwks_metadata_unusable", details);
  await accepts(jwks, issuer.token());
});

test("a document that says it is metadata is no key set", async (t) => {
  const { issuer, jwks } = await setUp(t);
  issuer.documents["/keys"] = issuer.metadata();
  await fails(jwks.verify(issuer.token()), "jwks_invalid", { reason: "key_discovery_document" });
});

test("a freed object fetches and verifies nothing", async (t) => {
  const { issuer, jwks } = await setUp(t);
  const waiting = jwks.verify(issuer.token());
  jwks.free();
  await assert.rejects(waiting, /freed/);
  await assert.rejects(jwks.verify(issuer.token()), /freed/);
  await assert.rejects(jwks.reload(), /freed/);
  assert.deepEqual(issuer.requested(), [OAUTH]);
});

test("status lists are verified with the keys of the issuer", async (t) => {
  const { issuer, time, jwks } = await setUp(t);
  const uri = `${issuer.origin}/status/1`;
  const serve = (claims, changes) => {
    const list = { exp: time.now + 60, iat: time.now, ...claims };
    issuer.documents["/status/1"] = keys(
      statusList({ uri, statuses: { 1: 1 }, header: { kid: KID }, claims: list, ...changes }),
    );
  };
  serve({ iss: issuer.issuer, aud: [audience] });
  const options = { allowed: `${issuer.origin}/status`, clock: () => time.now };
  const lists = createStatusLists(jwks, { ...options, issuer: issuer.issuer, audience });
  assert.equal((await lists.statusOf(claimsWithStatus(uri, 0))).status, "valid");
  assert.equal((await lists.statusOf(claimsWithStatus(uri, 1))).status, "invalid");
  assert.deepEqual(issuer.requested(), ["/status/1", OAUTH, "/keys"]);
  // A rotation fetches the keys, and not the metadata.
  time.now += 60;
  serve({}, { header: { kid: NEXT_KID }, privateKey: otherKey.privateKey });
  issuer.documents["/keys"] = keys(rotatedKeySet);
  assert.equal((await lists.statusOf(claimsWithStatus(uri, 0))).status, "valid");
  assert.deepEqual(issuer.requested(), ["/status/1", "/keys"]);
});

test("wrong options throw at once, before a fetch", async (t) => {
  const { issuer } = await setUp(t);
  const expected = /issuer must be one http or https URL without password, query and fragment/;
  for (const wrong of [
    undefined,
    null,
    "",
    1,
    "login.example",
    "ftp://login.example",
    "https://user@login.example",
    "https://:secret@login.example",
    "https://login.example?tenant=1",
    "https://login.example/?",
    "https://login.example/#a",
    "https://login.example/#",
    " https://login.example",
    "https://login.example/a\tb",
    "https:\\\\login.example",
    "https://",
    "https://@login.example",
    "https:///login.example/a",
    "https://login.example/a/../b",
    "HTTPS://login.example",
    [issuer.issuer],
    new URL(issuer.issuer),
  ]) {
    const create = () => createRemoteJwks({ issuer: wrong });
    assert.throws(create, (error) => error instanceof TypeError && expected.test(error.message));
  }
  for (const [args, message] of [
    [[{ issuer: issuer.issuer, isuer: "a" }], /no option "isuer"/],
    [[{ issuer: issuer.issuer, href: issuer.server.url }], /no option "href"/],
    [[{ issuer: issuer.issuer, tokenType: null }], /tokenType null needs issuer, and audience/],
    [[{ issuer: issuer.issuer, timeout: -1 }], /timeout must be/],
    [[{ issuer: issuer.issuer }, { audience }], /takes the options in one object with issuer/],
    [[{ issuer: issuer.issuer }, {}], /takes the options in one object with issuer/],
    [[{ audience }], /url must be .*, or an object with issuer; got undefined/],
  ]) {
    assert.throws(
      () => createRemoteJwks(...args),
      (error) => error instanceof TypeError && message.test(error.message),
    );
  }
  // An inherited issuer of a class counts, one of every object does not.
  class Settings {
    get issuer() {
      return "ftp://login.example";
    }
  }
  assert.throws(() => createRemoteJwks(new Settings()), expected);
  Object.prototype.issuer = "https://login.example";
  try {
    createRemoteJwks(new URL(issuer.server.url), { clock: () => NOW }).free();
  } finally {
    delete Object.prototype.issuer;
  }
  assert.deepEqual(issuer.requested(), []);
});
