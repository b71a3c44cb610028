// Bun, Deno and releases of Node as npm packages have them: a package for each kind of machine.

import { statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./packed.mjs";

const { platform, arch } = process;
const machine = `${platform}-${arch}`;

/** A placeholder has some hundred bytes, a runtime some hundred megabytes. */
const LEAST_BYTES = 1_000_000;

/** `skip` is the reason for node:test, or false. */
function runtime(name, ...paths) {
  const programs = paths.map((path) => join(root, "node_modules", path));
  const program = programs.find(
    (path) => statSync(path, { throwIfNoEntry: false })?.size >= LEAST_BYTES,
  );
  return {
    program,
    skip: program === undefined && `skipped: ${name} has no program for ${machine}`,
  };
}

const bunMachine = machine.replace("arm64", "aarch64");
// The script that runs after the installation moves the program, where scripts may run.
export const bun = runtime(
  "bun",
  join("@oven", `bun-${bunMachine}`, "bin", "bun"),
  join("bun", "bin", "bun.exe"),
);

const denoMachine = platform === "linux" ? `${machine}-glibc` : machine;
export const deno = runtime("deno", join("@deno", denoMachine, "deno"));

/** A release of Node other than the one that runs the tests. */
const node = (major) =>
  runtime(
    `Node ${major}`,
    join("..", "test", "nodes", "node_modules", `node${major}-${machine}`, "bin", "node"),
  );

/** Node 24 is the reference, Node 22 the oldest that is maintained. */
export const nodes = { "Node 22": node(22), "Node 24": node(24) };
