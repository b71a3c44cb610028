// The modules as files, in Node, whose `fetch` rejects `file:` URLs.

import { readFile } from "node:fs/promises";

export { compileModule, defaultModules } from "./module-file.js";

export async function fetchModule(address: string | URL | Request): Promise<Response> {
  const url = String(address);
  return url.startsWith("file:") ? new Response(await readFile(new URL(url))) : fetch(address);
}
