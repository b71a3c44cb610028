// The vectors of verifier-core, through the main and the explaining entry in each browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browsers } from "../../verifier-wasm/test/support/browsers.mjs";
import { judgedIn } from "../../verifier-wasm/test/support/verdict-page.mjs";
import { expectedCode, printCounts, rows } from "../../verifier-wasm/test/support/vectors.mjs";

for (const browser of browsers) {
  const { name, skip } = browser;
  const options = { skip, timeout: 120_000 };
  test(`every row of the verdict table has its verdict in ${name}`, options, async (t) => {
    const judged = await judgedIn(t, browser);
    assert.ok(judged.length > 400);
    printCounts(
      name.toLowerCase(),
      judged.map(({ code }) => code),
    );
    const right = rows.map((row) => ({ id: row.id, code: expectedCode(row), mistake: null }));
    assert.deepEqual(judged, right);
  });
}
