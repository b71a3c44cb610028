/** What a key text holds, for people. Whether and which key is used, the verifier alone decides. */

import { bytesOf, type Members } from "./token.ts";

export interface ShownKey {
  kid: string | undefined;
  kty: string;
  use: string | undefined;
  alg: string | undefined;
  /** Bits of the modulus, when there is one to be read. */
  bits: number | undefined;
}

/** The keys of a JWK or JWKS text; undefined for everything else, such as PEM. */
export function keysIn(text: string): ShownKey[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const set = typeof value === "object" && value !== null && "keys" in value ? value.keys : [value];
  return Array.isArray(set) ? set.filter((key) => typeof key === "object" && key !== null).map(shown) : undefined;
}

function shown(key: Members): ShownKey {
  return { kid: text(key["kid"]), kty: text(key["kty"]) ?? "?", use: text(key["use"]), alg: text(key["alg"]), bits: bits(key["n"]) };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function bits(modulus: unknown): number | undefined {
  try {
    const bytes = bytesOf(text(modulus) ?? "");
    const first = bytes.findIndex((byte) => byte !== 0);
    return first === -1 ? undefined : (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24;
  } catch {
    return undefined;
  }
}
