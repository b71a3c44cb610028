// Tokens as a program that only decodes sees them. Nothing in here verifies anything.

import { duration, t } from "./lang.ts";

export type Members = Record<string, unknown>;

export function bytesOf(segment: string): Uint8Array<ArrayBuffer> {
  const base64 = segment.replaceAll("-", "+").replaceAll("_", "/").replace(/[^A-Za-z0-9+/]/g, "");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

export function base64url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** A segment of a text, or of the JSON of anything else. */
export function segmentOf(value: unknown): string {
  return base64url(new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)));
}

export function textOf(segment: string): string {
  return new TextDecoder().decode(bytesOf(segment));
}

/** The object in a segment, as forgiving as the decoders of debugging pages are; undefined when there is none. */
export function decoded(segment: string | undefined): Members | undefined {
  try {
    const value: unknown = JSON.parse(textOf(segment ?? ""));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}

/** How long a token still lives by its own word, in words. */
export function left(token: string): string {
  const exp = decoded(token.split(".")[1])?.["exp"];
  const seconds = typeof exp === "number" ? Math.ceil(exp - Date.now() / 1000) : 0;
  return seconds > 0 ? duration(seconds) : t("만료됨", "expired");
}
