// node first.mjs TOKENS [--quick]: the time to the first verdict in Chromium (the one that CHROMIUM
// names) on a processor that is throttled fourfold, as JSON. Each time is from the request of the
// script to the verdict, in a new page: compiling the script and the modules, loading the key, and
// one verification.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const THROTTLING = 4;

const [tokens, quick] = process.argv.slice(2);
const [{ bits, publicKeyPem, token, now }] = JSON.parse(readFileSync(tokens, "utf8"));
const key = JSON.stringify(publicKeyPem);

const programs = {
  "@dojang/verifier": `
    import { createVerifier } from "@dojang/verifier";
    export const first = (token, now) => createVerifier(${key}).verify(token, { now }).claims;`,
  "@dojang/verifier/slim": `
    import { createVerifier, init } from "@dojang/verifier/slim";
    export async function first(token, now) {
      await init({ verifier: "/verifier_wasm.wasm", kernel: "/kernel_fma.wasm" });
      return createVerifier(${key}).verify(token, { now }).claims;
    }`,
  jose: `
    import { importSPKI, jwtVerify } from "jose";
    export async function first(token, now) {
      const options = { algorithms: ["RS256"], currentDate: new Date(now * 1000) };
      return (await jwtVerify(token, await importSPKI(${key}, "RS256"), options)).payload;
    }`,
};

async function bundled(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
  });
  return outputFiles[0].text;
}

const wasm = (file) => readFileSync(fileURLToPath(import.meta.resolve(`@dojang/verifier/${file}`)));
const files = {
  "/": ["text/html", "<!doctype html><title>first</title>"],
  "/verifier_wasm.wasm": ["application/wasm", wasm("verifier_wasm.wasm")],
  "/kernel_fma.wasm": ["application/wasm", wasm("kernel_fma.wasm")],
};
const names = Object.keys(programs);
for (const [index, name] of names.entries()) {
  files[`/${index}.js`] = ["text/javascript", await bundled(programs[name])];
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
});
const rounds = quick === "--quick" ? 3 : 21;
const times = names.map(() => []);
try {
  for (let round = 0; round < rounds; round += 1) {
    for (let offset = 0; offset < names.length; offset += 1) {
      const index = (round + offset) % names.length;
      times[index].push(await timeInNewPage(index));
    }
  }
} finally {
  await browser.close();
}
const lines = names.map((contender, index) => {
  const sorted = times[index].toSorted((a, b) => a - b);
  const [medianUs, minUs] = [sorted[rounds >> 1] * 1000, sorted[0] * 1000];
  return { contender, scope: "token", bits, medianUs, minUs };
});
console.log(JSON.stringify({ rounds, version: `Chromium ${browser.version()}`, lines }));

async function timeInNewPage(index) {
  // A new context has an empty cache, for scripts and for compiled modules.
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.route("http://localhost/**", (route) => {
      const [contentType, body] = files[new URL(route.request().url()).pathname] ?? [];
      return route.fulfill(body === undefined ? { status: 404 } : { contentType, body });
    });
    await page.goto("http://localhost/");
    const session = await context.newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: THROTTLING });
    return await page.evaluate(
      async ([script, token, now]) => {
        const started = performance.now();
        const { first } = await import(script);
        await first(token, now);
        return performance.now() - started;
      },
      [`/${index}.js`, token, now],
    );
  } finally {
    await context.close();
  }
}
