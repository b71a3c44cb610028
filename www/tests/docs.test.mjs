// The issuer's documentation page in Chromium: it works under its policy, and connects to the
// issuer only.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchChromium } from "./chromium.mjs";
import { issuerUrl, noSystem, password, username } from "./system.mjs";

describe("the issuer's documentation", { skip: noSystem, timeout: 120_000 }, () => {
  let browser;

  before(async () => {
    browser = await launchChromium();
  });

  after(() => browser?.close());

  test("a visitor logs in; nothing is loaded from elsewhere or blocked by the policy", async () => {
    const page = await browser.newPage();
    const [errors, origins] = [[], new Set()];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "data:") {
        origins.add(url.origin);
      }
    });
    await page.goto(`${issuerUrl}/docs`);
    assert.equal(page.url(), `${issuerUrl}/docs/`);
    await page.locator(".opblock").first().waitFor();
    const paths = (await (await fetch(`${issuerUrl}/openapi.json`)).json()).paths;
    const documented = Object.values(paths).flatMap(Object.keys).length;
    assert.equal(await page.locator(".opblock").count(), documented);

    const login = page.locator(".opblock", { has: page.locator("[data-path='/api/token/']") });
    await login.locator(".opblock-summary").click();
    await login.getByRole("button", { name: "Try it out" }).click();
    await login.locator("textarea").fill(JSON.stringify({ username, password }));
    await login.getByRole("button", { name: "Execute" }).click();
    await login.locator(".live-responses-table").waitFor();
    assert.equal(
      await login.locator(".live-responses-table tbody .response-col_status").innerText(),
      "200",
    );
    assert.ok((await login.locator(".live-responses-table").innerText()).includes('"access"'));

    assert.deepEqual(errors, []);
    assert.deepEqual([...origins], [new URL(issuerUrl).origin]);
    await page.close();
  });
});
