import type { Code, KeyCode } from "./codes.js";
import type { Details } from "./details.js";

interface Coded<C extends Code> extends Error {
  /** What was wrong: stable, for programs. `message` is for logs and may change. */
  readonly code: C;
  /** The values that matter; their type follows from `code`. */
  readonly details: Readonly<Details[C]>;
}

/** A token that was refused. Comparing `code` tells the type of `details`. */
export type VerificationError = { [C in Code]: Coded<C> }[Code];

/** Keys that cannot be used; thrown by `createVerifier`. */
export type KeyError = { [C in KeyCode]: Coded<C> }[KeyCode];

// Generic classes cannot be such unions, so the constructors are typed apart from the classes
// behind them.
const Refusing = class VerificationError extends Error {
  readonly code: Code;
  readonly details: object;

  constructor(code: Code, details: object) {
    super(sentence(code, details));
    this.code = code;
    this.details = details;
  }

  static {
    this.prototype.name = "VerificationError";
  }
};

const RefusingKeys = class KeyError extends Refusing {
  static {
    this.prototype.name = "KeyError";
  }
};

type Constructor<E extends { code: Code; details: object }> = {
  new (code: E["code"], details: E["details"]): E;
  readonly prototype: E;
};

export const VerificationError = Refusing as unknown as Constructor<VerificationError>;
export const KeyError = RefusingKeys as unknown as Constructor<KeyError>;

/** The code in words and the values as they are: `token expired: expiredAt 1800000000, now 1800000001`. */
function sentence(code: Code, details: object): string {
  const values = Object.entries(details).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [code.replaceAll("_", " "), values.join(", ")].filter((part) => part !== "").join(": ");
}
