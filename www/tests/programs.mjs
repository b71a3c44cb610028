// Programs of the system that a test starts for itself.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const {
  EDGE_HOST_PROGRAM: program,
  EDGE_COMPONENT: component,
  EDGE_COMPILED: compiled,
} = process.env;

/** Why `startEdge` cannot run, for node:test's `skip`. */
export const noPrograms =
  !(program && component) &&
  "skipped: set EDGE_HOST_PROGRAM and EDGE_COMPONENT (cargo xtask test does)";

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
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
  const end = Date.now() + 30_000;
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (Date.now() > end || child.exitCode !== null) {
      await stop();
      throw new Error("the edge did not start");
    }
    await pause(50);
  }
  return { url, stop };
}
