// Decodes tokens without verifying them.

import { duration, t } from "./lang.ts";

export type Members = Record<string, unknown>;

export function bytesOf(segment: string): Uint8Array<ArrayBuffer> {
  const base64 = segment
    .replaceAll("-", "+")
    .replaceAll("_", "/")
    .replace(/[^A-Za-z0-9+/]/g, "");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

export function base64url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Encodes a text, or the JSON of anything else, in base64url. */
export function segmentOf(value: unknown): string {
  return base64url(
    new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)),
  );
}

export function textOf(segment: string): string {
  return new TextDecoder().decode(bytesOf(segment));
}

/** Decodes the object in a segment, tolerantly; returns undefined when there is none. */
export function decoded(segment: string | undefined): Members | undefined {
  try {
    const value: unknown = JSON.parse(textOf(segment ?? ""));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Members)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the time until the token's `exp`, in words. */
export function timeLeft(token: string): string {
  const exp = decoded(token.split(".")[1])?.["exp"];
  const seconds = typeof exp === "number" ? Math.ceil(exp - Date.now() / 1000) : 0;
  return seconds > 0 ? duration(seconds) : t("만료됨", "expired");
}
