// The slim entry for Node, whose fetch takes no file: addresses.

import { readFile } from "node:fs/promises";
import { file } from "./files.js";
import { Loading } from "./loading.js";
import type { ModuleSource } from "./module-source.js";
import type { Jwk, JwkSet, VerifierOptions } from "./options.js";
import type { Verifier } from "./verified.js";
import { verifierIn } from "./verifier.js";

export * from "./api.js";

const plain = new Loading(file, async (address) =>
  address instanceof URL && address.protocol === "file:" ? new Response(await readFile(address)) : fetch(address),
);

/** As in slim.ts. */
export function init(input?: ModuleSource | Promise<ModuleSource>): Promise<void> {
  return plain.init(input);
}

/** As in slim.ts. */
export function createVerifier(keys: string | Jwk | JwkSet, options: VerifierOptions = {}): Verifier {
  return verifierIn(plain.instance, keys, options);
}
