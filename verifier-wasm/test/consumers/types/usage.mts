// Compiled, never run: every entry, with and without the types of the DOM.

import { createVerifier, KeyError, VerificationError, type Verifier } from "@dojang/verifier";
import { createExplainer } from "@dojang/verifier/explain";
import { createRemoteJwks, JwksError, type JwksCode, type RemoteJwks } from "@dojang/verifier/jwks";
import * as slim from "@dojang/verifier/slim";
import * as slimJwks from "@dojang/verifier/slim/jwks";
import {
  createStatusLists,
  StatusListError,
  type StatusLists,
  type TokenStatus,
} from "@dojang/verifier/status";
import { codeTexts } from "@dojang/verifier/texts";
import kernel from "@dojang/verifier/kernel_simd.wasm";
import compiled from "@dojang/verifier/verifier_wasm.wasm";

const verifier: Verifier = createVerifier("", { leeway: 1 });
export const expiry: number = verifier.verify("").claims.exp;
export const user: number | string | undefined = verifier.verify("").claims.user_id;
export const issuer: unknown = verifier.verify("").claims.iss;
// @ts-expect-error without the option issuer, it is unknown
export const text: string | undefined = verifier.verify("").claims.iss;

const remote: RemoteJwks = createRemoteJwks("https://login.example/jwks.json", {
  issuer: "a",
  timeout: 1,
  clock: () => 1,
});
export const later: number = (await remote.verify("", { now: 1 })).claims.exp;
await remote.reload();
// @ts-expect-error an option that does not exist
createRemoteJwks("https://login.example/jwks.json", { timeOut: 1 });

try {
  await remote.verify("");
} catch (error) {
  if (error instanceof JwksError) {
    const code: JwksCode = error.code;
    if (error.code === "jwks_status_unexpected") {
      const status: number = error.details.status;
      throw new Error(`${code} ${status}`);
    }
    // @ts-expect-error there is no such code
    error.code === "jwks_gone";
  } else if (
    error instanceof slim.VerificationError ||
    error instanceof KeyError ||
    error instanceof VerificationError
  ) {
    throw new Error(codeTexts[error.code].ko);
  }
}

const ready: Promise<void> = slim.init();
await ready;
await slim.init({ verifier: new ArrayBuffer(8), kernel: new Uint8Array(8) });
await slim.init({ verifier: "/verifier_wasm.wasm", kernel });
await slim.init({ verifier: compiled, kernel });
// @ts-expect-error a verifier needs its kernel
await slim.init({ verifier: compiled });
// @ts-expect-error nothing is left out, not null
await slim.init(null);
export const slimVerifier: Verifier = slim.createVerifier({ kty: "RSA" });
export const slimRemote: RemoteJwks = slimJwks.createRemoteJwks({
  href: "https://login.example/jwks.json",
});
export const steps: number = createExplainer("").explain("").steps.length;

const lists: StatusLists = createStatusLists(remote, {
  allowed: ["https://login.example"],
  leeway: 1,
  futureLeeway: 2,
  clock: () => 1,
});
createStatusLists({ keys: [] }, { allowed: "https://login.example" });
// @ts-expect-error allowed has no default
createStatusLists("", {});
createStatusLists("", { allowed: [], issuer: ["a"], audience: "a" });
// @ts-expect-error lists have no token type
createStatusLists("", { allowed: [], tokenType: "a" });
const found: TokenStatus = await lists.statusOf((await remote.verify("")).claims);
if (found.status === "valid") {
  // @ts-expect-error nothing is wrong with it
  found.code;
} else if (found.code === "revocation_unknown") {
  const error: StatusListError = found.error;
  if (error.code === "status_list_too_large") {
    throw new Error(`${error.details.limit}`);
  }
} else if (found.code === "token_revoked") {
  throw new Error(`${found.status} ${found.found.value}`);
}
await lists.check({}, { list: "" });
