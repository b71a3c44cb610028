// Bun and Deno as npm packages have them: a package for each kind of machine.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./packed.mjs";

const { platform, arch } = process;
const machine = `${platform}-${arch}`;

/** `skip` is the reason for node:test, or false. */
function runtime(name, path) {
  const program = join(root, "node_modules", path);
  return {
    program,
    skip: !existsSync(program) && `skipped: ${name} has no program for ${machine}`,
  };
}

const bunMachine = machine.replace("arm64", "aarch64");
export const bun = runtime("bun", join("@oven", `bun-${bunMachine}`, "bin", "bun"));

const denoMachine = platform === "linux" ? `${machine}-glibc` : machine;
export const deno = runtime("deno", join("@deno", denoMachine, "deno"));
