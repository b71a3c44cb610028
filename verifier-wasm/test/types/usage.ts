// Compiled, never run: what the types allow and what they refuse.

import { createVerifier, KeyError, VerificationError } from "@dojang/verifier";
import type { Claims, Code, Header, JwkSet, KeyCode, Verifier } from "@dojang/verifier";
import { createExplainer, type Explanation } from "@dojang/verifier/explain";
import { createRemoteJwks, type JwksError, type MetadataReason } from "@dojang/verifier/jwks";
import { createStatusLists } from "@dojang/verifier/status";
import { codeTexts } from "@dojang/verifier/texts";

const jwks: JwkSet = { keys: [{ kty: "RSA", n: "..", e: "AQAB", kid: "a" }] };
const verifier: Verifier = createVerifier(jwks, {
  leeway: 5,
  futureLeeway: 10,
  issuer: "a",
  audience: "b",
  tokenType: "refresh",
});
createVerifier("-----BEGIN PUBLIC KEY-----");
createVerifier({ kty: "RSA", n: "..", e: "AQAB" });

const { header, claims }: { header: Header; claims: Claims } = verifier.verify("a.b.c", {
  now: 1.5,
});
const alg: "RS256" = header.alg;
const exp: number = claims.exp;
const role: unknown = claims["role"];
const isPremium: boolean = Object.hasOwn(claims, "premium");
// @ts-expect-error claims have no prototype, so this would be a claim of the token
claims.hasOwnProperty("premium");
// @ts-expect-error neither has the header
header.toString();
verifier.verify("a.b.c");
verifier.free();

try {
  verifier.verify("a.b.c");
} catch (error) {
  if (error instanceof VerificationError) {
    const code: Code = error.code;
    const text: string = codeTexts[code].ko;
    if (error.code === "token_expired" || error instanceof KeyError) {
      throw new Error(text);
    }
    if (error.code === "alg_not_allowed" && error.details.reason === "different") {
      const alg: string = error.details.actual;
      throw new Error(alg);
    }
    if (error.code === "token_not_yet_valid") {
      const seconds: number = error.details.notBefore - error.details.now;
      // @ts-expect-error a value of another code
      error.details.expiredAt;
      throw new Error(`${seconds}`);
    }
    if (error instanceof KeyError) {
      const code: KeyCode = error.code;
      throw new Error(code);
    }
    // @ts-expect-error there is no such code
    error.code === "token_is_expired";
    // @ts-expect-error a code does not change
    error.code = "token_expired";
  }
}

const explanation: Explanation = createExplainer(jwks, { leeway: 5 }).explain("a.b.c", {
  now: 1.5,
});
for (const step of explanation.steps) {
  const text: string = step.outcome === "failed" ? codeTexts[step.code].en : step.check;
  // @ts-expect-error only a failed check has a code
  step.outcome === "passed" && step.code;
  text.at(0);
}
if (explanation.verdict.ok) {
  explanation.verdict.claims.exp;
} else if (explanation.verdict.code === "token_expired") {
  explanation.verdict.details.expiredAt;
}
// @ts-expect-error there may be no text
explanation.untrusted.header.length;

// @ts-expect-error keys are required
createVerifier();
// @ts-expect-error bytes are no keys
createVerifier(new Uint8Array());
// @ts-expect-error an option that does not exist
createVerifier("", { audiences: "a" });
// @ts-expect-error undefined would switch the check off
createVerifier("", { issuer: undefined });
createVerifier("", { tokenType: null, issuer: ["a", "b"], anyAudience: true });
createVerifier("", { tokenType: "id", audience: ["a"], requiredClaims: ["sub"] });
// @ts-expect-error the claim is a text
createVerifier("", { tokenType: 1 });
// @ts-expect-error any audience is a flag
createVerifier("", { anyAudience: "*" });
// @ts-expect-error seconds are a number
verifier.verify("", { now: new Date() });
// @ts-expect-error a token is text
verifier.verify(1);
// @ts-expect-error a claim that is not checked has an unknown type
const premium: boolean = claims["premium"];

createRemoteJwks("https://login.example/jwks.json", { issuer: ["a", "b"] });
createRemoteJwks({ href: "https://login.example/jwks.json" });
const remote = createRemoteJwks({ issuer: "https://login.example", audience: "a", timeout: 1 });
createStatusLists(remote, { allowed: [], audience: ["a"] });
// @ts-expect-error the metadata has one issuer
createRemoteJwks({ issuer: ["a", "b"] });
// @ts-expect-error there is nowhere to look the keys up
createRemoteJwks({ audience: "a" });
// @ts-expect-error the options are in the first object
createRemoteJwks({ issuer: "https://login.example" }, { audience: "a" });
const reasonOf = (error: JwksError): MetadataReason | undefined =>
  error.code === "jwks_metadata_unusable" ? error.details.openid : undefined;

export { alg, exp, isPremium, premium, reasonOf, role };
