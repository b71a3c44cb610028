// Runs the WebAssembly kernels on the cases of the native ones: reads the output of the example
// `kernel_cases` of rsa-verify from standard input. Needs the built package, which detects the
// engine; `cargo xtask kernels` builds it and runs both.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { detectEngine } from "../dist/engine.js";
import { flags } from "../test/engines.mjs";

flags.fma.forEach(setFlagsFromString);

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Compiles a module with this kernel as the package does. */
function compiled(name, flags) {
  const directory = mkdtempSync(join(tmpdir(), "dojang-kernels-"));
  try {
    const output = [
      "--target",
      "web",
      "--profile",
      "wasm-npm",
      "--out-dir",
      directory,
      "--out-name",
      "kernels",
    ];
    execFileSync(
      process.env.WASM_PACK || "wasm-pack",
      [
        "build",
        root,
        "--mode",
        "force",
        "--no-pack",
        ...output,
        "--",
        "--features",
        "kernels",
      ].concat("--config", `target.wasm32-unknown-unknown.rustflags=${JSON.stringify(flags)}`),
      { stdio: ["ignore", "ignore", "inherit"], cwd: root },
    );
    const module = new WebAssembly.Module(readFileSync(join(directory, "kernels_bg.wasm")));
    const imports = {};
    for (const { module: from, name: imported } of WebAssembly.Module.imports(module)) {
      (imports[from] ??= {})[imported] = () => assert.fail(imported);
    }
    const { exports } = new WebAssembly.Instance(module, imports);
    return { name, exports, handle: exports.kernel_new() };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const kernels = [compiled("scalar", []), compiled("SIMD", ["-C", "target-feature=+simd128"])];
if (detectEngine() === "fma") {
  kernels.push(compiled("FMA", ["-C", "target-feature=+simd128,+relaxed-simd"]));
} else {
  console.log("skipped: the FMA kernel, which this processor does not have");
}

function write({ exports, handle }, bytes) {
  const at = exports.kernel_buffer(handle, bytes.length);
  new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
}

/** Returns a function that reads exactly `length` bytes; it returns undefined at the end. */
function reader(stream) {
  const iterator = stream[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0);
  return async (length) => {
    while (rest.length < length) {
      const { value, done } = await iterator.next();
      if (done) {
        assert.equal(rest.length, 0, "the last case is truncated");
        return undefined;
      }
      rest = Buffer.concat([rest, value]);
    }
    const bytes = rest.subarray(0, length);
    rest = rest.subarray(length);
    return bytes;
  };
}

const hex = (bytes) => bytes.toString("hex");

const read = reader(process.stdin);
let cases = 0;
for (let head = await read(8); head !== undefined; head = await read(8)) {
  const [size, powers] = [head.readUInt32LE(0), head.readUInt32LE(4)];
  const modulus = await read(size);
  for (let power = 0; power < powers; power += 1) {
    const exponent = (await read(4)).readUInt32LE(0);
    const [base, right, wrong] = [await read(size), await read(size), await read(size)];
    for (const kernel of kernels) {
      for (const [expected, result] of [
        [right, 1],
        [wrong, 0],
      ]) {
        write(kernel, Buffer.concat([modulus, base, expected]));
        assert.equal(
          kernel.exports.kernel_power_is(kernel.handle, exponent),
          result,
          [
            `${kernel.name}: n ${hex(modulus)} base ${hex(base)}`,
            `e ${exponent} expected ${hex(expected)}`,
          ].join(" "),
        );
      }
    }
    cases += 1;
  }
}
assert.ok(cases > 0, "there were no cases");
console.log(
  `${cases} powers agree in ${kernels.length} WebAssembly kernels, each with a wrong one beside it`,
);
