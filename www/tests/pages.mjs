// Visits to the demo page in real Chromium.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { launchChromium } from "./chromium.mjs";
import { edgeUrl, issuerUrl, password, username, wwwUrl } from "./system.mjs";

const screenshots = join(import.meta.dirname, "screenshots");

/** One browser for the tests of a `describe`. */
export function visits() {
  let browser;

  before(async () => {
    mkdirSync(screenshots, { recursive: true });
    browser = await launchChromium();
  });

  after(() => browser?.close());

  /** Opens the page, runs `visit`, and demands that nothing went wrong or anywhere else meanwhile. */
  async function onPage(options, visit) {
    const context = await browser.newContext({ locale: "ko-KR", viewport: { width: 1100, height: 900 }, ...options });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const [errors, origins] = [[], new Set()];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      // The browser reports each 401 that the tests provoke.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        errors.push(message.text());
      }
    });
    page.on("request", (request) => origins.add(new URL(request.url()).origin));
    try {
      await page.goto(wwwUrl);
      await visit(page, { origins });
      assert.deepEqual(errors, []);
      const allowed = new Set([wwwUrl, issuerUrl, edgeUrl].map((url) => new URL(url).origin));
      assert.deepEqual([...origins].filter((origin) => !allowed.has(origin)), []);
      const stored = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
      assert.deepEqual(stored, [0, 0, ""], "tokens stay in memory");
    } finally {
      await context.close();
    }
  }

  return { onPage, withBrowser: (use) => use(browser) };
}

export async function logIn(page, secret = password) {
  await page.getByLabel("사용자 이름").fill(username);
  await page.getByLabel("비밀번호").fill(secret);
  await page.getByRole("button", { name: "로그인" }).click();
}

export async function shoot(page, name) {
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true, animations: "disabled" });
}
