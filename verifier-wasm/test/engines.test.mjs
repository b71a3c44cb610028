// Each engine gets its module, and the other tests pass with it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { flags } from "./engines.mjs";
import { root, run } from "./packed.mjs";

/** Returns the output of Node. Unset, the variable makes tests report by their exit code. */
function node(...args) {
  return run(root, "env", ["--unset=NODE_TEST_CONTEXT", process.execPath, ...args]);
}

const kindOf = async (kind) =>
  (
    await node(
      ...flags[kind],
      "--input-type=module",
      "-e",
      'console.log((await import("./dist/engine.js")).detectEngine())',
    )
  ).trim();

for (const kind of Object.keys(flags)) {
  test(
    `an engine of the kind ${kind} gives the verdicts of all others`,
    { timeout: 300_000 },
    async (t) => {
      const found = await kindOf(kind);
      if (found !== kind) {
        // No flag adds instructions that an old processor lacks, or removes fused multiply-adds
        // from an ARM processor.
        assert.ok(
          kind === "fma" || process.arch !== "x64",
          `made for ${kind} and found to be ${found}`,
        );
        return t.skip(`skipped: on this processor the flags make an engine of the kind ${found}`);
      }
      for (const file of ["verdict_table", "verify", "slim", "instance"]) {
        await node(...flags[kind], join("test", `${file}.test.mjs`));
      }
    },
  );
}
