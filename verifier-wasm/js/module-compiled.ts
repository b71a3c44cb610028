// For workers, which forbid compiling bytes.

/** Rejects bytes with the reason. */
export async function compileModule(): Promise<never> {
  throw new TypeError(
    "this runtime does not compile WebAssembly: call init() without bytes, " +
      "or pass it objects of WebAssembly.Module",
  );
}

export const fetchModule = (address: string | URL | Request): Promise<Response> => fetch(address);
