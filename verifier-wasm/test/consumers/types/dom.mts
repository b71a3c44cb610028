// Compiled, never run: what the types of the DOM allow besides.

import { createRemoteJwks } from "@dojang/verifier/jwks";
import { createStatusLists } from "@dojang/verifier/status";
import { init } from "@dojang/verifier/slim";

const address = new URL("https://login.example/verifier_wasm.wasm");
await init({ verifier: address, kernel: new Request(address) });
await init({ verifier: new Response(), kernel: fetch(address) });
const compiled = new WebAssembly.Module(new Uint8Array());
await init({ verifier: compiled, kernel: WebAssembly.compile(new Uint8Array()) });

createRemoteJwks(address);
createRemoteJwks(address, { fetch });
createRemoteJwks(address, { fetch: (url, request) => fetch(url, { ...request, mode: "cors" }) });
// @ts-expect-error a response is not text
createRemoteJwks(address, { fetch: async () => "" });

createStatusLists("", { allowed: "https://login.example", fetch });
createStatusLists("", {
  allowed: "https://login.example",
  fetch: (url, request) => fetch(url, { ...request, mode: "cors" }),
});
