// The slim entry: the inputs of `init`, and its order of calls.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { runInNewContext } from "node:vm";
import { VerificationError } from "@dojang/verifier";
import * as pageFile from "../dist/module-file.js";
import * as nodeFile from "../dist/module-file.node.js";
import { ModuleLoader } from "../dist/module-loader.js";
import { newVerifier } from "../dist/verifier.js";
import { accessClaims, bare, key, NOW, otherKey, token } from "./support/tokens.mjs";

const file = new URL("../dist/verifier_wasm.wasm", import.meta.url);
const bytes = readFileSync(file);

/** Returns a new copy of the entry, before `init`. */
let copies = 0;
const slim = () => import(`../dist/slim.js?copy=${(copies += 1)}`);

let server;
let address;
let requests = 0;
before(async () => {
  server = createServer(({ url }, response) => {
    requests += 1;
    // Without a content type, because file servers may not know the one of wasm.
    response
      .writeHead(url === "/there.wasm" ? 200 : 404)
      .end(url === "/there.wasm" ? bytes : "not found");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  address = `http://127.0.0.1:${server.address().port}/there.wasm`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

function works({ createVerifier }) {
  const verifier = createVerifier(key.jwk);
  assert.deepEqual(verifier.verify(token(), { now: NOW }).claims, bare(accessClaims));
  // The classes of errors are those of the main entry.
  assert.throws(
    () => verifier.verify(token({ privateKey: otherKey.privateKey }), { now: NOW }),
    (error) => error instanceof VerificationError && error.code === "signature_invalid",
  );
}

const inputs = {
  nothing: () => undefined,
  "a file: address": () => file,
  "an http address": () => new URL(address),
  "an http address as text": () => address,
  "a request": () => new Request(address),
  "a response": () => new Response(bytes),
  "the promise of a response": () => fetch(address),
  bytes: () => new Uint8Array(bytes),
  "a buffer": () => new Uint8Array(bytes).buffer,
  "a view of part of a buffer": () => new Uint8Array([0, ...bytes, 0]).subarray(1, -1),
  "a module": () => new WebAssembly.Module(bytes),
  "the promise of a module": () => WebAssembly.compile(bytes),
};
for (const [name, input] of Object.entries(inputs)) {
  test(`init takes ${name}`, async () => {
    const entry = await slim();
    assert.equal(await entry.init(input()), undefined);
    works(entry);
  });
}

test("init takes bytes where there is neither a Request nor a Response", async () => {
  const { Request, Response } = globalThis;
  delete globalThis.Request;
  delete globalThis.Response;
  try {
    const entry = await slim();
    await entry.init(new Uint8Array(bytes));
    works(entry);
  } finally {
    Object.assign(globalThis, { Request, Response });
  }
});

test("the loader of pages fetches an address", async () => {
  const loader = new ModuleLoader(pageFile);
  await loader.init(address);
  works({ createVerifier: (keys) => newVerifier(loader.instance, keys, {}) });
});

test("without an address, init says what to do when the module is missing", async () => {
  const missing = () => new URL("file:///nowhere/verifier_wasm.wasm");
  const loader = new ModuleLoader({ ...nodeFile, defaultModule: missing });
  await assert.rejects(loader.init(), (error) => {
    assert.match(
      error.message,
      /^init\(\) found no module at file:\/\/\/nowhere\/verifier_wasm.wasm \(ENOENT: /,
    );
    return error.cause.code === "ENOENT";
  });
  await loader.init(file);
});

test("init takes the objects of another realm, as test runners have them", async () => {
  const module = runInNewContext("new WebAssembly.Module(bytes)", { bytes });
  assert.ok(!(module instanceof WebAssembly.Module));
  const entry = await slim();
  await entry.init(module);
  works(entry);
});

test("before init has resolved, createVerifier throws; afterwards it works", async () => {
  const entry = await slim();
  assert.throws(() => entry.createVerifier(key.jwk), /await init\(\)/);
  const ready = entry.init();
  assert.throws(() => entry.createVerifier(key.jwk), /await init\(\)/);
  await ready;
  works(entry);
});

test("init loads once, however often it is called", async () => {
  const entry = await slim();
  const before = requests;
  await Promise.all([entry.init(address), entry.init(address), entry.init()]);
  await entry.init(address);
  await entry.init("http://127.0.0.1:9/unreachable.wasm");
  assert.equal(requests, before + 1);
  works(entry);
});

const other = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
/** Another module that exports a function `verify`. */
const namesake = Uint8Array.of(
  ...other,
  1,
  4,
  1,
  96,
  0,
  0,
  3,
  2,
  1,
  0,
  7,
  10,
  1,
  6,
  ...new TextEncoder().encode("verify"),
  0,
  0,
  10,
  4,
  1,
  2,
  0,
  11,
);

/** A module whose functions return constants. */
function moduleReturning(functions) {
  const entries = Object.entries(functions);
  const section = (id, items) => [id, 1 + items.flat().length, items.length, ...items.flat()];
  return Uint8Array.of(
    ...other,
    ...section(1, [[96, 0, 1, 127]]),
    ...section(
      3,
      entries.map(() => [0]),
    ),
    ...section(
      7,
      entries.map(([name], index) => [name.length, ...new TextEncoder().encode(name), 0, index]),
    ),
    ...section(
      10,
      entries.map(([, value]) => [4, 0, 65, value, 11]),
    ),
  );
}

const functions = { buffer: 0, load: 0, verify: 0, free: 0 };

const failures = {
  "an address where there is nothing": [
    () => address.replace("there", "gone"),
    Error,
    /could not be fetched: 404 http.*gone\.wasm/,
  ],
  "an address without a server": [() => "http://127.0.0.1:9/", TypeError, /fetch failed/],
  "the page of a development server": [
    () => new Response("", { headers: { "content-type": "text/html; charset=utf-8" } }),
    Error,
    /could not be fetched:.* is a page/,
  ],
  "a page instead of a module": [
    () => new Response("<!doctype html>"),
    WebAssembly.CompileError,
    /magic word/,
  ],
  "half a module": [() => bytes.subarray(0, 1000), WebAssembly.CompileError, /compile/],
  "another module": [() => other, TypeError, /another module than this package's/],
  "another module that verifies": [() => namesake, TypeError, /another module than this package's/],
  "the module of an older release": [
    () => moduleReturning({ ...functions, abi_version: 0 }),
    Error,
    /interface version 0, and this package needs 2: serve the file of the same release/,
  ],
  "the module of a newer release": [
    () => moduleReturning({ ...functions, abi_version: 3 }),
    Error,
    /interface version 3, and this package needs 2/,
  ],
  "a module from before there were versions": [
    () => moduleReturning({ ...functions, room: 0 }),
    Error,
    /interface version 0, and this package needs 2/,
  ],
  "a number": [() => 5, TypeError, /WebAssembly.compile/],
  "a promise that fails": [() => Promise.reject(new RangeError("no")), RangeError, /no/],
};
for (const [name, [input, type, message]] of Object.entries(failures)) {
  test(`init fails with ${name}, and can be called again`, async () => {
    const entry = await slim();
    await assert.rejects(
      entry.init(input()),
      (error) => error instanceof type && message.test(error.message),
    );
    assert.throws(() => entry.createVerifier(key.jwk), /await init\(\)/);
    await entry.init();
    works(entry);
  });
}
