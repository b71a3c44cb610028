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

/** A WebAssembly module as text, written by scripts/build.mjs. */
declare module "*-text.js" {
  export const text: string;
}
