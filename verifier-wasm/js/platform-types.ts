// Types of the platform. Programs without the types of the DOM get `never` in their place.

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
