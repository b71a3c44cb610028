/** The WebAssembly module that explains, in hexadecimal digits; written by scripts/build.mjs. */
export declare const wasmHex: string;
