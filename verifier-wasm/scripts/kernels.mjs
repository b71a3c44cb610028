// Runs the WebAssembly kernels on the cases of the native ones: reads the output of the example
// `kernel_cases` of rsa-verify from standard input. Needs the built package, which detects the
// engine; `cargo xtask kernels` builds it and runs both.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { selectKernel } from "../dist/engine.js";
import { flags } from "../test/engines.mjs";
import { compiledKernel } from "./compile-kernel.mjs";

flags.fma.forEach(setFlagsFromString);

/** Compiles the kernel with features of the engine. */
function compiled(name, features) {
  const flags = features === undefined ? [] : ["-C", `target-feature=${features}`];
  const config = `target.wasm32-unknown-unknown.rustflags=${JSON.stringify(flags)}`;
  const file = compiledKernel(config, "--features", "kernels");
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)));
  return { name, exports };
}

const kernels = [compiled("scalar"), compiled("SIMD", "+simd128")];
if (selectKernel() === "fma") {
  kernels.push(compiled("FMA", "+simd128,+relaxed-simd"));
} else {
  console.log("skipped: the FMA kernel, which this processor does not have");
}

function write({ exports }, bytes) {
  new Uint8Array(exports.memory.buffer, exports.input(), bytes.length).set(bytes);
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
          kernel.exports.power_is(size, exponent),
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
