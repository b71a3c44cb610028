// The vectors of verifier-core: rows of a token, keys, a policy and the expected verdict.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..", "..");
const file = join(root, "verifier-core", "vectors", "verdicts.json");

/** `keys`: key texts by name. `rows`: `{ id, class, token, keys, policy, now, verdict, code }`. */
export const { keys, rows: allRows } = JSON.parse(readFileSync(file, "utf8"));

const isAllowed = (seconds = 0) => seconds <= 3600;

/** The rows whose policy the package accepts. */
export const rows = allRows.filter(
  ({ policy }) => isAllowed(policy.leeway) && isAllowed(policy.futureLeeway),
);

/** The rows with a leeway of more than an hour: the package throws a `TypeError`. */
export const rejectedRows = allRows.filter((row) => !rows.includes(row));

/** The expected code, or `accept`. */
export const expectedCode = ({ code, verdict }) => code ?? verdict;

/** Prints the accepted and refused rows of each class, to compare targets by. */
export function printCounts(target, codes) {
  const counts = new Map([["class", ["accepted", "refused"]]]);
  const classes = [...new Set(rows.map((row) => row.class))].sort();
  for (const name of classes) {
    const ofClass = codes.filter((_, index) => rows[index].class === name);
    const accepted = ofClass.filter((code) => code === "accept").length;
    counts.set(name, [accepted, ofClass.length - accepted]);
  }
  for (const [name, [accepted, refused]] of counts) {
    const columns = [name.padEnd(24), String(accepted).padStart(8), String(refused).padStart(8)];
    console.log(`${target}: ${columns.join(" ")}`);
  }
}
