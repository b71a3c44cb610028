/** What the verifier needs of a runtime besides the language. */
const needed = ["WebAssembly", "TextDecoder", "TextEncoder"];

/**
 * Checks the runtime at the first use, because test runners may complete it after the import.
 *
 * @throws {Error} that names what is missing: React Native has no WebAssembly, jsdom may have no
 * `TextEncoder`
 */
export function checkPlatform(): void {
  const missing = needed.find((name) => !(name in globalThis));
  if (missing !== undefined) {
    throw new Error(
      `this runtime has no ${missing}; see "Platforms" in the README of @dojang/verifier`,
    );
  }
}
