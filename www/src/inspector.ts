import type { Explainer, Explanation, JwkSet, VerifierOptions } from "@dojang/verifier/explain";
import { codeTexts } from "@dojang/verifier/texts";
import { Clock } from "./clock.ts";
import { busy, byId } from "./dom.ts";
import { acceptDrops } from "./drag-and-drop.ts";
import { forgetShared, linkTo, sharedIn } from "./share-link.ts";
import { load, type Loaded } from "./keys.ts";
import { currentLang, t, unexpected } from "./lang.ts";
import { showPanels, showTimes } from "./panels.ts";
import { isSecret, pastedToken, secretHelp } from "./paste.ts";
import type { Revocation } from "./revocation.ts";
import { RevocationStep } from "./revocation-step.ts";
import { newSample, type Sign } from "./sample.ts";
import { stepViews, verdictView } from "./steps.ts";
import { decoded } from "./token.ts";

/** What the other parts of the page work on: the token of the inspector, and what it is checked with. */
export interface Inspected {
  token: string;
  keys: string;
  options: VerifierOptions;
  now: number;
  /** There for the example only, whose private key this page made. */
  sign: Sign | undefined;
  /** A refresh token of the same login, when the token came from one. */
  refresh: string | undefined;
}

/** Most seconds of either leeway, as the verifier has it. */
const MOST_LEEWAY = 3600;

/** The part of the page that explains any token under any key: all of it happens here, nothing is sent or kept. */
export class Inspector {
  readonly #form = byId<HTMLFormElement>("inspector-form");
  readonly #clock = new Clock(this.#form);
  readonly #revocation = new RevocationStep(
    (revocation, asking) => this.#showVerdict(revocation, asking),
    (error) => this.#writeNotice(unexpected(error), true),
  );
  /** What the page shows of the token, if anything. */
  #explanation: Explanation | undefined;
  #loaded: { from: string; loaded: Loaded } | undefined;
  /** What the page shows, so that it only changes when that does. */
  #shown = "";
  #question = "";
  /** A secret was pasted and removed; said until something else is entered. */
  #removedSecret = false;
  #origin: { token: string; sign?: Sign; refresh?: string } | undefined;

  constructor() {
    this.#form.addEventListener("input", (event) => {
      // One paste may come as several events, of which the last finds the field emptied already.
      const { name, value } = event.target as HTMLInputElement;
      if (value !== "") {
        this.#removedSecret = false;
      }
      if (name === "token" || name === "keys") {
        this.#forgetLink();
      }
      this.show();
    });
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    // The fields are emptied after the event.
    this.#form.addEventListener("reset", () => queueMicrotask(() => this.clear()));
    byId("clock-now").addEventListener("click", () => {
      this.#clock.reset();
      this.show();
    });
    byId("sample").addEventListener("click", (event) => void busy(event.currentTarget as HTMLElement, () => this.makeSample()));
    byId("share").addEventListener("click", () => void this.#share());
    const [token, keys, statusList] = [this.#field("token"), this.#field("keys"), this.#field("statusList")];
    acceptDrops({ token, keys, statusList }, () => !byId("inspector").hidden);
    // A link that is opened where the page is open already loads nothing.
    addEventListener("hashchange", () => {
      this.#takeShared();
      this.show();
    });
    this.#takeShared();
  }

  /** Puts a token and keys into the fields, to be checked at `now` (Unix seconds) or, left out, by the clock. */
  open(token: string, keys: JwkSet | string, origin: { sign?: Sign; refresh?: string } = {}, now?: number): void {
    this.#origin = { token, ...origin };
    this.#field("token").value = token;
    this.#field("keys").value = typeof keys === "string" ? keys : JSON.stringify(keys, null, 2);
    this.#clock.reset();
    if (now !== undefined) {
      this.#field("now").value = String(now);
    }
    this.#removedSecret = false;
    this.#forgetLink();
    this.show();
  }

  async makeSample(): Promise<void> {
    const { token, keys, sign } = await newSample(Date.now() / 1000);
    this.open(token, keys, { sign });
  }

  /** Forgets the token and the keys, in the fields and in the address. */
  clear(): void {
    for (const name of ["token", "keys", "statusList", "now"]) {
      this.#field(name).value = "";
    }
    this.#origin = undefined;
    this.#revocation.forget();
    this.#removedSecret = false;
    this.#forgetLink();
    this.show();
  }

  /** The address no longer holds what the fields do. */
  #forgetLink(): void {
    byId("share-result").textContent = "";
    forgetShared();
  }

  /** A second has passed. */
  tick(): void {
    if (this.#clock.running) {
      this.show();
    }
  }

  /** The token of the fields and all that belongs to it; undefined when there is none or its keys cannot be used. */
  inspected(): Inspected | undefined {
    const pasted = pastedToken(this.#field("token").value);
    const [keys, now, options] = [this.#field("keys").value.trim(), this.#clock.now, this.#options()];
    if (pasted.kind !== "token" || now === undefined || options === undefined || !("explainer" in this.#loadedOf(keys, options))) {
      return undefined;
    }
    const origin = this.#origin?.token === pasted.token ? this.#origin : undefined;
    return { token: pasted.token, keys, options, now, sign: origin?.sign, refresh: origin?.refresh };
  }

  /** Explains what is in the fields. */
  show(): void {
    try {
      this.#show();
    } catch (error) {
      this.#showNotice(unexpected(error), true);
    }
  }

  #show(): void {
    this.#removeSecrets();
    const pasted = pastedToken(this.#field("token").value);
    const keys = this.#field("keys").value.trim();
    const [now, options] = [this.#clock.now, this.#options()];
    const token = "token" in pasted && pasted.token !== undefined ? pasted.token : "";
    if (now !== undefined) {
      this.#clock.show(token, decoded(token.length > 20_000 ? "" : token.split(".")[1]), now);
    }
    const help = pasted.kind === "other" || pasted.kind === "secret" ? pasted.help : pasted.kind === "token" ? pasted.note : "";
    if (this.#removedSecret) {
      this.#showNotice(secretHelp(), true);
    } else if (now === undefined) {
      this.#showNotice(t("검사 시각은 0 이상의 숫자여야 합니다.", "The time of the check must be a number, 0 or more."), true);
    } else if (options === undefined) {
      this.#showNotice(t("시계 오차는 0부터 3,600까지의 정수(초)여야 합니다.", "Each leeway must be a whole number of seconds, 0 to 3,600."), true);
    } else if (keys === "") {
      const wanting = t("공개 키를 붙여 넣으면 검증합니다. 키 없이는 해독만 할 수 있을 뿐, 아무것도 믿을 수 없습니다.", "Paste the public key to have the token checked. Without a key it can be decoded, but nothing in it can be believed.");
      this.#showNotice(help !== "" || token === "" ? help : wanting, pasted.kind === "other");
    } else {
      this.#explain(token, keys, options, now, help);
    }
  }

  #explain(token: string, keys: string, options: VerifierOptions, now: number, help: string): void {
    const loaded = this.#loadedOf(keys, options);
    if ("refused" in loaded) {
      this.#showNotice(`${codeTexts[loaded.refused][currentLang()]} (${loaded.refused})`, true);
    } else if (token === "") {
      this.#showNotice(help, true);
    } else {
      this.#showExplanation(token, keys, options, loaded.explainer, now, help);
    }
  }

  #showExplanation(token: string, keys: string, options: VerifierOptions, explainer: Explainer, now: number, help: string): void {
    const explanation = explainer.explain(token, { now });
    const list = this.#field("statusList").value.trim();
    this.#writeNotice(help, help !== "" && !explanation.verdict.ok);
    byId("inspection").hidden = false;
    const question = JSON.stringify([token, keys, options, list, this.#clock.running || now]);
    const shown = JSON.stringify([currentLang(), token, keys, explanation]);
    if (shown === this.#shown && question === this.#question) {
      showTimes(now);
      return;
    }
    if (shown !== this.#shown) {
      showPanels(token, keys, explanation, now);
    }
    [this.#shown, this.#question, this.#explanation] = [shown, question, explanation];
    showTimes(now);
    if (explanation.verdict.ok) {
      this.#revocation.open({ claims: explanation.verdict.claims, keys, options, now: () => this.#clock.now ?? now, list, question });
    } else {
      this.#revocation.close();
      this.#showVerdict({ outcome: "not_reached", sentence: "", codes: [] });
    }
  }

  #showVerdict(revocation: Revocation, asking?: HTMLElement): void {
    if (this.#explanation === undefined) {
      return;
    }
    const [verdict, before] = [verdictView(this.#explanation, revocation.outcome), byId("verdict")];
    // Not said again, nor stamped again, while it is the same.
    if (before.textContent !== verdict.textContent) {
      before.replaceChildren(verdict);
    }
    byId("steps").replaceChildren(...stepViews(this.#explanation, revocation, asking));
  }

  /** No field keeps a private or symmetric key, not even until the next event. */
  #removeSecrets(): void {
    for (const name of ["token", "keys", "statusList"]) {
      const field = this.#field(name);
      if (isSecret(field.value)) {
        field.value = "";
        this.#removedSecret = true;
        forgetShared();
      }
    }
  }

  #loadedOf(keys: string, options: VerifierOptions): Loaded {
    const from = JSON.stringify([keys, options]);
    if (this.#loaded?.from !== from) {
      if (this.#loaded !== undefined && "explainer" in this.#loaded.loaded) {
        this.#loaded.loaded.explainer.free();
      }
      this.#loaded = undefined;
      this.#loaded = { from, loaded: load(keys, options) };
    }
    return this.#loaded.loaded;
  }

  /** Undefined when a leeway is not a number of seconds. */
  #options(): VerifierOptions | undefined {
    const [leeway, futureLeeway] = [this.#seconds("leeway", 0), this.#seconds("futureLeeway", 5)];
    const [issuer, audience] = [this.#field("issuer").value, this.#field("audience").value];
    if (leeway === undefined || futureLeeway === undefined) {
      return undefined;
    }
    return {
      leeway,
      futureLeeway,
      tokenType: this.#field("tokenType").value as "access" | "refresh",
      requireAtJwt: (this.#field("requireAtJwt") as HTMLInputElement).checked,
      ...(issuer !== "" && { issuer }),
      ...(audience !== "" && { audience }),
    };
  }

  /** A number of seconds that the verifier takes; an empty field is its default. */
  #seconds(name: string, preset: number): number | undefined {
    const { value } = this.#field(name);
    const seconds = value === "" ? preset : Number(value);
    return Number.isInteger(seconds) && seconds >= 0 && seconds <= MOST_LEEWAY ? seconds : undefined;
  }

  /** Shows no verdict, but what is to be said about the fields, if anything is. */
  #showNotice(text: string, wrong: boolean): void {
    this.#shown = "";
    this.#explanation = undefined;
    this.#revocation.close();
    byId("inspection").hidden = true;
    for (const place of [byId("verdict"), byId("steps"), ...document.querySelectorAll("#inspection .panel-body")]) {
      place.replaceChildren();
    }
    this.#writeNotice(text, wrong);
  }

  #writeNotice(text: string, wrong: boolean): void {
    const place = byId("notice");
    place.classList.toggle("wrong", wrong);
    if (place.textContent !== text) {
      place.textContent = text;
    }
  }

  async #share(): Promise<void> {
    const [pasted, keys] = [pastedToken(this.#field("token").value), this.#field("keys").value.trim()];
    const result = byId("share-result");
    // Whatever else was pasted may be no less secret than a key.
    if (pasted.kind !== "token") {
      result.textContent = t("공유할 토큰이 없습니다.", "There is no token to share.");
      return;
    }
    const link = linkTo({ token: pasted.token, keys });
    history.replaceState(null, "", link);
    const warning = t("링크를 가진 사람은 이 토큰을 쓸 수 있습니다.", "Whoever has the link has the token.");
    try {
      await navigator.clipboard.writeText(link);
      result.textContent = `${t("링크를 복사했습니다.", "The link was copied.")} ${warning}`;
    } catch {
      result.textContent = `${t("링크는 주소창에 있습니다.", "The link is in the address bar.")} ${warning}`;
    }
  }

  #takeShared(): void {
    const shared = sharedIn(location.hash);
    if (shared !== undefined) {
      this.#field("token").value = shared.token;
      this.#field("keys").value = shared.keys;
      this.#removedSecret = false;
      byId("share-result").textContent = "";
    }
  }

  #field(name: string): HTMLInputElement | HTMLTextAreaElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement | HTMLTextAreaElement;
  }
}
