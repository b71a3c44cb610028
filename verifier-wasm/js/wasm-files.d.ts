/** How bundlers for workers and workerd itself import a `.wasm` file: compiled. */
declare module "*.wasm" {
  const compiled: WebAssembly.Module;
  export default compiled;
}
