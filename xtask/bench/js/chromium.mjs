// node chromium.mjs TOKENS [--quick]: times in Chromium (the one that CHROMIUM names), as JSON.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const [tokens, quick] = process.argv.slice(2);
const samples = JSON.parse(readFileSync(tokens, "utf8"));
const bundle = await build({
  entryPoints: [fileURLToPath(import.meta.resolve("./page.mjs"))],
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  write: false,
});
const files = {
  "/": [
    "text/html",
    "<!doctype html><title>bench</title><script type=module src=/page.js></script>",
  ],
  "/page.js": ["text/javascript", Buffer.from(bundle.outputFiles[0].contents)],
  ...Object.fromEntries(
    ["verifier_wasm.wasm", "kernel_simd.wasm"].map((name) => [
      `/${name}`,
      [
        "application/wasm",
        readFileSync(fileURLToPath(import.meta.resolve(`@dojang/verifier/${name}`))),
      ],
    ]),
  ),
};
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  const page = await browser.newPage();
  // WebCrypto needs a trustworthy origin; no server listens there, the route serves every file.
  // Cross-origin isolation gives the page a finer clock.
  await page.route("http://localhost/**", (route) => {
    const [contentType, body] = files[new URL(route.request().url()).pathname] ?? [];
    const headers = {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    };
    return route.fulfill(body === undefined ? { status: 404 } : { contentType, headers, body });
  });
  await page.goto("http://localhost/");
  await page.waitForFunction(() => globalThis.bench !== undefined);
  const result = await page.evaluate(
    ([samples, quick]) => globalThis.bench(samples, quick),
    [samples, quick === "--quick"],
  );
  console.log(JSON.stringify({ ...result, version: browser.version() }));
} finally {
  await browser.close();
}
