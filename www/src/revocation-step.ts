import type { TokenStatus } from "@dojang/verifier/status";
import { busy, button } from "./dom.ts";
import { t } from "./lang.ts";
import { canFetch, describeStatus, lookUp, notChecked, referenceIn } from "./revocation.ts";
import type { Lookup, Revocation } from "./revocation.ts";
import type { Members } from "./token.ts";

/** A token that passed all other steps. */
export interface Candidate extends Pick<Lookup, "keys" | "options" | "now"> {
  claims: Members;
  /** The pasted list; empty: offer to fetch it from the issuer. */
  list: string;
  /** Identifies token, keys, policy, list and a time that the visitor chose. */
  id: string;
}

/** Puts the step on the page, with the button that starts a lookup if there is one. */
type Show = (revocation: Revocation, lookUp: HTMLElement | undefined) => void;

/**
 * The last step of the inspector. It verifies a pasted list at once, and fetches one only when the
 * visitor presses the button.
 */
export class RevocationStep {
  readonly #show: Show;
  readonly #onError: (error: unknown) => void;
  #candidate: Candidate | undefined;
  #result: { id: string; status: TokenStatus } | undefined;

  constructor(show: Show, onError: (error: unknown) => void) {
    this.#show = show;
    this.#onError = onError;
  }

  /** Shows the step for a token, with the status that is known. */
  open(candidate: Candidate): void {
    this.#candidate = candidate;
    this.#draw(candidate);
    const hasList = candidate.list !== "" && referenceIn(candidate.claims) !== undefined;
    if (hasList && this.#statusOf(candidate) === undefined) {
      void this.#lookUp(candidate);
    }
  }

  /** No token reaches the step. */
  close(): void {
    this.#candidate = undefined;
  }

  clear(): void {
    this.close();
    this.#result = undefined;
  }

  #statusOf({ id }: Candidate): TokenStatus | undefined {
    return this.#result?.id === id ? this.#result.status : undefined;
  }

  #draw(candidate: Candidate): void {
    const { claims, list } = candidate;
    const [reference, status] = [referenceIn(claims), this.#statusOf(candidate)];
    const text =
      status === undefined
        ? t("발급 서버의 목록에서 확인", "Look it up at the issuer")
        : t("다시 확인", "Look it up again");
    const canLookUp = reference !== undefined && list === "" && canFetch(reference);
    const control = canLookUp
      ? button(text, (pressed) => void busy(pressed, () => this.#lookUp(candidate)))
      : undefined;
    if (control !== undefined) {
      control.id = "look-up";
    }
    const hadFocus = document.activeElement?.id === "look-up";
    const revocation =
      status === undefined ? notChecked(reference, list !== "") : describeStatus(status);
    this.#show(revocation, control);
    if (hadFocus) {
      control?.focus();
    }
  }

  async #lookUp(candidate: Candidate): Promise<void> {
    const { claims, id } = candidate;
    try {
      this.#result = { id, status: await lookUp(claims, candidate) };
    } catch (error) {
      this.#onError(error);
      return;
    }
    // The visitor may have pasted something else meanwhile.
    if (this.#candidate?.id === id) {
      this.#draw(candidate);
    }
  }
}
