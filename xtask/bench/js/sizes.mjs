// node sizes.mjs JWT_COMPACT_WASM: prints the sizes of the package's modules and entries, and of
// their peers, as JSON.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const require = createRequire(import.meta.url);
const NAME = "@dojang/verifier";
const manifestPath = require.resolve(`${NAME}/package.json`);
const manifest = require(manifestPath);
const inPackage = (path) => join(dirname(manifestPath), path);

const rows = [];

function row(what, parts) {
  const sum = (measure) => parts.reduce((total, bytes) => total + measure(bytes).length, 0);
  rows.push({
    what,
    raw: sum((bytes) => bytes),
    gzip: sum((bytes) => gzipSync(bytes, { level: 9 })),
    brotli: sum((bytes) => brotliCompressSync(bytes)),
  });
}

/** An ES module, bundled and minified for browsers. */
async function bundled(source) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
  });
  return Buffer.from(outputFiles[0].contents);
}

/** The package's modules that are exported as files. */
const modules = Object.keys(manifest.exports).filter((name) => name.endsWith(".wasm"));
for (const name of modules) {
  row(`${NAME}: ${name.slice(2)}`, [readFileSync(inPackage(manifest.exports[name].default))]);
}
const main = await bundled(`export { createVerifier, VerificationError } from "${NAME}";`);
row(`${NAME}, modules inlined`, [main]);
for (const entry of Object.keys(manifest.exports)) {
  if (entry === "." || entry === "./package.json" || modules.includes(entry)) {
    continue;
  }
  const code = await bundled(`export * from "${NAME}${entry.slice(1)}";`);
  // The modules that it may fetch; an engine takes the first and one kernel.
  const named = [...code.toString().matchAll(/[\w.-]+\.wasm/g)].map(([file]) => file);
  const fetched = named.filter((file) => modules.includes(`./${file}`));
  // Others name a file only in a message.
  if (!fetched.includes("verifier_wasm.wasm")) {
    row(`${NAME}${entry.slice(1)}`, [code]);
    continue;
  }
  row(`${NAME}${entry.slice(1)}, JavaScript alone`, [code]);
  const wasm = (file) => readFileSync(inPackage(manifest.exports[`./${file}`].default));
  for (const file of new Set(fetched.filter((name) => name.startsWith("kernel")))) {
    const what = `${NAME}${entry.slice(1)} + verifier_wasm.wasm + ${file}`;
    row(what, [code, wasm("verifier_wasm.wasm"), wasm(file)]);
  }
}
const jose = await bundled('export { jwtVerify, importSPKI } from "jose";');
row("jose: jwtVerify, importSPKI", [jose]);
row("jwt-compact: the module, opt-level s and wasm-opt -Oz", [optimised(process.argv[2])]);
console.log(JSON.stringify(rows));

function optimised(wasm) {
  const directory = mkdtempSync(join(tmpdir(), "dojang-bench-"));
  try {
    const output = join(directory, "optimised.wasm");
    const { bin } = require("binaryen/package.json");
    const wasmOpt = join(dirname(require.resolve("binaryen/package.json")), bin["wasm-opt"]);
    const features = [
      "bulk-memory-opt",
      "call-indirect-overlong",
      "multivalue",
      "mutable-globals",
      "nontrapping-float-to-int",
      "reference-types",
      "sign-ext",
    ].map((name) => `--enable-${name}`);
    const strip = ["--strip-debug", "--strip-producers", "--strip-target-features"];
    const programArguments = [wasmOpt, ...features, "-Oz", ...strip, wasm, "-o", output];
    execFileSync(process.execPath, programArguments);
    return readFileSync(output);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
