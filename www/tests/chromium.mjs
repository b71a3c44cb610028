// Real Chromium, and the package in it.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";

/** Why there is no browser, for node:test's `skip`; false when there is one. */
export const noChromium = !existsSync(executablePath) && `skipped: there is no ${executablePath}; set CHROMIUM`;

/** A browser that talks to nobody but the pages of these tests. */
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

/** A page that can import the files of the package as they are (`/index.js`), and allows nothing but them. */
export async function openPackagePage() {
  const browser = await launchChromium();
  const page = await browser.newPage();
  const dist = dirname(fileURLToPath(import.meta.resolve("@dojang/verifier")));
  await page.route("http://verifier.test/**", (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    return name === ""
      ? route.fulfill({
          contentType: "text/html",
          headers: { "Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" },
          body: "<!doctype html><title>@dojang/verifier</title>",
        })
      : route.fulfill({ contentType: "text/javascript", body: readFileSync(join(dist, name)) });
  });
  await page.goto("http://verifier.test/");
  return { page, close: () => browser.close() };
}
