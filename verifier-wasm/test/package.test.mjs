// The package as others get it: packed, installed somewhere else, imported.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { key, NOW, token } from "./tokens.mjs";

const root = join(import.meta.dirname, "..");
const elsewhere = mkdtempSync(join(tmpdir(), "dojang-package-"));
after(() => rmSync(elsewhere, { recursive: true, force: true }));

const npm = (cwd, ...args) => execFileSync("npm", args, { cwd, encoding: "utf8", timeout: 120_000, stdio: ["ignore", "pipe", "pipe"] });

const licenses = ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT"];

test("the license texts are those of the whole project", () => {
  for (const name of licenses) {
    assert.equal(readFileSync(join(root, name), "utf8"), readFileSync(join(root, "..", name), "utf8"), name);
  }
});

test("the packed tarball works where it is installed, without a network", () => {
  const [{ filename, files }] = JSON.parse(npm(root, "pack", "--json", "--pack-destination", elsewhere));
  const names = files.map(({ path }) => path);
  const expected = ["README.md", "package.json", "dist/index.js", "dist/index.d.ts", "dist/explain.js", ...licenses];
  assert.deepEqual(expected.filter((name) => !names.includes(name)), []);
  assert.deepEqual(names.filter((name) => !expected.includes(name) && !/^dist\/[a-z_-]+(\.d\.ts|\.js)$/.test(name)), []);

  writeFileSync(join(elsewhere, "package.json"), '{ "private": true, "type": "module" }');
  npm(elsewhere, "install", "--offline", "--no-audit", "--no-fund", `./${filename}`);
  writeFileSync(
    join(elsewhere, "program.mjs"),
    `import { createVerifier, VerificationError } from "@dojang/verifier";
     import { createExplainer } from "@dojang/verifier/explain";
     import { codeTexts } from "@dojang/verifier/texts";
     const [keys, good, now] = JSON.parse(process.argv[2]);
     const verifier = createVerifier(keys);
     let code;
     try {
       verifier.verify(good.replace(/[^.]*$/, (signature) => signature.replace(/^./, (first) => (first === "A" ? "B" : "A"))), { now });
     } catch (error) {
       code = error instanceof VerificationError && error.code;
     }
     const { steps } = createExplainer(keys).explain(good, { now });
     console.log(JSON.stringify([
       verifier.verify(good, { now }).claims.user_id, code, codeTexts.token_expired.ko, steps.at(-1).outcome,
     ]));`,
  );
  const output = execFileSync(process.execPath, ["program.mjs", JSON.stringify([key.jwk, token(), NOW])], {
    cwd: elsewhere,
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.deepEqual(JSON.parse(output), [1, "signature_invalid", "토큰이 만료되었습니다", "passed"]);
});

test("the plain entry loads neither the explaining module nor the sentences for people", () => {
  const loaded = new Set();
  const visit = (file) => {
    if (!loaded.has(file)) {
      loaded.add(file);
      const text = readFileSync(join(root, "dist", file), "utf8");
      for (const [, imported] of text.matchAll(/\b(?:from|import) "\.\/([^"]+)"/g)) {
        visit(imported);
      }
    }
  };
  visit("index.js");
  assert.ok(loaded.has("wasm-bytes.js"), [...loaded].join(" "));
  for (const other of ["explain.js", "explain-bytes.js", "texts.js", "checks.js"]) {
    assert.equal(loaded.has(other), false, other);
  }
});
