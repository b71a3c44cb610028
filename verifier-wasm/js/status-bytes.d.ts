/** The WebAssembly module for status lists, in hexadecimal digits; written by scripts/build.mjs. */
export declare const wasmHex: string;
