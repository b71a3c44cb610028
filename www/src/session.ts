import { createVerifier, KeyError, VerificationError } from "@dojang/verifier";
import type { Code, JwkSet, VerifiedToken, Verifier } from "@dojang/verifier";
import { logIn, publishedKeys, refreshTokens, type User } from "./services.ts";

export type Verdict = { accepted: true; token: VerifiedToken } | { accepted: false; code: Code };

/** What a login gave: the tokens live in this object and nowhere else, and end with it. */
export class Session {
  readonly user: User;
  #access: string;
  #refresh: string;
  #keys: JwkSet;
  #verifier: Verifier;

  private constructor(user: User, access: string, refresh: string, keys: JwkSet) {
    this.user = user;
    this.#access = access;
    this.#refresh = refresh;
    this.#keys = keys;
    this.#verifier = createVerifier(keys);
  }

  /**
   * @throws {RefusedError} wrong credentials
   * @throws {UnreachableError} no issuer
   * @throws {KeyError} the issuer's published keys cannot be used
   */
  static async open(username: string, password: string): Promise<Session> {
    const { user, access, refresh } = await logIn(username, password);
    return new Session(user, access, refresh, await publishedKeys());
  }

  get tokens(): { access: string; refresh: string } {
    return { access: this.#access, refresh: this.#refresh };
  }

  /** The keys that the issuer publishes. */
  get keys(): JwkSet {
    return this.#keys;
  }

  verify(token: string): Verdict {
    try {
      return { accepted: true, token: this.#verifier.verify(token) };
    } catch (error) {
      if (error instanceof VerificationError && !(error instanceof KeyError)) {
        return { accepted: false, code: error.code };
      }
      throw error;
    }
  }

  /** Gets a new access token, and the issuer's keys again when the new token was signed by one not seen yet. */
  async refresh(): Promise<void> {
    const { access, refresh } = await refreshTokens(this.#refresh);
    this.#access = access;
    this.#refresh = refresh ?? this.#refresh;
    const verdict = this.verify(access);
    if (!verdict.accepted && verdict.code === "key_not_found") {
      const keys = await publishedKeys();
      const verifier = createVerifier(keys);
      this.#verifier.free();
      this.#keys = keys;
      this.#verifier = verifier;
    }
  }

  close(): void {
    this.#access = "";
    this.#refresh = "";
    this.#verifier.free();
  }
}
