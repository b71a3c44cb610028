// The content of the tarball, the linters of packages, and the package on every platform.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";
import resolve from "resolve";
import { build } from "vite";
import { startTask } from "./consumer-task.mjs";
import { expected } from "./consumers/try.mjs";
import { install, root, run, runTool } from "./packed.mjs";
import { browsers, open } from "./support/browsers.mjs";

const licenses = ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT"];

let packed;
let task;
let stopTask;
before(async () => {
  packed = await install();
  ({ task, stop: stopTask } = await startTask());
});
after(async () => {
  packed?.remove();
  await stopTask?.();
});

test("the license texts are those of the whole project", () => {
  for (const name of licenses) {
    assert.equal(
      readFileSync(join(root, name), "utf8"),
      readFileSync(join(root, "..", name), "utf8"),
      name,
    );
  }
});

test("the tarball holds what the package needs and nothing else", () => {
  const { exports, imports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const named = [exports, imports]
    .flatMap(Object.values)
    .flatMap((entry) => (typeof entry === "string" ? entry : Object.values(entry)));
  const needed = [
    ...new Set(named.map((path) => path.replace("./", ""))),
    "README.md",
    ...licenses,
  ];
  assert.deepEqual(
    needed.filter((path) => !packed.files.includes(path)),
    [],
  );
  const welcome = [
    /^dist\/[a-z_-]+(\.(node|workerd|edge-light))?(\.d)?\.(js|ts|wasm|wasm\.ts)$/,
    /^examples\/[a-z]+\.mjs$/,
    /^[a-z/]+\/package\.json$/,
  ];
  assert.deepEqual(
    packed.files.filter(
      (path) => !needed.includes(path) && !welcome.some((kind) => kind.test(path)),
    ),
    [],
  );
});

test("publint and are-the-types-wrong find nothing", async () => {
  const lint = await runTool(packed.directory, "publint/src/cli.js", [
    "run",
    packed.tarball,
    "--strict",
  ]);
  assert.match(lint, /All good!/);
  // Exits with an error when there is a problem.
  const types = await runTool(packed.directory, "@arethetypeswrong/cli/dist/index.js", [
    packed.tarball,
    "--profile",
    "esm-only",
  ]);
  assert.match(types, /node16 \(from ESM\): 🟢/);
});

test("tools that do not read exports resolve every entry to the same file", async () => {
  const { exports, main, types } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  assert.deepEqual({ types, default: main }, exports["."]);
  const entries = Object.keys(exports).filter((entry) => !/\.(wasm|json)$/.test(entry));
  assert.equal(entries.length, 7);
  for (const entry of entries) {
    // The resolver of eslint-plugin-import.
    const file = resolve.sync(join("@dojang/verifier", entry), { basedir: packed.directory });
    assert.equal(file, realpathSync(join(packed.dist, "..", exports[entry].default)), entry);
  }
});

test("TypeScript 5 finds every entry by moduleResolution node", async () => {
  const compilerOptions = {
    lib: ["es2022", "dom"],
    module: "es2022",
    moduleResolution: "node",
    noEmit: true,
    strict: true,
    target: "es2022",
    types: [],
  };
  const files = ["types/usage.mts", "types/dom.mts"];
  const project = join(packed.directory, "tsconfig.node.json");
  writeFileSync(project, JSON.stringify({ compilerOptions, files }));
  // Newer releases do not have this resolution.
  const tsc = "@arethetypeswrong/core/node_modules/typescript/bin/tsc";
  await runTool(packed.directory, tsc, ["-p", project]);
});

/** Runs a program that prints the outcome of its task. */
const outcomeOf = async (...args) =>
  JSON.parse(await run(packed.directory, process.execPath, [...args, JSON.stringify(task)]));

test("in Node", async () => {
  assert.deepEqual(await outcomeOf("node/program.mjs"), expected);
});

test("in Node, as CommonJS requires it", async () => {
  const script =
    'const { createVerifier } = require("@dojang/verifier");' +
    'const { init } = require("@dojang/verifier/slim");' +
    "console.log(typeof createVerifier, typeof init)";
  const printed = await run(packed.directory, process.execPath, [
    "--no-warnings",
    "--input-type=commonjs",
    "-e",
    script,
  ]);
  assert.equal(printed, "function function\n");
});

const vite = { configFile: false, logLevel: "error", mode: "production" };

test("bundled by Vite for a server, and run in Node", async () => {
  const bundle = join(packed.directory, "bundle", "server");
  await build({
    ...vite,
    root: join(packed.directory, "node"),
    ssr: { noExternal: true },
    build: { ssr: "program.mjs", outDir: bundle, emptyOutDir: true },
  });
  // All in one file: only the slim entry needs separate module files.
  for (const name of ["verifier_wasm.wasm", "kernel_simd.wasm", "kernel_fma.wasm"]) {
    copyFileSync(join(packed.dist, name), join(bundle, name));
  }
  assert.deepEqual(await outcomeOf(join(bundle, "program.js")), expected);
});

let page;
/** Bundles the page once for all browsers. */
const pageBundle = () =>
  (page ??= (async () => {
    const outDir = join(packed.directory, "bundle", "page");
    const root = join(packed.directory, "vite");
    await build({ ...vite, root, build: { outDir, emptyOutDir: true } });
    return outDir;
  })());

/** The kernels that a browser may load, whatever its processor. */
const kernels = { Chromium: "fma|simd", Firefox: "fma|simd", WebKit: "simd" };

for (const browser of browsers) {
  const { name, skip } = browser;
  test(`bundled by Vite for a page, and run in ${name}`, { skip, timeout: 30_000 }, async (t) => {
    const { url, outcome, loaded } = await serve(t, await pageBundle());
    await open(t, browser, url);
    assert.deepEqual(await outcome, expected);
    // The module that decides, and one kernel.
    assert.match(
      loaded
        .filter((path) => path.endsWith(".wasm"))
        .sort()
        .join(),
      new RegExp(`^/assets/kernel_(${kernels[name]})-[^,]*,/assets/verifier_wasm-[^,]*$`),
    );
  });
}

/** Serves a page and its task under a strict policy; `outcome` is what the page sends back. */
async function serve(t, directory) {
  const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `connect-src 'self' ${new URL(task.jwksUrl).origin}`,
  ].join("; ");
  const loaded = [];
  let arrived;
  const outcome = new Promise((resolve) => (arrived = resolve));
  const http = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const path = pathname === "/" ? "/index.html" : pathname;
    loaded.push(path);
    const file = join(directory, path);
    if (path === "/task.json") {
      response.end(JSON.stringify(task));
    } else if (path === "/outcome") {
      arrived(JSON.parse((await request.setEncoding("utf8").toArray()).join("")));
      response.end();
    } else if (existsSync(file)) {
      response.writeHead(200, {
        "content-type": types[extname(file)],
        "content-security-policy": policy,
      });
      response.end(readFileSync(file));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => http.listen(0, "127.0.0.1", listening));
  t.after(() => {
    http.closeAllConnections();
    http.close();
  });
  return { url: `http://127.0.0.1:${http.address().port}/`, outcome, loaded };
}

/** The program and its version, where there is one for this machine. */
const workerd = await import("workerd").then(
  ({ default: { default: program, compatibilityDate } }) => ({ program, compatibilityDate }),
  () => undefined,
);
const noWorkerd = workerd === undefined && "skipped: workerd has no program for this machine";

test(
  "bundled for workers, and run in workerd as it is and as it was",
  { skip: noWorkerd, timeout: 120_000 },
  async (t) => {
    const directory = join(packed.directory, "worker");
    const bundle = join(directory, "bundle");
    const resolve = { conditions: ["workerd", "worker", "browser"] };
    await build({
      ...vite,
      root: directory,
      plugins: [compiledModules(bundle)],
      resolve,
      ssr: { target: "webworker", noExternal: true, resolve },
      build: { ssr: "worker.mjs", outDir: bundle, emptyOutDir: true },
    });
    const config = readFileSync(join(directory, "config.capnp"), "utf8");
    for (const date of ["2023-01-01", workerd.compatibilityDate]) {
      const dated = join(directory, `config-${date}.capnp`);
      writeFileSync(dated, config.replace("COMPATIBILITY_DATE", date));
      const url = await startWorkerd(t, dated);
      const response = await fetch(url, { method: "POST", body: JSON.stringify(task) });
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.deepEqual(JSON.parse(text), expected, date);
    }
  },
);

/** Leaves imports of `.wasm` files to the worker, as the tools of its vendors do. */
function compiledModules(bundle) {
  const files = new Map();
  return {
    name: "compiled-modules",
    enforce: "pre",
    resolveId(id, importer) {
      if (!id.endsWith(".wasm")) {
        return undefined;
      }
      const name = id.replace("./", "");
      files.set(name, join(importer, "..", name));
      return { id: `./${name}`, external: true };
    },
    writeBundle() {
      files.forEach((file, name) => copyFileSync(file, join(bundle, name)));
    },
  };
}

/** Starts workerd and returns its URL; it reports its port on a file descriptor. */
async function startWorkerd(t, config) {
  const program = spawn(workerd.program, ["serve", "--control-fd=3", config], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const ended = new Promise((resolve) => program.once("close", resolve));
  t.after(async () => {
    program.kill();
    await ended;
  });
  let output = "";
  for await (const text of program.stdio[3].setEncoding("utf8")) {
    output += text;
    const { port } =
      output
        .split("\n")
        .slice(0, -1)
        .map(JSON.parse)
        .find(({ event }) => event === "listen") ?? {};
    if (port !== undefined) {
      return `http://127.0.0.1:${port}/`;
    }
  }
  throw new Error("workerd did not start");
}

for (const resolution of ["bundler", "node16"]) {
  test(`with the types that TypeScript finds by moduleResolution ${resolution}`, async () => {
    const options = [
      "--noEmit",
      "--strict",
      "--target",
      "es2022",
      "--skipLibCheck",
      "false",
      "--types",
      "",
    ];
    const module = resolution === "bundler" ? "esnext" : "node16";
    for (const lib of ["es2022", "es2022,dom"]) {
      await runTool(packed.directory, "typescript/bin/tsc", [
        ...options,
        "--module",
        module,
        "--moduleResolution",
        resolution,
        "--lib",
        lib,
        "types/usage.mts",
        ...(lib.includes("dom") ? ["types/dom.mts"] : []),
      ]);
    }
  });
}
