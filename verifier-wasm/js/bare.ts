// Objects without a prototype: lookups must not reach `Object.prototype`, to which a bug elsewhere
// in the program may have added members.

const hidden: PropertyDescriptor = bare({ enumerable: false });

/** Removes the prototype of an object. */
export function bare<T extends object>(object: T): T {
  return Object.setPrototypeOf(object, null) as T;
}

/**
 * Parses JSON into objects without prototypes. The module has limited the nesting.
 *
 * A member `__proto__` becomes non-enumerable: `Object.assign` would otherwise give its target a
 * prototype that the token chose.
 */
export function parsed(json: string): unknown {
  const value: unknown = JSON.parse(json);
  strip(value);
  return value;
}

function strip(value: unknown): void {
  if (typeof value !== "object" || value === null) {
    return;
  }
  if (!Array.isArray(value)) {
    bare(value);
    if (Object.hasOwn(value, "__proto__")) {
      Object.defineProperty(value, "__proto__", hidden);
    }
  }
  for (const name of Object.getOwnPropertyNames(value)) {
    strip((value as Record<string, unknown>)[name]);
  }
}
