// Judges the rows of the verdict table by the main and the explaining entry. Runs in Node, Bun,
// Deno and browsers, so it imports nothing.

/**
 * @param entries the exports of the main and the explaining entry
 * @returns for each row the code of its verdict, or `accept`, and what is wrong with its
 * explanation, or null
 */
export function judge(entries, keys, rows) {
  return rows.map((row) => {
    const verdict = resultOf(row, keys, entries, entries.createVerifier, (verifier, ...args) =>
      verifier.verify(...args),
    );
    const explanation = resultOf(row, keys, entries, entries.createExplainer, (made, ...args) =>
      made.explain(...args),
    );
    const mistake = mistakeIn(explanation, verdict, entries);
    return { id: row.id, code: verdict.code ?? "accept", mistake };
  });
}

/** Returns the result of `call` with the created object, or the error that either throws. */
function resultOf({ keys: name, policy, token, now }, keys, { VerificationError }, create, call) {
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

/** An explanation has the verdict, and at most one check that failed, behind those that passed. */
function mistakeIn(explanation, verdict, { KeyError }) {
  const { code, message, details, header, claims } = verdict;
  if (verdict instanceof KeyError) {
    return explanation instanceof KeyError && explanation.code === code ? null : "another error";
  }
  const expected =
    code === undefined ? { ok: true, header, claims } : { ok: false, code, message, details };
  if (!isSame(explanation.verdict, expected)) {
    return "another verdict";
  }
  const { steps } = explanation;
  const failed = steps.find(({ outcome }) => outcome === "failed");
  if (failed?.code !== code) {
    return `the failed check has the code ${failed?.code}`;
  }
  const passed = steps.filter(({ outcome }) => outcome === "passed").length;
  const outcomes = steps.map((_, index) =>
    index < passed ? "passed" : index === passed && failed !== undefined ? "failed" : "not_reached",
  );
  if (failed === undefined && passed !== steps.length) {
    return "an accepted token did not pass every check";
  }
  return isSame(
    steps.map(({ outcome }) => outcome),
    outcomes,
  )
    ? null
    : "the checks are out of order";
}

/** Compares values with their prototypes. */
function isSame(a, b) {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return Object.is(a, b);
  }
  const names = Object.getOwnPropertyNames(a);
  return (
    Object.getPrototypeOf(a) === Object.getPrototypeOf(b) &&
    names.length === Object.getOwnPropertyNames(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
  );
}
