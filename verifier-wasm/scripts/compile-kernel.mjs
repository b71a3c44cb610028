// Compiles the crate in kernel/.

import { execFileSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Compiles the kernel with a configuration of cargo, and returns the path of the module. */
export function compiledKernel(config, ...cargoArguments) {
  const target = ["--target", "wasm32-unknown-unknown", "--profile", "wasm-npm"];
  const messages = execFileSync(
    process.env.CARGO || "cargo",
    ["build", "--package", "verifier-kernel", "--lib", ...target, ...cargoArguments].concat(
      "--message-format=json-render-diagnostics",
      "--config",
      config,
    ),
    { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26 },
  );
  return messages
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
    .filter(({ reason, target: { name } = {} }) => {
      return reason === "compiler-artifact" && name === "verifier_kernel";
    })
    .flatMap(({ filenames }) => filenames)
    .find((file) => file.endsWith(".wasm"));
}
