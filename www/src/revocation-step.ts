import type { TokenStatus } from "@dojang/verifier/status";
import { busy, button } from "./dom.ts";
import { t } from "./lang.ts";
import { lookUp, mayAsk, notChecked, placeOf, told, type Looking, type Revocation } from "./revocation.ts";
import type { Members } from "./token.ts";

/** A token that passed all other steps. */
export interface Candidate extends Pick<Looking, "keys" | "options" | "now"> {
  claims: Members;
  /** The list that was pasted; empty: none, so the issuer would be asked for it. */
  list: string;
  /** Equal for the same question: token, keys, policy, list and, unless it is that of the clock on the wall, time. */
  question: string;
}

/** The last step of the inspector. A list that was pasted is looked into at once, the issuer is asked by a button alone. */
export class RevocationStep {
  readonly #show: (revocation: Revocation, asking: HTMLElement | undefined) => void;
  readonly #fail: (error: unknown) => void;
  #candidate: Candidate | undefined;
  #found: { question: string; status: TokenStatus } | undefined;

  /** @param show puts the step on the page, with the button if there is one */
  constructor(show: (revocation: Revocation, asking: HTMLElement | undefined) => void, fail: (error: unknown) => void) {
    this.#show = show;
    this.#fail = fail;
  }

  /** Shows what is known of this one. */
  open(candidate: Candidate): void {
    this.#candidate = candidate;
    this.#draw(candidate);
    if (candidate.list !== "" && placeOf(candidate.claims) !== undefined && this.#foundOf(candidate) === undefined) {
      void this.#look(candidate);
    }
  }

  /** No token has got this far. */
  close(): void {
    this.#candidate = undefined;
  }

  forget(): void {
    this.close();
    this.#found = undefined;
  }

  #foundOf({ question }: Candidate): TokenStatus | undefined {
    return this.#found?.question === question ? this.#found.status : undefined;
  }

  #draw(candidate: Candidate): void {
    const [place, found] = [placeOf(candidate.claims), this.#foundOf(candidate)];
    const asks = place !== undefined && candidate.list === "" && mayAsk(place);
    const text = found === undefined ? t("발급 서버의 목록에서 확인", "Look it up at the issuer") : t("다시 확인", "Look it up again");
    const asking = asks ? button(text, (pressed) => void busy(pressed, () => this.#look(candidate))) : undefined;
    if (asking !== undefined) {
      asking.id = "look-up";
    }
    const focused = document.activeElement?.id === "look-up";
    this.#show(found === undefined ? notChecked(place, candidate.list !== "") : told(found), asking);
    if (focused) {
      asking?.focus();
    }
  }

  async #look(candidate: Candidate): Promise<void> {
    try {
      this.#found = { question: candidate.question, status: await lookUp(candidate.claims, candidate) };
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#candidate?.question === candidate.question) {
      this.#draw(candidate);
    }
  }
}
