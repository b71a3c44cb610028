import type { GlobalType } from "./global-types.js";

/** `WebAssembly.Module`, where the program has its type. */
export type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } }
  ? Module
  : never;

/** Where the module is, or the module itself: anything from an address to what was compiled already. */
export type ModuleSource =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | GlobalType<"URL">
  | GlobalType<"Request">
  | GlobalType<"Response">
  | CompiledModule;
