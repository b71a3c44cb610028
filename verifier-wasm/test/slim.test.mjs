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

const fileOf = (name) => new URL(`../dist/${name}.wasm`, import.meta.url);
const file = fileOf("verifier_wasm");
const bytes = readFileSync(file);
const kernelBytes = readFileSync(fileOf("kernel_simd"));

/** Returns a new copy of the entry, before `init`. */
let copies = 0;
const slim = () => import(`../dist/slim.js?copy=${(copies += 1)}`);

let server;
let origin;
let address;
let requests = 0;
before(async () => {
  server = createServer(({ url }, response) => {
    requests += 1;
    const body = { "/there.wasm": bytes, "/kernel.wasm": kernelBytes }[url];
    // Without a content type, because file servers may not know the one of wasm.
    response.writeHead(body === undefined ? 404 : 200).end(body ?? "not found");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  origin = `http://127.0.0.1:${server.address().port}`;
  address = `${origin}/there.wasm`;
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

/** Each is a function of the file's URL, its address on the server, and its bytes. */
const inputs = {
  "a file: address": (file) => file,
  "an http address": (_, address) => new URL(address),
  "an http address as text": (_, address) => address,
  "a request": (_, address) => new Request(address),
  "a response": (_, __, bytes) => new Response(bytes),
  "the promise of a response": (_, address) => fetch(address),
  bytes: (_, __, bytes) => new Uint8Array(bytes),
  "a buffer": (_, __, bytes) => new Uint8Array(bytes).buffer,
  "a view of part of a buffer": (_, __, bytes) => new Uint8Array([0, ...bytes, 0]).subarray(1, -1),
  "a module": (_, __, bytes) => new WebAssembly.Module(bytes),
  "the promise of a module": (_, __, bytes) => WebAssembly.compile(bytes),
};
for (const [name, input] of Object.entries(inputs)) {
  test(`init takes ${name}`, async () => {
    const entry = await slim();
    const sources = {
      verifier: input(file, address, bytes),
      kernel: input(fileOf("kernel_simd"), `${origin}/kernel.wasm`, kernelBytes),
    };
    assert.equal(await entry.init(sources), undefined);
    works(entry);
  });
}

test("init takes nothing", async () => {
  const entry = await slim();
  assert.equal(await entry.init(), undefined);
  works(entry);
});

/** The sources of both modules, the verifier in any form. */
const withKernel = (verifier) => ({ verifier, kernel: new Uint8Array(kernelBytes) });

test("init takes bytes where there is neither a Request nor a Response", async () => {
  const { Request, Response } = globalThis;
  delete globalThis.Request;
  delete globalThis.Response;
  try {
    const entry = await slim();
    await entry.init(withKernel(new Uint8Array(bytes)));
    works(entry);
  } finally {
    Object.assign(globalThis, { Request, Response });
  }
});

test("the loader of pages fetches an address", async () => {
  const loader = new ModuleLoader(pageFile);
  await loader.init({ verifier: address, kernel: `${origin}/kernel.wasm` });
  works({ createVerifier: (keys) => newVerifier(loader.instance, keys, {}) });
});

test("without an address, init says what to do when the module is missing", async () => {
  const missing = () => withKernel(new URL("file:///nowhere/verifier_wasm.wasm"));
  const loader = new ModuleLoader({ ...nodeFile, defaultModules: missing });
  await assert.rejects(loader.init(), (error) => {
    assert.match(
      error.message,
      /^init\(\) found no module at file:\/\/\/nowhere\/verifier_wasm.wasm \(ENOENT: /,
    );
    return error.cause.code === "ENOENT";
  });
  await loader.init(withKernel(file));
});

test("init takes the objects of another realm, as test runners have them", async () => {
  const compiled = (bytes) => runInNewContext("new WebAssembly.Module(bytes)", { bytes });
  const sources = { verifier: compiled(bytes), kernel: compiled(kernelBytes) };
  assert.ok(!(sources.verifier instanceof WebAssembly.Module));
  const entry = await slim();
  await entry.init(sources);
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
  const sources = withKernel(address);
  await Promise.all([entry.init(sources), entry.init(sources), entry.init()]);
  await entry.init(sources);
  await entry.init(withKernel("http://127.0.0.1:9/unreachable.wasm"));
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
  "the two modules exchanged": [
    () => new Uint8Array(kernelBytes),
    TypeError,
    /another module than this package's/,
  ],
  "another module": [() => other, TypeError, /another module than this package's/],
  "another module that verifies": [() => namesake, TypeError, /another module than this package's/],
  "the module of an older release": [
    () => moduleReturning({ ...functions, abi_version: 0 }),
    Error,
    /of the verifier has interface version 0, and this package needs 2: serve the file of the same release/,
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
      entry.init(withKernel(input())),
      (error) => error instanceof type && message.test(error.message),
    );
    assert.throws(() => entry.createVerifier(key.jwk), /await init\(\)/);
    await entry.init();
    works(entry);
  });
}

const kernelFunctions = { needs_fused_multiply_add: 0, input: 0, verifies: 0 };

/** Kernels that no verifier may be linked with. */
const wrongKernels = {
  "a kernel of another release": [
    () => moduleReturning({ ...kernelFunctions, abi_version: 2 }),
    /of the kernel has interface version 2, and this package needs 1/,
  ],
  "a kernel from before there were versions": [
    () => moduleReturning(kernelFunctions),
    /of the kernel has interface version 0, and this package needs 1/,
  ],
  "the verifier in its place": [() => bytes, /another module than this package's/],
  "no kernel": [() => undefined, /init takes both modules: { verifier, kernel }/],
};
for (const [name, [kernel, message]] of Object.entries(wrongKernels)) {
  test(`init fails with ${name}, and can be called again`, async () => {
    const entry = await slim();
    await assert.rejects(entry.init({ verifier: file, kernel: kernel() }), { message });
    await entry.init();
    works(entry);
  });
}

for (const [name, input] of Object.entries({
  "one address": new URL(file),
  "the bytes of one module": bytes,
  null: null,
})) {
  test(`init fails with ${name} in place of both modules`, async () => {
    const entry = await slim();
    await assert.rejects(
      entry.init(input),
      TypeError("init takes both modules: { verifier, kernel }"),
    );
  });
}

test("init fails with the kernel of fused multiply-adds where they round twice", async () => {
  const needing = moduleReturning({
    ...kernelFunctions,
    abi_version: 1,
    needs_fused_multiply_add: 1,
  });
  const entry = await slim();
  const { validate } = WebAssembly;
  WebAssembly.validate = () => false;
  try {
    await assert.rejects(entry.init({ verifier: file, kernel: needing }), {
      message: "this engine needs kernel_simd.wasm: its multiply-adds round twice",
    });
  } finally {
    WebAssembly.validate = validate;
  }
});
