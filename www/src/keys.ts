/** What a key text holds, for people. Whether and which key is used, the verifier alone decides. */

import { createExplainer, KeyError } from "@dojang/verifier/explain";
import type { Explainer, Jwk, JwkSet, KeyCode, VerifierOptions } from "@dojang/verifier/explain";
import { bytesOf, type Members } from "./token.ts";

/** What keys made under a policy. */
export type Loaded = { explainer: Explainer } | { refused: KeyCode };

export function load(keys: string | JwkSet, options: VerifierOptions = {}): Loaded {
  try {
    return { explainer: createExplainer(keys, options) };
  } catch (error) {
    if (error instanceof KeyError) {
      return { refused: error.code };
    }
    throw error;
  }
}

/** Why the verifier does not take these keys; undefined when it does. */
export function refusalOf(keys: string | JwkSet): KeyCode | undefined {
  const loaded = load(keys);
  if ("refused" in loaded) {
    return loaded.refused;
  }
  loaded.explainer.free();
  return undefined;
}

export interface ShownKey {
  kid: string | undefined;
  kty: string;
  use: string | undefined;
  alg: string | undefined;
  /** Bits of the modulus, when there is one to be read. */
  bits: number | undefined;
  jwk: Members;
}

/** Whether the verifier uses this key of a set, or skips it. */
export function isSuitable({ jwk }: ShownKey): boolean {
  return refusalOf({ keys: [jwk as Jwk] }) === undefined;
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
  return { kid: text(key["kid"]), kty: text(key["kty"]) ?? "?", use: text(key["use"]), alg: text(key["alg"]), bits: bits(key["n"]), jwk: key };
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
