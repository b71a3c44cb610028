// Programs of the system that a test starts for itself.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const {
  EDGE_HOST_PROGRAM: program,
  EDGE_COMPONENT: component,
  EDGE_COMPILED: compiled,
  ISSUER_PROGRAM: issuerProgram,
} = process.env;

/** Why `startEdge` cannot run, for node:test's `skip`. */
export const noPrograms =
  !(program && component) &&
  "skipped: set EDGE_HOST_PROGRAM and EDGE_COMPONENT (cargo xtask test does)";

/** Why `startIssuer` cannot run, for node:test's `skip`. */
export const noIssuerProgram =
  !issuerProgram && "skipped: set ISSUER_PROGRAM (cargo xtask test does)";

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until the program responds at this address; a debug build on a busy machine takes seconds. */
async function untilReady(child, url) {
  const isReady = () =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
  for (const end = Date.now() + 30_000; !(await isReady()); await pause(50)) {
    if (Date.now() > end || child.exitCode !== null) {
      return false;
    }
  }
  return true;
}

/**
 * Starts an issuer with a new key and these users, `{ username, password, role }`. Returns its
 * address, its directory, its commands as a function of their arguments, and a function that stops
 * it.
 *
 * @param settings variables of `issuer serve`
 */
export async function startIssuer({ users, settings = {} }) {
  const state = mkdtempSync(join(tmpdir(), "dojang-issuer-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const options = {
    cwd: state,
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: "sqlite://issuer.sqlite3",
      ISSUER_KEYS_DIR: join(state, "keys"),
      ISSUER_LOGIN_LIMIT_ADDRESS: "0",
      ISSUER_LOGIN_LIMIT_NAME: "0",
      ISSUER_LOG: "warn",
    },
  };
  const command = (args, input = "") =>
    execFileSync(issuerProgram, args, {
      ...options,
      input,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "inherit"],
      timeout: 60_000,
    });
  command(["keys", "generate"]);
  for (const { username, password, role } of users) {
    command(["users", "create", "--username", username, "--password-stdin"], password);
    if (role !== undefined) {
      command(["users", "set-role", username, role]);
    }
  }
  const child = spawn(
    issuerProgram,
    ["serve", "--listen", `127.0.0.1:${port}`, "--public-url", url],
    {
      ...options,
      env: { ...options.env, ...settings },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill();
    await ended;
    rmSync(state, { recursive: true, force: true });
  };
  if (!(await untilReady(child, `${url}/healthz`))) {
    await stop();
    throw new Error("the issuer did not start");
  }
  return { url, state, command, stop };
}

/** Starts an edge with only these variables; returns its address and a function that stops it. */
export async function startEdge(variables) {
  const state = mkdtempSync(join(tmpdir(), "dojang-edge-"));
  if (compiled) {
    symlinkSync(join(compiled, "compiled"), join(state, "compiled"));
  }
  const port = await freePort();
  const args = Object.entries(variables).flatMap(([name, value]) => [
    "--variable",
    `${name}=${value}`,
  ]);
  const child = spawn(
    program,
    [component, "--listen", `127.0.0.1:${port}`, "--state-dir", state, ...args],
    {
      cwd: state,
      env: { PATH: process.env.PATH, HOME: state, RUST_LOG: "warn" },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill();
    await ended;
    rmSync(state, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  if (!(await untilReady(child, url))) {
    await stop();
    throw new Error("the edge did not start");
  }
  return { url, stop };
}
