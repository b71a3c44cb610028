import type { Code, KeyCode } from "./codes.js";
import type { Details } from "./details.js";

interface Coded<C extends Code> extends Error {
  /** The reason: stable, for programs. `message` is for logs and may change. */
  readonly code: C;
  /** The values behind the code; their type follows from `code`. */
  readonly details: Readonly<Details[C]>;
}

/** A refused token. Comparing `code` narrows the type of `details`. */
export type VerificationError = { [C in Code]: Coded<C> }[Code];

/** Keys that cannot be used. */
export type KeyError = { [C in KeyCode]: Coded<C> }[KeyCode];

// A class cannot have a union type, so the constructors are typed apart from the classes.
const VerificationErrorClass = class VerificationError extends Error {
  readonly code: Code;
  readonly details: object;

  constructor(code: Code, details: object) {
    super(messageOf(code, details));
    this.code = code;
    this.details = details;
  }

  static {
    this.prototype.name = "VerificationError";
  }
};

const KeyErrorClass = class KeyError extends VerificationErrorClass {
  static {
    this.prototype.name = "KeyError";
  }
};

type Constructor<E extends { code: Code; details: object }> = {
  new (code: E["code"], details: E["details"]): E;
  readonly prototype: E;
};

export const VerificationError =
  VerificationErrorClass as unknown as Constructor<VerificationError>;
export const KeyError = KeyErrorClass as unknown as Constructor<KeyError>;

/** Formats a message such as `token expired: expiredAt 1800000000, now 1800000001`. */
function messageOf(code: Code, details: object): string {
  const words = code.replaceAll("_", " ");
  const values = Object.entries(details)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(", ");
  return values === "" ? words : `${words}: ${values}`;
}
