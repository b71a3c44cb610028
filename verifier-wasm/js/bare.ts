// Objects without a prototype, so that nothing is read from `Object.prototype`, where a mistake
// elsewhere in the program may have put anything.

const hidden: PropertyDescriptor = bare({ enumerable: false });

/** Takes the prototype from an object. */
export function bare<T extends object>(object: T): T {
  return Object.setPrototypeOf(object, null) as T;
}

/**
 * Parses JSON whose nesting the verifier has limited. No object in it has a prototype.
 *
 * A member `__proto__` is kept and not enumerable: copying it by assignment, as `Object.assign`
 * does, would give the copy a prototype of the token's choice.
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
