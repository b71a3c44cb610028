/** The WebAssembly module with SIMD, in hexadecimal digits; written by scripts/build.mjs. */
export declare const wasmHex: string;
