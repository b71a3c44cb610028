// The verifier module as a file, in Node, whose `fetch` rejects `file:` URLs.

import { readFile } from "node:fs/promises";

export { compileModule, defaultModule } from "./module-file.js";

export async function fetchModule(address: string | URL | Request): Promise<Response> {
  const url = String(address);
  return url.startsWith("file:") ? new Response(await readFile(new URL(url))) : fetch(address);
}
