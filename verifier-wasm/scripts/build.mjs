// Builds the package: Rust to wasm (wasm-pack and cargo), smaller wasm (wasm-metadce, wasm-opt),
// and JavaScript (tsc). Two modules decide, one of them with status lists, and two have the arithmetic:
// with SIMD, and with fused multiply-adds. WASM_PACK is the wasm-pack program if it is not on the
// PATH; cargo inherits the environment.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

import { compiledKernel } from "./compile-kernel.mjs";
import { encoded } from "./encode.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pkg = join(root, "pkg");
const dist = join(root, "dist");
const require = createRequire(import.meta.url);

// The features that rustc enables on wasm32-unknown-unknown.
const WASM_FEATURES = [
  "--enable-bulk-memory-opt",
  "--enable-call-indirect-overlong",
  "--enable-multivalue",
  "--enable-mutable-globals",
  "--enable-nontrapping-float-to-int",
  "--enable-reference-types",
  "--enable-sign-ext",
];

/** Features of a module, as options of rustc and wasm-opt. */
const SIMD = { rustc: ["-C", "target-feature=+simd128"], wasmOpt: ["--enable-simd"] };
const FMA = {
  rustc: ["-C", "target-feature=+simd128,+relaxed-simd"],
  wasmOpt: ["--enable-simd", "--enable-relaxed-simd"],
};
const NO_SIMD = { rustc: [], wasmOpt: [] };

/** The exports that js/wire.ts and js/linked.ts declare. */
const VERIFIER_EXPORTS = ["memory", "abi_version", "buffer", "load", "verify", "free"];
const KERNEL_EXPORTS = ["memory", "abi_version", "needs_fused_multiply_add", "input", "verifies"];

// A ninth of LLVM's default: what needs inlining says so. src/lib.rs has its figure.
const INLINING = ["-C", "llvm-args=-inline-threshold=25"];

const STRIP = ["--strip-debug", "--strip-producers", "--strip-target-features"];

/** Runs a program; on failure prints one line and exits. */
function run(program, args, doing) {
  try {
    execFileSync(program, args, { cwd: root, stdio: "inherit" });
  } catch (error) {
    const missing = error.code === "ENOENT";
    const why = missing
      ? `${program} was not found`
      : `${program} ended with ${error.status ?? error.signal}`;
    const hint =
      missing && program.endsWith("wasm-pack")
        ? "; install it with `cargo install wasm-pack` or set WASM_PACK"
        : "";
    console.error(`error: ${doing}: ${why}${hint}`);
    process.exit(1);
  }
}

function binary(packageName, name) {
  try {
    const manifest = require.resolve(`${packageName}/package.json`);
    return join(dirname(manifest), require(manifest).bin[name]);
  } catch {
    console.error(`error: ${packageName} is not installed; run \`npm ci\` in verifier-wasm first`);
    process.exit(1);
  }
}

const wasmOpt = binary("binaryen", "wasm-opt");
const wasmMetadce = binary("binaryen", "wasm-metadce");
const tsc = binary("typescript", "tsc");

/** Makes source file names in the module independent of the machine. */
function remappedPaths() {
  const sysroot = execFileSync(process.env.RUSTC || "rustc", ["--print", "sysroot"], {
    cwd: root,
    encoding: "utf8",
  }).trim();
  const cargoHome = process.env.CARGO_HOME || join(homedir(), ".cargo");
  return [
    `--remap-path-prefix=${join(sysroot, "lib", "rustlib", "src", "rust")}=/rustc`,
    `--remap-path-prefix=${join(cargoHome, "registry", "src")}=/cargo`,
    `--remap-path-prefix=${dirname(root)}=/dojang`,
  ];
}

/** A module of the package: the wasm in pkg/, and in dist/ as a file and as text. */
class Module {
  constructor(name, features, exports) {
    this.name = name;
    this.features = features;
    this.exports = exports;
    this.pkg = join(pkg, name);
    this.wasm = join(this.pkg, `${name}.wasm`);
  }

  /** Compiles the Rust code and makes it smaller. */
  make() {
    mkdirSync(this.pkg, { recursive: true });
    const flags = JSON.stringify([...remappedPaths(), ...INLINING, ...this.features.rustc]);
    const compiled = this.compile(`target.wasm32-unknown-unknown.rustflags=${flags}`);
    const features = [...WASM_FEATURES, ...this.features.wasmOpt];
    // Removes the table for JavaScript objects, which only the bindings would use.
    const roots = join(this.pkg, "exports.json");
    const graph = [
      { name: "package", root: true, reaches: this.exports },
      ...this.exports.map((name) => ({ name, export: name })),
    ];
    writeFileSync(roots, JSON.stringify(graph));
    run(
      process.execPath,
      [wasmMetadce, ...features, compiled, "-f", roots, "-g", "-o", this.wasm],
      "removing unused code",
    );
    // The tests read the names of functions from this copy.
    const named = join(this.pkg, `${this.name}_named.wasm`);
    run(
      process.execPath,
      [wasmOpt, ...features, "-Oz", "-g", this.wasm, "-o", named],
      "optimising the wasm",
    );
    run(
      process.execPath,
      [wasmOpt, ...features, ...STRIP, named, "-o", this.wasm],
      "stripping the wasm",
    );
  }

  assemble() {
    copyFileSync(this.wasm, join(dist, `${this.name}.wasm`));
    writeFileSync(
      join(dist, `${this.name}.d.wasm.ts`),
      'declare const compiled: import("./platform-types.js").CompiledModule;\n' +
        "export default compiled;\n",
    );
    const text = encoded(readFileSync(this.wasm));
    writeFileSync(
      join(dist, `${this.name.replaceAll("_", "-")}-text.js`),
      `export const text =\n  ${JSON.stringify(text)};\n`,
    );
    const sizes = [
      ["", (bytes) => bytes],
      [" in gzip", gzipSync],
      [" in brotli", brotliCompressSync],
    ];
    const shown = sizes.map(
      ([how, compress]) => `${compress(readFileSync(this.wasm)).length} bytes${how}`,
    );
    console.log(`${this.name}: ${shown.join(", ")}`);
  }
}

/** A module that decides. Its functions take and return numbers, so it needs no bindings. */
class VerifierModule extends Module {
  constructor(name, { cargoArguments = [], exports = [] } = {}) {
    super(name, NO_SIMD, [...VERIFIER_EXPORTS, ...exports]);
    this.cargoArguments = cargoArguments;
  }

  compile(config) {
    const target = ["--target", "web", "--profile", "wasm-npm"];
    const output = ["--out-dir", this.pkg, "--out-name", "compiled"];
    run(
      process.env.WASM_PACK || "wasm-pack",
      ["build", root, "--mode", "force", "--no-pack", ...target, ...output, "--"].concat(
        "--config",
        config,
        this.cargoArguments,
      ),
      `compiling ${this.name}`,
    );
    return join(this.pkg, "compiled_bg.wasm");
  }
}

/** A module with the arithmetic. */
class KernelModule extends Module {
  constructor(name, features) {
    super(name, features, KERNEL_EXPORTS);
  }

  compile(config) {
    const compiled = join(this.pkg, "compiled.wasm");
    copyFileSync(compiledKernel(config), compiled);
    return compiled;
  }
}

const modules = [
  new VerifierModule("verifier_wasm"),
  new VerifierModule("status_wasm", {
    cargoArguments: ["--features", "status"],
    exports: ["status_list"],
  }),
  new KernelModule("kernel_simd", SIMD),
  new KernelModule("kernel_fma", FMA),
];

rmSync(pkg, { recursive: true, force: true });
modules.forEach((module) => module.make());
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
run(process.execPath, [tsc, "-p", root], "compiling the TypeScript side");
modules.forEach((module) => module.assemble());
