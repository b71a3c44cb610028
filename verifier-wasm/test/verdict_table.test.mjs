// The vectors of verifier-core, through the main and the explaining entry in Node.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createVerifier, KeyError, VerificationError } from "@dojang/verifier";
import { createExplainer } from "@dojang/verifier/explain";
import { expectedCode, keys, printCounts, rejectedRows, rows } from "./support/vectors.mjs";

/** Returns the result of `call` with the created object, or the error that either throws. */
function resultOf({ keys: name, policy, token, now }, create, call) {
  let created;
  try {
    created = create(keys[name], policy);
    return call(created, token, { now });
  } catch (error) {
    if (error instanceof VerificationError) {
      return error;
    }
    throw error;
  } finally {
    created?.free();
  }
}

const verdictOf = (row) =>
  resultOf(row, createVerifier, (verifier, ...args) => verifier.verify(...args));

const explanationOf = (row) =>
  resultOf(row, createExplainer, (explainer, ...args) => explainer.explain(...args));

test("a leeway of more than an hour is refused by both entries", () => {
  assert.ok(rejectedRows.length >= 2);
  for (const { keys: name, policy } of rejectedRows) {
    for (const create of [createVerifier, createExplainer]) {
      assert.throws(
        () => create(keys[name], policy),
        /leeway must be a whole number of seconds from 0 to 3600/i,
      );
    }
  }
});

test("every row of the verdict table has its verdict", () => {
  const codes = rows.map((row) => verdictOf(row).code ?? "accept");
  printCounts("node", codes);
  assert.ok(rows.length >= 400, `${rows.length} rows`);
  const wrong = rows.flatMap((row, index) =>
    codes[index] === expectedCode(row)
      ? []
      : `${row.id}: ${codes[index]} instead of ${expectedCode(row)}`,
  );
  assert.deepEqual(wrong, []);
});

test("every row is explained by its verdict and the one check that failed", () => {
  for (const row of rows) {
    const verdict = verdictOf(row);
    const explanation = explanationOf(row);
    if (verdict instanceof KeyError) {
      assert.deepEqual(
        [explanation.constructor, explanation.code],
        [KeyError, verdict.code],
        row.id,
      );
      continue;
    }
    const { code, message, details, header, claims } = verdict;
    const expected =
      code === undefined ? { ok: true, header, claims } : { ok: false, code, message, details };
    assert.deepEqual(explanation.verdict, expected, row.id);

    const outcomes = explanation.steps.map(({ outcome }) => outcome);
    const failed = explanation.steps.find(({ outcome }) => outcome === "failed");
    assert.equal(failed?.code, code, row.id);
    const passed = outcomes.filter((outcome) => outcome === "passed").length;
    const notReached = outcomes.length - passed - (failed === undefined ? 0 : 1);
    assert.deepEqual(
      outcomes,
      [
        ...Array(passed).fill("passed"),
        ...(failed === undefined ? [] : ["failed"]),
        ...Array(notReached).fill("not_reached"),
      ],
      row.id,
    );
    const isComplete = notReached === 0 || failed !== undefined;
    assert.ok(isComplete, `${row.id}: an accepted token passes every check`);
  }
});
