// Runs in the browser: chromium.mjs bundles this file and calls the function.

import { forEverywhere } from "./contenders.mjs";
import { raceAll } from "./measure.mjs";

globalThis.bench = async (samples, quick) => {
  const withoutFma = {
    name: "without fused multiply-adds",
    modules: { verifier: "/verifier_wasm.wasm", kernel: "/kernel_simd.wasm" },
  };
  return raceAll(samples, (sample) => forEverywhere(sample, withoutFma), quick);
};
