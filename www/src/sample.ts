import type { JwkSet } from "@dojang/verifier/explain";
import { base64url, segmentOf } from "./token.ts";

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

/** Signs a token; header and payload are texts, or values to be encoded as JSON. */
export type Sign = (header: unknown, payload: unknown) => Promise<string>;

/** A token with the keys of its issuer, which this page generated and cannot export. */
export interface Sample {
  token: string;
  keys: JwkSet;
  sign: Sign;
}

export async function newSigner(): Promise<{ sign: Sign; publicKey: JsonWebKey }> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(
    { ...RSA, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
    false,
    ["sign", "verify"],
  );
  const sign: Sign = async (header, payload) => {
    const input = `${segmentOf(header)}.${segmentOf(payload)}`;
    const signature = await crypto.subtle.sign(RSA, privateKey, new TextEncoder().encode(input));
    return `${input}.${base64url(new Uint8Array(signature))}`;
  };
  return { sign, publicKey: await crypto.subtle.exportKey("jwk", publicKey) };
}

/**
 * Creates a token like the issuer's, under a new key.
 *
 * @param now Unix time in seconds
 */
export async function newSample(now: number): Promise<Sample> {
  const { sign, publicKey } = await newSigner();
  const { kty = "RSA", n = "", e = "" } = publicKey;
  const kid = await thumbprint({ e, kty, n });
  const issued = Math.floor(now);
  const claims = {
    token_type: "access",
    exp: issued + 7200,
    iat: issued,
    jti: crypto.randomUUID().replaceAll("-", ""),
    user_id: 1,
    username: "testuser",
    email: "test@example.com",
    role: "instructor",
    premium: true,
  };
  return {
    token: await sign({ alg: "RS256", typ: "JWT", kid }, claims),
    keys: { keys: [{ kty, n, e, kid, alg: "RS256", use: "sig" }] },
    sign,
  };
}

/** Computes the thumbprint of RFC 7638, whose members are in alphabetical order. */
async function thumbprint(members: { e: string; kty: string; n: string }): Promise<string> {
  return base64url(
    new Uint8Array(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(members))),
    ),
  );
}
