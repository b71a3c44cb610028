/** The WebAssembly module with SIMD, in base64; written by scripts/build.mjs. */
export declare const wasmBase64: string;
