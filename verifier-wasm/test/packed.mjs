// The packed package, installed in a temporary directory with the tools of these tests.

import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export const root = join(import.meta.dirname, "..");

const installed = join(root, "node_modules");

/** Runs a program and returns its output; errors have its output and its errors. */
export async function run(cwd, program, args) {
  try {
    return (await promisify(execFile)(program, args, { cwd, timeout: 120_000, maxBuffer: 1 << 24 }))
      .stdout;
  } catch (error) {
    throw new Error(`${error.message}\n${error.stdout}`, { cause: error });
  }
}

/** Runs a program of the development dependencies. */
export function runTool(cwd, script, args) {
  return run(cwd, process.execPath, [join(installed, script), ...args]);
}

/** Packs and installs; `remove` takes it all away. */
export async function install() {
  const directory = mkdtempSync(join(tmpdir(), "dojang-package-"));
  const [{ filename, files }] = JSON.parse(
    await run(root, "npm", ["pack", "--json", "--pack-destination", directory]),
  );
  const consumers = join(root, "test", "consumers");
  for (const name of readdirSync(consumers)) {
    cpSync(join(consumers, name), join(directory, name), { recursive: true });
  }
  writeFileSync(join(directory, "package.json"), '{ "private": true, "type": "module" }');
  await run(directory, "npm", ["install", "--offline", "--no-audit", "--no-fund", `./${filename}`]);
  for (const name of ["express", "fastify", "@types"]) {
    symlinkSync(join(installed, name), join(directory, "node_modules", name), "dir");
  }
  return {
    directory,
    /** The package's files in it. */
    dist: join(directory, "node_modules", "@dojang", "verifier", "dist"),
    tarball: join(directory, filename),
    files: files.map(({ path }) => path),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
