// Writes the issuer's public keys for HAProxy, which reads PEM files when it starts or reloads:
// active.pem, and in other.pem the next or previous key, or the active one if there is no other.
// Usage: node fetch-keys.mjs ISSUER_URL DIRECTORY

import { createPublicKey } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [issuerUrl, directory] = process.argv.slice(2);

async function get(path) {
  const response = await fetch(`${issuerUrl}${path}`, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) {
    throw new Error(`${path} has status ${response.status}`);
  }
  return response;
}

function write(name, pem) {
  const file = join(directory, name);
  writeFileSync(`${file}.new`, pem);
  renameSync(`${file}.new`, file);
}

const pem = (key) => key.export({ type: "spki", format: "pem" });

const active = createPublicKey(await (await get("/public.pem")).text());
const { keys } = await (await get("/.well-known/jwks.json")).json();
const others = keys
  .map((jwk) => createPublicKey({ key: jwk, format: "jwk" }))
  .filter((key) => !key.equals(active));
if (others.length > 1) {
  throw new Error("the issuer publishes more than two keys: add a file for each to haproxy.cfg");
}
write("active.pem", pem(active));
write("other.pem", pem(others[0] ?? active));
