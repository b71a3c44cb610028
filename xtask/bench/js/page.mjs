// What runs in the browser; chromium.mjs bundles it and calls the function.

import { forEverywhere } from "./contenders.mjs";
import { raceAll } from "./measure.mjs";

globalThis.bench = async (samples, quick) => {
  const plainWasm = await (await fetch("/verifier_wasm.wasm")).arrayBuffer();
  return raceAll(samples, (sample) => forEverywhere(sample, plainWasm), quick);
};
