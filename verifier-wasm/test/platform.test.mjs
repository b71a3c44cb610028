// What the package assumes of a runtime: nothing at import, and at the first use only what the
// verifier needs. Each case runs in a Node without these globals.

import assert from "node:assert/strict";
import { test } from "node:test";
import { root, run } from "./packed.mjs";
import { key, NOW, token } from "./support/tokens.mjs";

const ENTRIES = ["", "/slim", "/jwks", "/slim/jwks", "/explain", "/status", "/texts"];

const WEB = [
  "AbortController",
  "AbortSignal",
  "DecompressionStream",
  "FinalizationRegistry",
  "Headers",
  "Request",
  "Response",
  "TextDecoder",
  "TextEncoder",
  "URL",
  "WebAssembly",
  "fetch",
  "performance",
  "structuredClone",
];

/** Runs a script in a Node that has none of these globals, and returns what it logs. */
async function without(globals, script) {
  const removal = `for (const name of ${JSON.stringify(globals)}) delete globalThis[name];`;
  // A static import would run before the removal.
  const program = `${removal}\nawait (async () => { ${script} })();`;
  const output = await run(root, process.execPath, ["--input-type=module", "--eval", program]);
  return output.trim();
}

test("every entry can be imported where there is none of the Web's globals", async () => {
  const names = ENTRIES.map((entry) => `@dojang/verifier${entry}`);
  const script = `
    for (const name of ${JSON.stringify(names)}) {
      const exported = Object.keys(await import(name));
      if (exported.length === 0) throw new Error(name);
    }
    console.log(typeof fetch, typeof TextDecoder, typeof WebAssembly);`;
  assert.equal(await without(WEB, script), "undefined undefined undefined");
});

test("globals that a test runner defines after the import are used", async () => {
  const script = `
    const { createVerifier } = await import("@dojang/verifier");
    Object.assign(globalThis, await import("node:util"));
    const verifier = createVerifier(${JSON.stringify(key.jwk)});
    console.log(verifier.verify("${token()}", { now: ${NOW} }).claims.user_id);`;
  assert.equal(await without(["TextDecoder", "TextEncoder"], script), "1");
});

for (const name of ["WebAssembly", "TextDecoder", "TextEncoder"]) {
  test(`the first use reports that there is no ${name}`, async () => {
    const script = `
      const { createVerifier } = await import("@dojang/verifier");
      const { init } = await import("@dojang/verifier/slim");
      const keys = ${JSON.stringify(key.jwk)};
      const messages = new Set();
      try { createVerifier(keys); } catch ({ message }) { messages.add(message); }
      await init().catch(({ message }) => messages.add(message));
      console.log([...messages].join());`;
    assert.equal(
      await without([name], script),
      `this runtime has no ${name}; see "Platforms" in the README of @dojang/verifier`,
    );
  });
}

test("with the option fetch, remote keys need no Request, Response, Headers and global fetch", async () => {
  const document = JSON.stringify({ keys: [{ ...key.jwk, kid: "a" }] });
  const script = `
    const { createRemoteJwks } = await import("@dojang/verifier/jwks");
    const parts = [new TextEncoder().encode(${JSON.stringify(document)})];
    const reader = { read: async () => ({ done: parts.length === 0, value: parts.pop() }) };
    const jwks = createRemoteJwks("https://login.example/jwks.json", {
      fetch: async () => ({
        type: "basic",
        status: 200,
        headers: { get: () => null },
        body: { getReader: () => reader },
      }),
    });
    const { claims } = await jwks.verify("${token({ header: { kid: "a" } })}", { now: ${NOW} });
    console.log(claims.user_id);`;
  const globals = ["Request", "Response", "Headers", "fetch", "structuredClone"];
  assert.equal(await without(globals, script), "1");
});
