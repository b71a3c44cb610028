// The verifiers: each target returns { ok: true, claims } or { ok: false, code } for a token.

import { createVerifier, VerificationError } from "@dojang/verifier";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { createLocalJWKSet, jwtVerify } from "jose";
import { openPackagePage } from "./chromium.mjs";
import { edgeUrl, python, verifyNative } from "./system.mjs";

/** Runs a program that reads JSON and prints JSON. */
function converse(program, args, question) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    input: `${JSON.stringify(question)}\n`,
    encoding: "utf8",
    timeout: 60_000,
  });
  if (error !== undefined || status !== 0) {
    throw new Error(`${program} failed: ${error ?? stderr}`);
  }
  return JSON.parse(stdout);
}

/** Verifies with PyJWT; see python/pyjwt_tokens.py. */
export function pyjwt(question) {
  return converse(python, [join(import.meta.dirname, "python", "pyjwt_tokens.py")], question);
}

export const pyjwtTarget = (pem) => ({
  name: "PyJWT",
  ours: false,
  verify: async (token) => pyjwt({ do: "verify", token, key: pem }),
});

export const joseTarget = (jwks) => {
  const keys = createLocalJWKSet(jwks);
  return {
    name: "jose",
    ours: false,
    verify: async (token) => {
      try {
        return {
          ok: true,
          claims: (await jwtVerify(token, keys, { algorithms: ["RS256"] })).payload,
        };
      } catch (error) {
        return { ok: false, code: error.code };
      }
    },
  };
};

export const nativeTarget = (pem) => ({
  name: "verifier-core, native",
  ours: true,
  skip: verifyNative ? false : "skipped: set VERIFY_NATIVE to the verify example of verifier-core",
  verify: async (token) =>
    converse(verifyNative, [], { token, keys: pem, now: Math.floor(Date.now() / 1000) }),
});

export const nodeTarget = (jwks) => {
  const verifier = createVerifier(jwks);
  return {
    name: "@dojang/verifier in Node",
    ours: true,
    verify: async (token) => {
      try {
        // The verifier's objects have no prototype, those of the other targets have.
        return { ok: true, claims: structuredClone(verifier.verify(token).claims) };
      } catch (error) {
        if (error instanceof VerificationError) {
          return { ok: false, code: error.code };
        }
        throw error;
      }
    },
  };
};

export async function chromiumTarget(keys) {
  const { page, close } = await openPackagePage();
  return {
    name: "@dojang/verifier in Chromium",
    ours: true,
    close,
    verify: (token) =>
      page.evaluate(
        async ([token, keys]) => {
          const { createVerifier, VerificationError } = await import("/index.js");
          const verifier = createVerifier(keys);
          try {
            return { ok: true, claims: verifier.verify(token).claims };
          } catch (error) {
            if (error instanceof VerificationError) {
              return { ok: false, code: error.code };
            }
            throw error;
          } finally {
            verifier.free();
          }
        },
        [token, keys],
      ),
  };
}

/** `/protected` over HTTP, whose response has a part of the claims, or the text of a refusal. */
export const edgeTarget = () => ({
  name: "edge-resource over HTTP",
  ours: true,
  verify: async (token) => {
    const response = await fetch(`${edgeUrl}/protected`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(20_000),
    });
    const body = await response.json();
    return response.status === 200
      ? { ok: true, body }
      : { ok: false, code: body.code, status: response.status, detail: body.detail };
  },
});
