// The slim entry for Node, whose fetch takes no file: addresses.

import { readFile } from "node:fs/promises";
import { Loading } from "./loading.js";
import type { ModuleSource } from "./module-source.js";
import type { Jwk, JwkSet, VerifierOptions } from "./options.js";
import { simd } from "./simd.js";
import type { Verifier } from "./verified.js";
import { verifierIn } from "./verifier.js";

export * from "./api.js";

const plain = new Loading(
  () => new URL(simd() ? "./verifier_wasm_simd.wasm" : "./verifier_wasm.wasm", import.meta.url),
  async (address) =>
    address instanceof URL && address.protocol === "file:"
      ? new Response(await readFile(address))
      : fetch(address),
);

/** As in slim.ts. */
export function init(input?: ModuleSource | Promise<ModuleSource>): Promise<void> {
  return plain.init(input);
}

/** As in slim.ts. */
export function createVerifier(keys: string | Jwk | JwkSet, options: VerifierOptions = {}): Verifier {
  return verifierIn(plain.instance, keys, options);
}
