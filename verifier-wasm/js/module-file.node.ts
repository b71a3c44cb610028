// The verifier module as a file, in Node, whose `fetch` rejects `file:` URLs.

import { readFile } from "node:fs/promises";

export { defaultModule } from "./module-file.js";

export async function fetchModule(address: string | URL | Request): Promise<Response> {
  const isFile = address instanceof URL && address.protocol === "file:";
  return isFile ? new Response(await readFile(address)) : fetch(address);
}
