// The package in Vercel's edge runtime, for example in a middleware of Next.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EdgeVM } from "@edge-runtime/vm";
import { build } from "esbuild";
import { expected } from "./consumers/try.mjs";
import { startTask } from "./consumer-task.mjs";
import { install } from "./packed.mjs";

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

/** This runtime has no `DecompressionStream`, so a list says nothing. */
const withoutLists = {
  ...expected,
  status: ["unknown", "unknown", "unknown"],
  revoked: "revocation_unknown",
};

test("bundled for the edge runtime, which compiles no WebAssembly", async () => {
  const modules = {};
  const {
    outputFiles: [bundle],
  } = await build({
    entryPoints: [join(packed.directory, "edge", "edge.mjs")],
    bundle: true,
    write: false,
    format: "iife",
    conditions: ["edge-light"],
    plugins: [compiledModules(modules)],
  });
  // The call would fail there, so no entry may contain it.
  assert.doesNotMatch(bundle.text, /WebAssembly\.compile/);
  const machine = new EdgeVM({
    codeGeneration: { strings: false, wasm: false },
    extend: (context) => Object.assign(context, modules),
  });
  machine.evaluate(bundle.text);
  assert.deepEqual(Object.keys(modules).sort(), ["kernel_simd", "status_wasm", "verifier_wasm"]);
  const outcome = machine.context.run(served.task, undefined);
  assert.deepEqual(JSON.parse(JSON.stringify(await outcome)), withoutLists);

  const bytes = (name) => new Uint8Array(readFileSync(join(packed.dist, `${name}.wasm`)));
  const sources = { verifier: bytes("verifier_wasm"), kernel: bytes("kernel_simd") };
  machine.evaluate(bundle.text);
  await assert.rejects(machine.context.run(served.task, sources), {
    message:
      "this runtime does not compile WebAssembly: call init() without bytes, " +
      "or pass it objects of WebAssembly.Module",
  });
});

/** Compiles what `.wasm?module` names outside of the machine, as the tools of Vercel do. */
function compiledModules(modules) {
  return {
    name: "compiled-modules",
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({
        namespace: "compiled",
        path: join(resolveDir, path.replace("?module", "")),
      }));
      onLoad({ filter: /./, namespace: "compiled" }, ({ path }) => {
        const name = /(\w+)\.wasm$/.exec(path)[1];
        modules[name] = new WebAssembly.Module(readFileSync(path));
        return { contents: `export default globalThis.${name};` };
      });
    },
  };
}
