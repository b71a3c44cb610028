// The WebAssembly modules themselves: what they import, export and weigh, and that they cannot
// panic.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { brotliCompressSync, gzipSync } from "node:zlib";

import { compileText } from "../dist/embedded.js";
import { encoded } from "../scripts/encode.mjs";
import { flags } from "./engines.mjs";

flags.fma.forEach(setFlagsFromString);

const root = join(import.meta.dirname, "..");

const names = ["verifier_wasm", "status_wasm", "kernel_simd", "kernel_fma"];

const modules = Object.fromEntries(
  names.map((name) => [name, readFileSync(join(root, "dist", `${name}.wasm`))]),
);

const isKernel = (name) => name.startsWith("kernel");

/** A module's text, with the names of its functions. */
function disassembled(name) {
  const disassembler = join(
    dirname(createRequire(import.meta.url).resolve("binaryen/package.json")),
    "bin",
    "wasm-dis",
  );
  const named = join(root, "pkg", name, `${name}_named.wasm`);
  const all = ["--all-features", named];
  return execFileSync(process.execPath, [disassembler, ...all], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
}

for (const [name, bytes] of Object.entries(modules)) {
  test(`${name} imports nothing but the arithmetic`, () => {
    const verifies = { module: "rsa", name: "verifies", kind: "function" };
    assert.deepEqual(
      WebAssembly.Module.imports(new WebAssembly.Module(bytes)),
      isKernel(name) ? [] : [verifies],
    );
  });

  test(`${name} in the JavaScript equals the file`, async () => {
    const { text } = await import(`../dist/${name.replace("_", "-")}-text.js`);
    const { Module } = WebAssembly;
    let decoded;
    WebAssembly.Module = function (bytes) {
      decoded = Buffer.from(bytes);
    };
    try {
      compileText(text);
    } finally {
      WebAssembly.Module = Module;
    }
    assert.deepEqual(decoded, bytes);
  });

  test(`${name} has no path of the machine that built it`, () => {
    const text = bytes.toString("latin1");
    for (const path of [root, process.env.HOME, "/home/", "/root/", ".cargo"].filter(Boolean)) {
      assert.equal(text.includes(path), false, path);
    }
  });

  test(`${name} has no panic, no formatting and no sentences in it`, () => {
    const named = new WebAssembly.Module(
      readFileSync(join(root, "pkg", name, `${name}_named.wasm`)),
    );
    const names = Buffer.from(WebAssembly.Module.customSections(named, "name")[0]).toString(
      "latin1",
    );
    assert.match(names, isKernel(name) ? /rsa_verify/ : /verifier_core/, "functions have names");
    for (const machinery of [
      /core(\[\w+\])?::panicking/,
      /::fmt::(Formatter|num|write)/,
      /\bstd(\[\w+\])?::/,
      /(unwrap|expect)_failed/,
    ]) {
      assert.equal(machinery.exec(names)?.[0], undefined);
    }
    const text = bytes.toString("latin1");
    for (const message of [
      "panicked",
      "unwrap()",
      "out of bounds",
      "out of range",
      "divide by zero",
      "char boundary",
      "the token",
    ]) {
      assert.equal(text.includes(message), false, message);
    }
  });

  test(`${name} traps only when memory runs out, and after a trap`, () => {
    const text = disassembled(name);
    const traps = new Map();
    let current;
    let outOfMemory = false;
    for (const line of text.split("\n")) {
      current = /^ \(func \$("[^"]+"|[^\s)]+)/.exec(line)?.[1] ?? current;
      if (line.trim().startsWith("(unreachable") && !outOfMemory) {
        traps.set(current, (traps.get(current) ?? 0) + 1);
      }
      // The trap behind a call that reports a failed allocation, whose arguments are on
      // separate lines.
      outOfMemory =
        /\(call \$\S*(raw_vec::handle_error|handle_alloc_error)/.test(line) ||
        (outOfMemory && /^\s*(\((local\.get|i32\.const|i32\.load)\b[^()]*\)?|\))$/.test(line));
    }
    // The panic handler is one instruction, so a panic would show here: each function below is one
    // that allocates, and traps when it gets no memory, because it has no way to report that.
    // Which of them the compiler inlines differs between compilers.
    const allocating = [
      "alloc::",
      "json::reader::Reader::name",
      "json::reader::Reader::container",
      "base64url::",
      "shape::",
      "Kernel::new",
      "rsa_verify::public_key",
      "KeySet::",
      "keys::jwk",
      "keys::pem",
      "Limbs",
      "verifier_wasm::store::",
      "segments::",
    ];
    // The standard library's UTF-8 validator keeps one bounds check, which never fails. Exported
    // functions trap when an earlier call trapped.
    const expected = new Map([
      ["core::str::converts::from_utf8", 1],
      ["verify", 1],
      ["buffer", 1],
      ["free", 1],
      ["load", 1],
      ["status_list", 1],
      ["input", 1],
      ["verifies", 1],
    ]);
    // Both ways of mangling: `<a::B>::c` and `a::B::c::h0123456789abcdef`, crates with or without
    // a hash.
    const plain = (name) => name.replace(/\[[0-9a-f]+\]|::h[0-9a-f]{16}|[<>"]/g, "");
    const unexplained = [...traps].filter(
      ([name, times]) =>
        times > (expected.get(plain(name)) ?? 0) &&
        !allocating.some((part) => plain(name).includes(part)),
    );
    assert.deepEqual(unexplained, []);
  });
}

test("status lists cost the main entry nothing", () => {
  const exportsOf = (bytes) =>
    WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ name }) => name);
  const [verifier, status] = [modules.verifier_wasm, modules.status_wasm].map(exportsOf);
  assert.deepEqual(
    status.filter((name) => !verifier.includes(name)),
    ["status_list"],
  );
  assert.ok(modules.verifier_wasm.length < modules.status_wasm.length);
});

test("every byte survives the text form", () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const text = encoded(all);
  assert.doesNotMatch(text, /[^#-[\]-~]/, "nothing that a JavaScript string escapes");
  const { Module } = WebAssembly;
  try {
    WebAssembly.Module = class {
      constructor(bytes) {
        this.bytes = bytes;
      }
    };
    assert.deepEqual(compileText(text).bytes, all);
  } finally {
    WebAssembly.Module = Module;
  }
});

/** How often a module has an instruction. */
function counter(name) {
  const text = disassembled(name);
  return (instruction) => text.split(instruction).length - 1;
}

test("the SIMD kernel multiplies with extmul, never with the slower general multiplication", () => {
  const count = counter("kernel_simd");
  assert.ok(count("i64x2.extmul_low_i32x4_u") >= 4 && count("i64x2.extmul_high_i32x4_u") >= 4);
  assert.equal(count("i64x2.mul"), 0);
  assert.equal(count("relaxed"), 0);
});

test("the kernel with fused multiply-adds takes two for a product", () => {
  const count = counter("kernel_fma");
  assert.ok(count("f64x2.relaxed_madd") >= 8);
  assert.equal(count("f64x2.mul") + count("extmul"), 0);
});

test("the modules stay small", (t) => {
  for (const [name, bytes] of Object.entries(modules)) {
    t.diagnostic(
      [
        `${name}: ${bytes.length} bytes`,
        `${gzipSync(bytes).length} gzip`,
        `${brotliCompressSync(bytes).length} brotli`,
      ].join(", "),
    );
  }
  for (const [name, { length }] of Object.entries(modules)) {
    assert.ok(length < (isKernel(name) ? 7_500 : 36_000), `${name}: ${length} bytes`);
  }
});
