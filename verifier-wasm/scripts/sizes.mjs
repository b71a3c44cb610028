// Prints the size of each entry in a page as a Markdown table: bundled and minified by Vite, with
// the `.wasm` files that it loads. Needs the built package.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "vite";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const entries = {
  "`./slim`": ["slim", "init, createVerifier, VerificationError"],
  "the main entry": ["index", "createVerifier, VerificationError"],
  "`./slim/jwks` with `./slim`": [
    "slim-jwks",
    "createRemoteJwks, JwksError",
    ["slim", "init, VerificationError"],
  ],
  "`./jwks`": ["jwks", "createRemoteJwks, JwksError"],
  "`./explain`": ["explain", "createExplainer"],
  "`./status`": ["status", "createStatusLists, StatusListError"],
};

/** Returns the sum of the parts in bytes, each compressed separately. */
function weights(...parts) {
  const sum = (compress) => parts.reduce((total, part) => total + compress(part).length, 0);
  return {
    bytes: sum((part) => part),
    gzip: sum((part) => gzipSync(part, { level: 9 })),
    brotli: sum((part) => brotliCompressSync(part)),
  };
}

/** Returns the minified JavaScript of a program that exports these names. */
async function minified(imports) {
  const program = "\0program";
  const { output } = await build({
    configFile: false,
    logLevel: "error",
    root,
    plugins: [
      {
        name: "program",
        resolveId: (id) => (id === program ? id : undefined),
        load: (id) =>
          id === program
            ? imports
                .map(
                  ([file, names]) =>
                    `export { ${names} } from ${JSON.stringify(join(root, "dist", `${file}.js`))};`,
                )
                .join("\n")
            : undefined,
      },
    ],
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      assetsInlineLimit: 0,
      rollupOptions: { input: program, preserveEntrySignatures: "strict" },
    },
  });
  return Buffer.from(output.find(({ type }) => type === "chunk").code);
}

async function sizes() {
  const rows = {};
  const file = (name) => readFileSync(join(root, "dist", `${name}.wasm`));
  // Those that most engines load.
  const modules = [file("verifier_wasm"), file("kernel_fma")];
  for (const [name, [entry, names, ...more]] of Object.entries(entries)) {
    const script = await minified([[entry, names], ...more]);
    const loaded = entry.startsWith("slim") ? modules : [];
    rows[loaded.length > 0 ? `${name}, minified JavaScript` : `${name}, minified, modules inside`] =
      weights(script);
    if (loaded.length > 0) {
      rows[`${name}, and its two files`] = weights(script, ...loaded);
    }
  }
  for (const name of ["verifier_wasm", "kernel_fma", "kernel_simd"]) {
    rows[`\`${name}.wasm\``] = weights(file(name));
  }
  return rows;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log("| | bytes | gzip | brotli |\n|---|---|---|---|");
  for (const [name, figures] of Object.entries(await sizes())) {
    const numbers = Object.values(figures).map((figure) => figure.toLocaleString("en"));
    console.log(`| ${[name, ...numbers].join(" | ")} |`);
  }
}
