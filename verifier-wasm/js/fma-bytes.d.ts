/** The WebAssembly module with fused multiply-adds, in hexadecimal digits; written by scripts/build.mjs. */
export declare const wasmHex: string;
