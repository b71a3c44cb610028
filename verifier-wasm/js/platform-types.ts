// Types of the platform, for programs with and without the types of the DOM: those without get
// `never` for the classes of the DOM.

/** The instance type of a global class. */
export type GlobalType<Name extends string> = typeof globalThis extends {
  [N in Name]: { prototype: infer Type };
}
  ? Type
  : never;

/** `WebAssembly.Module`. */
export type CompiledModule = typeof globalThis extends {
  WebAssembly: { Module: { prototype: infer Module } };
}
  ? Module
  : never;

/** A URL or response to load a WebAssembly module from, its bytes, or the compiled module. */
export type ModuleSource =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | GlobalType<"URL">
  | GlobalType<"Request">
  | GlobalType<"Response">
  | CompiledModule;

/** The modules of a verifier: the one that decides, and the one with the arithmetic. */
export interface ModuleSources {
  readonly verifier: ModuleSource | Promise<ModuleSource>;
  readonly kernel: ModuleSource | Promise<ModuleSource>;
}

/** `fetch`, or a function that replaces it. */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchResponse>;

/** The options of a request for a document. */
export interface FetchRequest {
  readonly headers: { readonly accept: string };
  readonly redirect: "manual";
  readonly cache?: "no-store";
  readonly signal: GlobalType<"AbortSignal">;
}

/** The members of a `Response` that are read. */
export interface FetchResponse {
  readonly type: string;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): Reader } | null;
}

export interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}
