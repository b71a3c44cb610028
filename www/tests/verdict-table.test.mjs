// The vectors of verifier-core, through the main and the explaining entry in Chromium.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  expectedCode,
  keys,
  printCounts,
  rows,
} from "../../verifier-wasm/test/support/vectors.mjs";
import { noChromium, openPackagePage } from "./chromium.mjs";

const options = { skip: noChromium, timeout: 120_000 };

test("every row of the verdict table has its verdict in Chromium", options, async (t) => {
  const { page, close } = await openPackagePage();
  t.after(close);
  const actual = await page.evaluate(
    async ([keys, rows]) => {
      const { createVerifier, VerificationError } = await import("/index.js");
      const { createExplainer } = await import("/explain.js");
      /** Returns the code of a refusal, or `accept`. */
      const codeOf = (create, call) => {
        let created;
        try {
          created = create();
          return call(created) ?? "accept";
        } catch (error) {
          return error instanceof VerificationError ? error.code : String(error);
        } finally {
          created?.free();
        }
      };
      return rows.map(({ id, token, keys: name, policy, now }) => [
        id,
        codeOf(
          () => createVerifier(keys[name], policy),
          (verifier) => void verifier.verify(token, { now }),
        ),
        codeOf(
          () => createExplainer(keys[name], policy),
          (explainer) => {
            const { steps } = explainer.explain(token, { now });
            return steps.find(({ outcome }) => outcome === "failed")?.code;
          },
        ),
      ]);
    },
    [keys, rows],
  );
  printCounts(
    "chromium",
    actual.map(([, code]) => code),
  );
  assert.ok(actual.length > 400);
  const expected = rows.map((row) => [row.id, expectedCode(row), expectedCode(row)]);
  assert.deepEqual(actual, expected);
});
