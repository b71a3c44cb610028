// Runs in the browser: chromium.mjs bundles this file and calls the function.

import { forEverywhere } from "./contenders.mjs";
import { raceAll } from "./measure.mjs";

globalThis.bench = async (samples, quick) => {
  const wasm = await (await fetch("/verifier_wasm_simd.wasm")).arrayBuffer();
  const withoutFma = { name: "without fused multiply-adds", wasm };
  return raceAll(samples, (sample) => forEverywhere(sample, withoutFma), quick);
};
