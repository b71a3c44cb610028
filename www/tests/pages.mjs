// Visits to the demo page in real Chromium.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { setTimeout as pause } from "node:timers/promises";
import { launchChromium } from "./chromium.mjs";
import { edgeUrl, issuerUrl, password, username, wwwUrl } from "./system.mjs";

/** The directory for screenshots; none are taken without it. */
const screenshots = process.env.SCREENSHOTS_DIR;
export const noShots = !screenshots && "skipped: SCREENSHOTS_DIR is not set";
const PATIENCE = 30_000;

/** One browser for the tests of a `describe`. */
export function visits() {
  let browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(() => browser?.close());

  /**
   * Opens the page, runs `visit`, and demands that nothing went wrong meanwhile: no error, no
   * request to anywhere but this page, the issuer and the edge, and nothing left in the browser's
   * storage.
   */
  async function onPage(options, visit) {
    const context = await browser.newContext({
      locale: "ko-KR",
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    context.setDefaultTimeout(PATIENCE);
    const [errors, requested, origins] = [[], [], new Set()];
    context.on("page", (page) => {
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => {
        // The browser reports each 401 that the tests provoke.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
          errors.push(message.text());
        }
      });
    });
    context.on("request", (request) => {
      requested.push(request.url());
      origins.add(new URL(request.url()).origin);
    });
    try {
      const page = await context.newPage();
      await page.goto(wwwUrl);
      await visit(page, { context, origins, requested });
      assert.deepEqual(errors, []);
      const allowed = new Set([wwwUrl, issuerUrl, edgeUrl].map((url) => new URL(url).origin));
      assert.deepEqual(
        [...origins].filter((origin) => !allowed.has(origin)),
        [],
      );
      const stored = await page.evaluate(async () => [
        localStorage.length,
        sessionStorage.length,
        document.cookie,
        (await indexedDB.databases()).length,
      ]);
      assert.deepEqual(stored, [0, 0, "", 0], "tokens stay in memory");
    } finally {
      await context.close();
    }
  }

  return { onPage };
}

/** Polls until the value equals `wanted`; the error has the last value. */
export async function until(what, wanted, poll) {
  const end = Date.now() + PATIENCE;
  let last = await poll();
  while (!isDeepStrictEqual(last, wanted) && Date.now() < end) {
    await pause(20);
    last = await poll();
  }
  assert.deepEqual(last, wanted, what);
}

/** Presses Tab until the focus is on a control of this name. */
export async function tabTo(page, name) {
  const focused = () =>
    page.evaluate(() => {
      const { ariaLabel, labels, textContent } = document.activeElement;
      return (ariaLabel || labels?.[0]?.textContent || textContent || "").trim();
    });
  for (let step = 0; step < 80; step += 1) {
    await page.keyboard.press("Tab");
    if ((await focused()) === name) {
      return;
    }
  }
  assert.fail(`Tab does not lead to "${name}"`);
}

/** Opens the flow and logs in there, on a Korean page. */
export async function logIn(page, { secret = password, name = username } = {}) {
  await page.getByRole("tab", { name: "흐름" }).click();
  await page.getByLabel("사용자 이름").fill(name);
  await page.getByLabel("비밀번호").fill(secret);
  await page.getByRole("button", { name: "로그인" }).click();
}

/** Returns by how many pixels the page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - window.innerWidth));
}

/** Takes a screenshot, if there is a directory for it. */
export async function shoot(page, name, { fullPage = false } = {}) {
  if (screenshots) {
    const path = join(screenshots, `${name}.png`);
    mkdirSync(dirname(path), { recursive: true });
    await page.screenshot({ path, fullPage, animations: "disabled" });
  }
}
