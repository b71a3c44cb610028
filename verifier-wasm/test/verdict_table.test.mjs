// The vectors of verifier-core, through the main and the explaining entry in Node.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createVerifier, KeyError, VerificationError } from "@dojang/verifier";
import { createExplainer } from "@dojang/verifier/explain";
import { expectedCode, keys, printCounts, rejectedRows, rows } from "./support/vectors.mjs";
import { judge } from "./support/verdicts.mjs";

const judged = judge({ createVerifier, createExplainer, KeyError, VerificationError }, keys, rows);

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
  const codes = judged.map(({ code }) => code);
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
  assert.deepEqual(
    judged.filter(({ mistake }) => mistake !== null),
    [],
  );
});
