/** The instance type of a global class, where the program has that class: not every one has the types of the DOM. */
export type GlobalType<Name extends string> = typeof globalThis extends { [N in Name]: { prototype: infer Type } }
  ? Type
  : never;
