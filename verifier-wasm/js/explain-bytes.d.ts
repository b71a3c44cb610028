/** The WebAssembly module that explains, in base64; written by scripts/build.mjs. */
export declare const wasmBase64: string;
