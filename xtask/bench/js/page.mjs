// What runs in the browser; chromium.mjs bundles it and calls the function.

import { forEverywhere } from "./contenders.mjs";
import { raceAll } from "./measure.mjs";

globalThis.bench = async (samples, quick) => {
  const wasm = await (await fetch("/verifier_wasm_simd.wasm")).arrayBuffer();
  return raceAll(samples, (sample) => forEverywhere(sample, { name: "without fused multiply-adds", wasm }), quick);
};
