// The running system that these tests look at, given by the environment.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const env = process.env;

/** Why these tests cannot run, for node:test's `skip`; false when they can. */
export const noSystem = ["ISSUER_URL", "EDGE_URL", "WWW_URL", "TEST_USERNAME", "TEST_PASSWORD", "TEST_KEYS_DIR"]
  .filter((name) => !env[name])
  .map((name) => `skipped: no running system is named; set ${name} (cargo xtask test does)`)[0] ?? false;

export const issuerUrl = env.ISSUER_URL;
export const edgeUrl = env.EDGE_URL;
export const wwwUrl = env.WWW_URL;
export const username = env.TEST_USERNAME;
export const password = env.TEST_PASSWORD;
/** A Python with PyJWT and cryptography. */
export const python = env.PYTHON;
/** The `verify` example of verifier-core. */
export const verifyNative = env.VERIFY_NATIVE;

/** Logs in at the issuer; the tokens and the user. */
export async function logIn() {
  const response = await fetch(`${issuerUrl}/api/token/`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username, password }),
    signal: AbortSignal.timeout(20_000),
  });
  if (response.status !== 200) {
    throw new Error(`the login of ${username} answered ${response.status}: ${await response.text()}`);
  }
  return response.json();
}

export async function publishedKeys() {
  const response = await fetch(`${issuerUrl}/.well-known/jwks.json`, { signal: AbortSignal.timeout(20_000) });
  return response.json();
}

/** The path of a key file of the issuer. */
export function keyFile(name) {
  return join(env.TEST_KEYS_DIR, name);
}

export function publicPem() {
  return readFileSync(keyFile("public.pem"), "utf8");
}
