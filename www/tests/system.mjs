// The running system under test, from environment variables.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const env = process.env;

/** Why these tests cannot run, for node:test's `skip`; false when they can. */
export const noSystem =
  ["ISSUER_URL", "EDGE_URL", "WWW_URL", "TEST_USERNAME", "TEST_PASSWORD", "TEST_KEYS_DIR"]
    .filter((name) => !env[name])
    .map((name) => `skipped: no running system is named; set ${name} (cargo xtask test does)`)[0] ??
  false;

export const issuerUrl = env.ISSUER_URL;
export const edgeUrl = env.EDGE_URL;
export const wwwUrl = env.WWW_URL;
export const username = env.TEST_USERNAME;
export const password = env.TEST_PASSWORD;
/** A Python with PyJWT and cryptography. */
export const python = env.PYTHON;
/** The `verify` example of verifier-core. */
export const verifyNative = env.VERIFY_NATIVE;

/** Why `issuerCommand` cannot run, for node:test's `skip`. */
export const noIssuerCommand =
  !(env.ISSUER_PROGRAM && env.TEST_STATE_DIR && env.TEST_DATABASE_URL) &&
  "skipped: set ISSUER_PROGRAM, TEST_STATE_DIR and TEST_DATABASE_URL (cargo xtask test does)";

/** Runs a command of the running issuer's program on its database, as its operator would. */
export function issuerCommand(args, input = "") {
  return execFileSync(env.ISSUER_PROGRAM, args, {
    cwd: env.TEST_STATE_DIR,
    env: { ...env, DATABASE_URL: env.TEST_DATABASE_URL, ISSUER_KEYS_DIR: env.TEST_KEYS_DIR },
    input,
    encoding: "utf8",
    timeout: 60_000,
  });
}

/** Logs in at the issuer; the tokens and the user. */
export async function logIn() {
  const response = await fetch(`${issuerUrl}/api/token/`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username, password }),
    signal: AbortSignal.timeout(20_000),
  });
  if (response.status !== 200) {
    throw new Error(
      `the login of ${username} returned ${response.status}: ${await response.text()}`,
    );
  }
  return response.json();
}

export async function publishedKeys() {
  const response = await fetch(`${issuerUrl}/.well-known/jwks.json`, {
    signal: AbortSignal.timeout(20_000),
  });
  return response.json();
}

/** The path of a key file of the issuer. */
export function keyFile(name) {
  return join(env.TEST_KEYS_DIR, name);
}

export function publicPem() {
  return readFileSync(keyFile("public.pem"), "utf8");
}
