// Chromium, and the package in it.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";

/** Starts a browser that connects to nothing but the pages of these tests. */
export function launchChromium() {
  return chromium.launch({
    executablePath,
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
}

const ORIGIN = "http://verifier.test";

/** Returns the package's imports for browsers as an import map. */
function importMap(manifest) {
  const entries = Object.entries(manifest.imports).map(([name, target]) => [
    name,
    target.default.replace("./dist", ""),
  ]);
  return JSON.stringify({ imports: Object.fromEntries(entries) });
}

/** Opens a page that can import the files of the package (`/index.js`) and nothing else. */
export async function openPackagePage() {
  const browser = await launchChromium();
  const page = await browser.newPage();
  const dist = dirname(fileURLToPath(import.meta.resolve("@dojang/verifier")));
  const manifest = JSON.parse(readFileSync(join(dist, "..", "package.json"), "utf8"));
  const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'nonce-map'";
  const map = `<script type="importmap" nonce="map">${importMap(manifest)}</script>`;
  await page.route(`${ORIGIN}/**`, (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    return name === ""
      ? route.fulfill({
          contentType: "text/html",
          headers: { "Content-Security-Policy": policy },
          body: `<!doctype html><title>@dojang/verifier</title>${map}`,
        })
      : route.fulfill({ contentType: "text/javascript", body: readFileSync(join(dist, name)) });
  });
  await page.goto(`${ORIGIN}/`);
  return { page, close: () => browser.close() };
}
