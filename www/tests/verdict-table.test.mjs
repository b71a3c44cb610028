// Every row of the verdict table that all targets agree on, through both entries of the package in
// real Chromium.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { noChromium, openPackagePage } from "./chromium.mjs";

const table = join(import.meta.dirname, "..", "..", "verifier-core", "vectors", "verdicts.json");

test("every row of the verdict table has its verdict in Chromium", { skip: noChromium, timeout: 120_000 }, async (t) => {
  const { keys, rows: all } = JSON.parse(readFileSync(table, "utf8"));
  // The package refuses a leeway of more than an hour, whatever the token; its tests in Node say
  // so.
  const rows = all.filter(({ policy: { leeway, futureLeeway } }) => leeway <= 3600 && futureLeeway <= 3600);
  const { page, close } = await openPackagePage();
  t.after(close);
  const found = await page.evaluate(
    async ([keys, rows]) => {
      const { createVerifier, VerificationError } = await import("/index.js");
      const { createExplainer } = await import("/explain.js");
      /** The code of a refusal; undefined when `ask` accepts. */
      const codeOf = (create, ask) => {
        let made;
        try {
          made = create();
          return ask(made);
        } catch (error) {
          return error instanceof VerificationError ? error.code : String(error);
        } finally {
          made?.free();
        }
      };
      return rows.map(({ id, token, keys: name, policy, now }) => [
        id,
        codeOf(() => createVerifier(keys[name], policy), (verifier) => void verifier.verify(token, { now })) ?? "accept",
        codeOf(
          () => createExplainer(keys[name], policy),
          (explainer) => explainer.explain(token, { now }).steps.find(({ outcome }) => outcome === "failed")?.code,
        ) ?? "accept",
      ]);
    },
    [keys, rows],
  );
  const counts = new Map();
  found.forEach(([, verdict], index) => {
    const count = counts.get(rows[index].class) ?? [0, 0];
    count[verdict === "accept" ? 0 : 1] += 1;
    counts.set(rows[index].class, count);
  });
  const lines = [["class", ["accepted", "refused"]], ...[...counts].sort(([a], [b]) => (a < b ? -1 : 1))];
  for (const [name, [accepted, refused]] of lines) {
    console.log(`chromium: ${name.padEnd(24)} ${String(accepted).padStart(8)} ${String(refused).padStart(8)}`);
  }
  assert.ok(found.length > 400);
  assert.deepEqual(found, rows.map((row) => [row.id, row.code ?? row.verdict, row.code ?? row.verdict]));
});
