/** A `.wasm` file as workers and their bundlers import it: compiled. */
declare module "*.wasm" {
  const compiled: WebAssembly.Module;
  export default compiled;
}

/** The same for Vercel's edge runtime. */
declare module "*.wasm?module" {
  const compiled: WebAssembly.Module;
  export default compiled;
}

/** A WebAssembly module in hexadecimal digits, written by scripts/build.mjs. */
declare module "*-bytes.js" {
  export const wasmHex: string;
}
