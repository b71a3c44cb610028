// The JSON that the WebAssembly side answers with; see src/answer.rs.

import { codes, type Code } from "./codes.js";
import type { Details } from "./details.js";
import { jwkFaults, pemFaults, unsuitables } from "./reasons.js";

/** `[header, claims]` of an accepted token, `[code, details]` of a refused one. */
export type Answer = readonly [object, object] | readonly [number, object];

/** Codes with reasons, which come as numbers. */
const reasons: { readonly [C in Code]?: readonly string[] } = {
  key_pem_invalid: pemFaults,
  key_json_invalid: jwkFaults,
  key_unsuitable: unsuitables,
};

export interface Refusal<C extends Code = Code> {
  code: C;
  details: Details[C];
}

/** What an answer refuses and why; undefined when it accepts. */
export function refusalIn([first, second]: Answer): Refusal | undefined {
  if (typeof first !== "number") {
    return undefined;
  }
  const code = codes[first];
  if (code === undefined) {
    throw new Error(`there is no code ${first}`);
  }
  const details = second as { reason?: unknown };
  if (typeof details.reason === "number") {
    details.reason = reasons[code]?.[details.reason];
  }
  return { code, details };
}
