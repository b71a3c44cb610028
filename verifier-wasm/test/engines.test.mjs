// Each engine gets its kernel, and the other tests pass with it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { flags, withoutSimd } from "./engines.mjs";
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
      'console.log((await import("./dist/engine.js")).selectKernel())',
    )
  ).trim();

for (const kind of Object.keys(flags)) {
  test(
    `an engine with the kernel ${kind} gives the verdicts of all others`,
    { timeout: 300_000 },
    async (t) => {
      const found = await kindOf(kind);
      if (found !== kind) {
        // No flag adds instructions that an old processor lacks, or removes fused multiply-adds
        // from an ARM processor.
        assert.ok(
          kind === "fma" || process.arch !== "x64",
          `made for ${kind}, but selects ${found}`,
        );
        return t.skip(
          `skipped: on this processor the flags make an engine for the kernel ${found}`,
        );
      }
      for (const file of ["verdict_table", "verify", "slim", "instance"]) {
        await node(...flags[kind], join("test", `${file}.test.mjs`));
      }
    },
  );
}

test("an engine without SIMD gets an error that names it", async (t) => {
  const script = `
    import { createVerifier } from "./dist/index.js";
    import { init } from "./dist/slim.js";
    try {
      createVerifier("");
    } catch (error) {
      console.log(error.message);
    }
    await init().catch((error) => console.log(error.message));
    console.log(WebAssembly.validate(new Uint8Array([
      0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123,
    ])));`;
  const printed = await node(...withoutSimd, "--input-type=module", "-e", script);
  const [main, slim, hasSimd] = printed.trim().split("\n");
  if (hasSimd === "true") {
    return t.skip("skipped: no flag takes SIMD from this processor");
  }
  assert.match(main, /^this engine has no SIMD in WebAssembly; see "Platforms" in the README/);
  assert.match(slim, /this engine has no SIMD in WebAssembly/);
});
