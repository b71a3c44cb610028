// The content of a key text, for people. The verifier alone decides which key is used.

import { createExplainer, KeyError } from "@dojang/verifier/explain";
import type { Explainer, Jwk, JwkSet, KeyCode, VerifierOptions } from "@dojang/verifier/explain";
import { bytesOf, type Members } from "./token.ts";

/** An explainer, or the code of the keys' refusal. */
export type LoadedKeys = { explainer: Explainer } | { refused: KeyCode };

export function loadKeys(keys: string | JwkSet, options: VerifierOptions = {}): LoadedKeys {
  try {
    return { explainer: createExplainer(keys, options) };
  } catch (error) {
    if (error instanceof KeyError) {
      return { refused: error.code };
    }
    throw error;
  }
}

/** Returns the code of the keys' refusal; undefined when the verifier accepts them. */
export function refusalOf(keys: string | JwkSet): KeyCode | undefined {
  const loaded = loadKeys(keys);
  if ("refused" in loaded) {
    return loaded.refused;
  }
  loaded.explainer.free();
  return undefined;
}

export interface KeyInfo {
  kid: string | undefined;
  kty: string;
  use: string | undefined;
  alg: string | undefined;
  /** The size of the modulus, if it can be read. */
  bits: number | undefined;
  jwk: Members;
}

/** Whether the verifier uses this key of a set, or skips it. */
export function isSuitable({ jwk }: KeyInfo): boolean {
  return refusalOf({ keys: [jwk as Jwk] }) === undefined;
}

/** Parses a JWK or JWKS text; returns undefined for everything else, such as PEM. */
export function parseKeys(text: string): KeyInfo[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isSet = typeof value === "object" && value !== null && "keys" in value;
  const keys = isSet ? (value as { keys: unknown }).keys : [value];
  return Array.isArray(keys)
    ? keys.filter((key) => typeof key === "object" && key !== null).map(infoOf)
    : undefined;
}

function infoOf(jwk: Members): KeyInfo {
  return {
    kid: asText(jwk["kid"]),
    kty: asText(jwk["kty"]) ?? "?",
    use: asText(jwk["use"]),
    alg: asText(jwk["alg"]),
    bits: bitLength(jwk["n"]),
    jwk,
  };
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function bitLength(modulus: unknown): number | undefined {
  try {
    const bytes = bytesOf(asText(modulus) ?? "");
    const first = bytes.findIndex((byte) => byte !== 0);
    const zeros = Math.clz32(bytes[first] ?? 0) - 24;
    return first === -1 ? undefined : (bytes.length - first) * 8 - zeros;
  } catch {
    return undefined;
  }
}
