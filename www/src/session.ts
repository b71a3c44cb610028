import type { Explainer, JwkSet } from "@dojang/verifier/explain";
import type { Revocation } from "./revocation.ts";
import type { ServiceResponse } from "./services.ts";
import { decoded, type Members } from "./token.ts";

/** The tokens of a login, in memory only. */
export interface Session {
  username: string;
  access: string;
  refresh: string;
  keys: JwkSet;
  explainer: Explainer;
  /** The revocation of the access token, once it was looked up. */
  revocation?: Revocation["outcome"];
  /** Whether it was logged out; the tokens are kept to show what they are still good for. */
  ended: boolean;
}

/** Decodes the claims of the access token. */
export function claimsOf({ access }: Session): Members {
  return decoded(access.split(".")[1]) ?? {};
}

/** Returns the tokens in a successful response of the issuer. */
export function tokensIn(response: ServiceResponse | undefined): {
  access?: string;
  refresh?: string;
} {
  const body = response?.status === 200 ? (response.body ?? {}) : {};
  const { access, refresh } = body as { access?: unknown; refresh?: unknown };
  return {
    ...(typeof access === "string" && { access }),
    ...(typeof refresh === "string" && { refresh }),
  };
}
