// node browser.mjs BROWSER TOKENS [--quick]: times in a browser (Chromium, Firefox or WebKit), as
// JSON. Prints a line that begins with `skipped:` where the browser is missing.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { browsers, open } from "../../../verifier-wasm/test/support/browsers.mjs";

const [name, tokens, quick] = process.argv.slice(2);
const browser = browsers.find((browser) => browser.name === name);
if (browser.skip) {
  console.log(browser.skip);
  process.exit();
}
const bundle = await build({
  entryPoints: [fileURLToPath(import.meta.resolve("./page.mjs"))],
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  write: false,
});
const task = { samples: JSON.parse(readFileSync(tokens, "utf8")), quick: quick === "--quick" };
const page = "<!doctype html><title>bench</title><script type=module src=/page.js></script>";
const wasm = (file) => [
  "application/wasm",
  readFileSync(fileURLToPath(import.meta.resolve(`@dojang/verifier/${file}`))),
];
const files = {
  "/": ["text/html", page],
  "/page.js": ["text/javascript", Buffer.from(bundle.outputFiles[0].contents)],
  "/task.json": ["application/json", JSON.stringify(task)],
  "/verifier_wasm.wasm": wasm("verifier_wasm.wasm"),
  "/kernel_simd.wasm": wasm("kernel_simd.wasm"),
};

let arrived;
const result = new Promise((resolve) => (arrived = resolve));
const server = createServer(async (request, response) => {
  if (request.method === "POST") {
    arrived((await request.setEncoding("utf8").toArray()).join(""));
    response.end();
    return;
  }
  const [contentType, body] = files[request.url] ?? [];
  // Cross-origin isolation gives the page a finer clock.
  response
    .writeHead(body === undefined ? 404 : 200, {
      "content-type": contentType ?? "text/plain",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    })
    .end(body);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const endings = [];
try {
  // WebCrypto needs a trustworthy origin.
  const url = `http://localhost:${server.address().port}/`;
  await open({ after: (ending) => endings.push(ending) }, browser, url);
  const limit = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`${name} sent no result`)), 540_000).unref();
  });
  const printed = await Promise.race([result, limit]);
  if (!printed.startsWith("{")) {
    throw new Error(printed);
  }
  console.log(printed);
} finally {
  await Promise.all(endings.map((ending) => ending()));
  server.closeAllConnections();
  server.close();
}
