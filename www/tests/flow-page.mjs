// Actions of the flow tests on the page.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "./pages.mjs";

/** Waits until the flow shows this message. */
export const showsMessage = (page, text) => page.locator("#flow-message").getByText(text).waitFor();
/** Presses a button of the flow. */
export const press = (page, name) =>
  page.locator("#flow").getByRole("button", { name, exact: true }).click();
/** Waits until the action is done: until then, the message is about the previous one. */
export const done = (page) => page.locator("#flow [aria-busy=true]").waitFor({ state: "detached" });

/** Waits until the list shows these exchanges, and the drawing as many arrows. */
export async function drawn(page, wanted) {
  await until("the exchanges", wanted, () =>
    page
      .locator(".exchanges > li")
      .evaluateAll((items) =>
        items.map((item) =>
          ["code", ".status"].map((name) => item.querySelector(name).textContent).join(" "),
        ),
      ),
  );
  assert.equal(await page.locator("svg.sequence line.arrow:not(.back)").count(), wanted.length);
  assert.equal(await page.locator("svg.sequence line.back").count(), wanted.length);
}

/** Presses until the message is `refused`; it must be `stillAccepted` before. */
export async function isFinallyRefused(page, name, refused, stillAccepted) {
  const end = Date.now() + 20_000;
  do {
    await press(page, name);
    await done(page);
    const text = await page.locator("#flow-message").textContent();
    if (refused.test(text)) {
      return;
    }
    assert.match(text, stillAccepted);
    // The list that refuses it is read within its lifetime of some seconds.
    await pause(500);
  } while (Date.now() < end);
  assert.fail("the edge still accepts the token");
}
