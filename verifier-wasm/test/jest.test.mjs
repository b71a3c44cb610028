// Jest with the configuration that the README gives: CommonJS tests in Node and jsdom, and ES
// modules.

import assert from "node:assert/strict";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { KID, keySet } from "./jwks-server.mjs";
import { install, root, run } from "./packed.mjs";
import { NOW, token } from "./support/tokens.mjs";

const installed = join(root, "node_modules");

let packed;
let project;
before(async () => {
  packed = await install();
  project = join(packed.directory, "jest");
  const task = { good: token({ header: { kid: KID } }), keySet, now: NOW };
  writeFileSync(join(project, "task.json"), JSON.stringify(task));
  // A project of CommonJS, whose tests are CommonJS unless their name says more.
  writeFileSync(join(project, "package.json"), '{ "private": true }');
  for (const name of ["@babel", "babel-jest", "jest-environment-jsdom"]) {
    symlinkSync(join(installed, name), join(packed.directory, "node_modules", name), "dir");
  }
  const readme = readFileSync(join(root, "README.md"), "utf8");
  for (const name of ["jest.config.js", "jest.setup.js"]) {
    const [, text] = readme.match(new RegExp(`\`\`\`js\n// ${name}\n(.*?)\`\`\``, "s"));
    writeFileSync(join(project, name), text);
  }
});
after(() => packed?.remove());

/** Runs Jest; it exits with an error when a test fails or there is none. */
async function jest(flags, ...args) {
  const program = join(installed, "jest", "bin", "jest.js");
  await run(project, process.execPath, [
    ...flags,
    program,
    "--runInBand",
    "--cacheDirectory=cache",
    ...args,
  ]);
}

test("CommonJS in Node", async () => {
  await jest([], "--env=node", "commonjs");
});

test("CommonJS in jsdom, which lacks some globals", async () => {
  await jest([], "--env=jsdom", "commonjs");
});

test("without the setup, jsdom fails with a sentence", async () => {
  const setup = join(project, "jest.setup.js");
  const text = readFileSync(setup, "utf8");
  writeFileSync(setup, "");
  await assert.rejects(
    jest([], "--env=jsdom", "commonjs"),
    /this runtime has no TextDecoder; see "Platforms" in the README of @dojang\/verifier/,
  );
  writeFileSync(setup, text);
});

test("ES modules in Node, the slim entry, too", async () => {
  const flags = ["--no-warnings", "--experimental-vm-modules"];
  const config = { testMatch: ["**/*.test.mjs"], transform: {} };
  await jest(flags, `--config=${JSON.stringify(config)}`);
});
