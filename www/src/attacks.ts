/** Ways to change a token that a careless check would let through; each is stopped by another rule. */
export type Attack = "promote" | "none" | "flip" | "refresh";

export const ATTACKS: readonly Attack[] = ["promote", "none", "flip", "refresh"];

/** The hostile token made from the pair of this session. */
export function attacked(attack: Attack, tokens: { access: string; refresh: string }): string {
  const [header = "", claims = "", signature = ""] = tokens.access.split(".");
  switch (attack) {
    case "promote":
      return [header, encode({ ...decode(claims), role: "admin" }), signature].join(".");
    case "none":
      return [encode({ ...decode(header), alg: "none" }), claims, ""].join(".");
    case "flip":
      return [header, claims, withFirstBitFlipped(signature)].join(".");
    case "refresh":
      return tokens.refresh;
  }
}

function withFirstBitFlipped(segment: string): string {
  const bytes = bytesOf(segment);
  bytes[0] = (bytes[0] ?? 0) ^ 0x80;
  return base64url(bytes);
}

function decode(segment: string): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(bytesOf(segment))) as Record<string, unknown>;
}

function encode(members: object): string {
  return base64url(new TextEncoder().encode(JSON.stringify(members)));
}

function bytesOf(segment: string): Uint8Array {
  const base64 = segment.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function base64url(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
