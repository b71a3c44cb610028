// The packed package in Bun, Deno and releases of Node: every entry, and every row of the verdict
// table.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startTask } from "./consumer-task.mjs";
import { expected } from "./consumers/try.mjs";
import { install, root, run } from "./packed.mjs";
import { bun, deno, nodes } from "./runtimes.mjs";
import { expectedCode, rows } from "./support/vectors.mjs";

let packed;
let served;
before(async () => {
  packed = await install();
  served = await startTask();
});
after(async () => {
  packed?.remove();
  await served?.stop();
});

const runtimes = {
  Bun: { ...bun, args: ["run"] },
  "Node 22": { ...nodes["Node 22"], args: [] },
  "Node 24": { ...nodes["Node 24"], args: [] },
  Deno: { ...deno, args: ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-net"] },
};
for (const [name, { program, skip, args }] of Object.entries(runtimes)) {
  const printedBy = async (file, argument) =>
    JSON.parse(await run(packed.directory, program, [...args, file, argument]));

  test(`in ${name}`, { skip }, async () => {
    assert.deepEqual(await printedBy("node/program.mjs", JSON.stringify(served.task)), expected);
  });

  test(`every row of the verdict table has its verdict in ${name}`, { skip }, async () => {
    const judged = await printedBy("verdicts/program.mjs", join(root, "test", "support"));
    assert.ok(judged.length >= 400, `${judged.length} rows`);
    const right = rows.map((row) => ({ id: row.id, code: expectedCode(row), mistake: null }));
    assert.deepEqual(judged, right);
  });
}

for (const [name, { program, skip }] of Object.entries(nodes)) {
  test(
    `the tests of modules and instances pass in ${name}`,
    { skip, timeout: 300_000 },
    async () => {
      for (const file of ["arguments", "details", "slim", "instance", "status", "jwks"]) {
        // Unset, the variable makes tests report by their exit code.
        const path = join("test", `${file}.test.mjs`);
        await run(root, "env", ["--unset=NODE_TEST_CONTEXT", program, path]);
      }
    },
  );
}
