// The slim entry behind bundlers: it finds its module, or one sentence says what to do.

import assert from "node:assert/strict";
import { copyFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import nodeResolve from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import * as vite8 from "vite";
import * as vite7 from "vite7";
import { startTask } from "./consumer-task.mjs";
import { install, run } from "./packed.mjs";
import { bun } from "./runtimes.mjs";
import { browsers, open } from "./support/browsers.mjs";

let packed;
let served;
let program;
before(async () => {
  packed = await install();
  served = await startTask();
  program = join(packed.directory, "bundled", "program.mjs");
});
after(async () => {
  packed?.remove();
  await served?.stop();
});

const wasmFiles = () =>
  readdirSync(packed.dist).filter((name) => /^(verifier|kernel).*\.wasm$/.test(name));

/** Runs a bundle and returns what it prints. */
async function printedBy(file, runtime = process.execPath) {
  const args = [file, JSON.stringify(served.task)];
  return (await run(packed.directory, runtime, args)).trim();
}

/** The sentence, with the reason that the platform gives. */
const missing = (reason, place = "at (file|http)://.*/(verifier_wasm|kernel_(simd|fma))\\.wasm") =>
  new RegExp(
    `^init\\(\\) found no module ${place} \\(${reason}.*\\): pass it other addresses; ` +
      'see "Platforms" in the README of @dojang/verifier$',
  );

/** Expects the sentence, and a verdict as soon as the files lie next to the bundle. */
async function needsTheFilesBesideIt(file, runtime) {
  assert.match(await printedBy(file, runtime), missing("ENOENT"));
  for (const name of wasmFiles()) {
    copyFileSync(join(packed.dist, name), join(dirname(file), name));
  }
  assert.equal(await printedBy(file, runtime), "user 1");
}

async function bundleByEsbuild(format, name) {
  const outfile = join(packed.directory, "esbuild", format, name);
  const options = { entryPoints: [program], bundle: true, platform: "node", logLevel: "error" };
  await esbuild.build({ ...options, format, outfile });
  return outfile;
}

test("esbuild leaves the files to the build script", async () => {
  await needsTheFilesBesideIt(await bundleByEsbuild("esm", "program.mjs"));
});

test("a CommonJS bundle of esbuild does not know its address", async () => {
  assert.match(
    await printedBy(await bundleByEsbuild("cjs", "program.cjs")),
    missing("Invalid URL", "next to its file"),
  );
});

for (const [format, name] of [
  ["es", "program.mjs"],
  ["cjs", "program.cjs"],
]) {
  test(`Rollup leaves the files to the build script (${format})`, async () => {
    const file = join(packed.directory, "rollup", format, name);
    const plugins = [nodeResolve({ exportConditions: ["node"] })];
    const bundle = await rollup({ input: program, external: /^node:/, plugins });
    await bundle.write({ file, format });
    await needsTheFilesBesideIt(file);
  });
}

for (const [version, vite] of Object.entries({ 7: vite7, 8: vite8 })) {
  const quiet = { configFile: false, logLevel: "error", mode: "production" };
  const buildForServer = async (ssr, directory) => {
    const outDir = join(packed.directory, "vite", version, directory);
    const root = join(packed.directory, "bundled");
    await vite.build({ ...quiet, root, ssr, build: { ssr: "program.mjs", outDir } });
    return join(outDir, "program.js");
  };

  test(`vite build --ssr of Vite ${version} leaves the package outside`, async () => {
    assert.equal(await printedBy(await buildForServer({}, "external")), "user 1");
  });

  test(`vite build --ssr of Vite ${version} leaves the files to the build script`, async () => {
    await needsTheFilesBesideIt(await buildForServer({ noExternal: true }, "inside"));
  });

  test(`vite build of Vite ${version} emits the files`, async () => {
    const outDir = join(packed.directory, "vite", version, "page");
    await vite.build({ ...quiet, root: join(packed.directory, "dev"), build: { outDir } });
    const assets = readdirSync(join(outDir, "assets"));
    assert.equal(assets.filter((name) => name.endsWith(".wasm")).length, wasmFiles().length);
  });

  const [chromium] = browsers;
  const options = { skip: chromium.skip, timeout: 60_000 };

  test(`the development server of Vite ${version}`, options, async (t) => {
    const excluding = { optimizeDeps: { exclude: ["@dojang/verifier"] } };
    assert.equal(await outcomeInDevelopment(t, vite, excluding), "user 1");
    const outcome = await outcomeInDevelopment(t, vite, {});
    if (version === "7") {
      assert.match(outcome, missing("the module could not be fetched: http://.* is a page"));
    } else {
      assert.equal(outcome, "user 1");
    }
  });
}

/** Opens the page of a development server in Chromium, and returns what the page sends. */
async function outcomeInDevelopment(t, vite, options) {
  let arrived;
  const outcome = new Promise((resolve) => (arrived = resolve));
  const http = createServer(async (request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    if (request.url === "/outcome") {
      arrived((await request.setEncoding("utf8").toArray()).join(""));
    }
    response.end(JSON.stringify(served.task));
  });
  await new Promise((listening) => http.listen(0, "127.0.0.1", listening));
  t.after(() => {
    http.closeAllConnections();
    http.close();
  });
  const address = `http://127.0.0.1:${http.address().port}`;
  const server = await vite.createServer({
    configFile: false,
    logLevel: "error",
    root: join(packed.directory, "dev"),
    cacheDir: join(packed.directory, "cache", `${vite.version}-${Object.keys(options).length}`),
    define: { "import.meta.env.VITE_TEST_SERVER": JSON.stringify(address) },
    server: { host: "127.0.0.1", port: 0, hmr: false },
    ...options,
  });
  t.after(() => server.close());
  await server.listen();
  const [chromium] = browsers;
  await open(t, chromium, `http://127.0.0.1:${server.httpServer.address().port}/`);
  return await outcome;
}

for (const target of ["node", "bun"]) {
  test(`bun build --target=${target} leaves the files`, { skip: bun.skip }, async () => {
    const outdir = join(packed.directory, "bun", target);
    await run(packed.directory, bun.program, [
      "build",
      `--target=${target}`,
      `--outdir=${outdir}`,
      program,
    ]);
    const runtime = target === "bun" ? bun.program : process.execPath;
    await needsTheFilesBesideIt(join(outdir, "program.js"), runtime);
  });
}
