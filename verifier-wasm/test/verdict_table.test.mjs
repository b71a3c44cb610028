// Every row of the verdict table that all targets agree on, through both entries of the package in
// Node.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createVerifier, KeyError, VerificationError } from "@dojang/verifier";
import { createExplainer } from "@dojang/verifier/explain";

const table = join(import.meta.dirname, "..", "..", "verifier-core", "vectors", "verdicts.json");
const { keys, rows } = JSON.parse(readFileSync(table, "utf8"));

/** The answer to a row: what `ask` returns of the object that `create` makes, or the error it throws. */
function answerTo({ keys: name, policy, token, now }, create, ask) {
  let made;
  try {
    made = create(keys[name], policy);
    return ask(made, token, { now });
  } catch (error) {
    if (error instanceof VerificationError) {
      return error;
    }
    throw error;
  } finally {
    made?.free();
  }
}

/** An option out of range, which the package refuses, whatever the token. */
const isOutOfRange = ({ policy: { leeway, futureLeeway } }) => leeway > 3600 || futureLeeway > 3600;

test("a leeway of more than an hour is refused by both entries", () => {
  const outside = rows.filter(isOutOfRange);
  assert.ok(outside.length >= 2);
  for (const { keys: name, policy } of outside) {
    for (const create of [createVerifier, createExplainer]) {
      assert.throws(() => create(keys[name], policy), /leeway must be a whole number of seconds from 0 to 3600/i);
    }
  }
});

test("every row of the verdict table has its verdict", () => {
  const counts = new Map();
  const wrong = [];
  for (const row of rows.filter((row) => !isOutOfRange(row))) {
    const answer = answerTo(row, createVerifier, (verifier, ...question) => verifier.verify(...question));
    if ((answer.code ?? "accept") !== (row.code ?? row.verdict)) {
      wrong.push(`${row.id}: ${answer.code ?? "accept"} instead of ${row.code ?? row.verdict}`);
    }
    const count = counts.get(row.class) ?? [0, 0];
    count[row.code === undefined ? 0 : 1] += 1;
    counts.set(row.class, count);
  }
  const lines = [["class", ["accepted", "refused"]], ...[...counts].sort(([a], [b]) => (a < b ? -1 : 1))];
  for (const [name, [accepted, refused]] of lines) {
    console.log(`node: ${name.padEnd(24)} ${String(accepted).padStart(8)} ${String(refused).padStart(8)}`);
  }
  assert.ok(rows.length >= 400, `${rows.length} rows`);
  assert.deepEqual(wrong, []);
});

test("every row is explained by its verdict and the one check that stopped it", () => {
  for (const row of rows.filter((row) => !isOutOfRange(row))) {
    const verdict = answerTo(row, createVerifier, (verifier, ...question) => verifier.verify(...question));
    const explanation = answerTo(row, createExplainer, (explainer, ...question) => explainer.explain(...question));
    if (verdict instanceof KeyError) {
      assert.deepEqual([explanation.constructor, explanation.code], [KeyError, verdict.code], row.id);
      continue;
    }
    const { code, message, details, header, claims } = verdict;
    const expected = code === undefined ? { ok: true, header, claims } : { ok: false, code, message, details };
    assert.deepEqual(explanation.verdict, expected, row.id);

    const outcomes = explanation.steps.map(({ outcome }) => outcome);
    const failed = explanation.steps.find(({ outcome }) => outcome === "failed");
    assert.equal(failed?.code, code, row.id);
    const passed = outcomes.filter((outcome) => outcome === "passed").length;
    const behind = outcomes.length - passed - (failed === undefined ? 0 : 1);
    assert.deepEqual(
      outcomes,
      [...Array(passed).fill("passed"), ...(failed === undefined ? [] : ["failed"]), ...Array(behind).fill("not_reached")],
      row.id,
    );
    assert.equal(behind === 0 || failed !== undefined, true, `${row.id}: a good token passes every check`);
  }
});
