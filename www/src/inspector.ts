import type { Explainer, Explanation, JwkSet, VerifierOptions } from "@dojang/verifier/explain";
import { codeTexts } from "@dojang/verifier/texts";
import { Clock } from "./clock.ts";
import { busy, byId } from "./dom.ts";
import { acceptDrops } from "./drag-and-drop.ts";
import { EXAMPLE, isChangedCopy } from "./example.ts";
import { loadKeys, type LoadedKeys } from "./keys.ts";
import { currentLang, t, unexpected } from "./lang.ts";
import { showPanels, showTimes } from "./panels.ts";
import { isSecret, pastedToken, secretHelp, type Pasted } from "./paste.ts";
import { PolicyForm } from "./policy.ts";
import type { Revocation } from "./revocation.ts";
import { RevocationStep } from "./revocation-step.ts";
import { newSample, type Sign } from "./sample.ts";
import { clearShared, parseShared, shareLink } from "./share-link.ts";
import { stepViews, verdictView } from "./steps.ts";
import { decoded } from "./token.ts";

/** The token of the inspector and how it is verified, for the other parts of the page. */
export interface Inspected {
  token: string;
  keys: string;
  options: VerifierOptions;
  /** Unix time in seconds. */
  now: number;
  /** Signs for the issuer; available for the example only, whose key this page generated. */
  sign: Sign | undefined;
  /** The refresh token of the same login, if the token came from one. */
  refresh: string | undefined;
}

/** Where a token came from. */
interface Origin {
  sign?: Sign;
  refresh?: string;
}

/** A token with all that a verdict depends on. */
interface Question {
  token: string;
  keys: string;
  options: VerifierOptions;
  now: number;
}

/** Fields in which a secret does not stay. */
const TEXTS = ["token", "keys", "statusList", "issuer", "audience", "requiredClaims"];

/** Tokens that are longer are not decoded before they are verified. In characters. */
const MAX_DECODED = 20_000;

/** The part of the page that explains any token under any key. It sends and stores nothing. */
export class Inspector {
  readonly #form = byId<HTMLFormElement>("inspector-form");
  readonly #clock = new Clock(this.#form);
  readonly #policy = new PolicyForm(this.#form);
  readonly #revocation = new RevocationStep(
    (revocation, lookUp) => this.#showVerdict(revocation, lookUp),
    (error) => this.#writeNotice(unexpected(error), true),
  );
  /** The explanation on the page, if there is one. */
  #explanation: Explanation | undefined;
  #loaded: { id: string; keys: LoadedKeys } | undefined;
  /** Identifies what the panels show, so that they change only when it does. */
  #shown = "";
  /** Identifies the question that the steps answer. */
  #question = "";
  /** Whether a secret was removed; reported until the next input. */
  #removedSecret = false;
  #origin: (Origin & { token: string }) | undefined;

  constructor() {
    this.#form.addEventListener("input", (event) => {
      // A paste may cause several events; the last one finds the field empty.
      const { name, value } = event.target as HTMLInputElement;
      if (value !== "") {
        this.#removedSecret = false;
      }
      if (name === "token" || name === "keys") {
        this.#clearLink();
        this.#leaveExample(name);
      }
      this.show();
    });
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    // The browser resets the fields after the event.
    this.#form.addEventListener("reset", () => queueMicrotask(() => this.clear()));
    byId("clock-now").addEventListener("click", () => {
      this.#clock.reset();
      this.show();
    });
    const sample = byId("sample");
    sample.addEventListener("click", () => void busy(sample, () => this.makeSample()));
    byId("share").addEventListener("click", () => void this.#share());
    const [token, keys] = [this.#field("token"), this.#field("keys")];
    for (const field of [token, keys]) {
      field.addEventListener("focus", () => this.#selectExample(field));
    }
    const fields = { token, keys, statusList: this.#field("statusList") };
    acceptDrops(fields, () => !byId("inspector").hidden);
    // A link to the page that is already open causes no load.
    addEventListener("hashchange", () => {
      this.#openShared();
      this.show();
    });
    if (!this.#openShared()) {
      [token.value, keys.value] = [EXAMPLE.token, EXAMPLE.keys];
    }
  }

  /**
   * Puts a token and keys into the fields.
   *
   * @param now Unix time in seconds; the current time if undefined
   */
  open(token: string, keys: JwkSet | string, origin: Origin = {}, now?: number): void {
    this.#origin = { token, ...origin };
    // Tokens of a login or of the example have the default policy.
    if (origin.refresh !== undefined || origin.sign !== undefined) {
      this.#policy.write({});
    }
    this.#field("token").value = token;
    this.#field("keys").value = typeof keys === "string" ? keys : JSON.stringify(keys, null, 2);
    this.#clock.reset();
    if (now !== undefined) {
      this.#field("now").value = String(now);
    }
    this.#removedSecret = false;
    this.#clearLink();
    this.show();
  }

  async makeSample(): Promise<void> {
    const { token, keys, sign } = await newSample(Date.now() / 1000);
    this.open(token, keys, { sign });
  }

  /** Removes the token and the keys from the fields and the address. */
  clear(): void {
    for (const name of ["token", "keys", "statusList", "now"]) {
      this.#field(name).value = "";
    }
    this.#origin = undefined;
    this.#revocation.clear();
    this.#removedSecret = false;
    this.#clearLink();
    this.show();
  }

  #clearLink(): void {
    byId("share-result").textContent = "";
    clearShared();
  }

  /** Called every second. */
  tick(): void {
    if (this.#clock.isRunning) {
      this.show();
    }
  }

  /** Returns the token; undefined when there is none or its keys cannot be used. */
  inspected(): Inspected | undefined {
    const pasted = pastedToken(this.#field("token").value);
    const keys = this.#field("keys").value.trim();
    const [now, policy] = [this.#clock.now, this.#policy.read()];
    if (pasted.kind !== "token" || now === undefined || "problem" in policy) {
      return undefined;
    }
    const { options } = policy;
    if ("refused" in this.#load(keys, options)) {
      return undefined;
    }
    const { token } = pasted;
    const origin = this.#origin?.token === token ? this.#origin : undefined;
    return { token, keys, options, now, sign: origin?.sign, refresh: origin?.refresh };
  }

  /** Explains the token in the fields. */
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
    const [now, policy] = [this.#clock.now, this.#policy.read()];
    byId("example-note").hidden = !this.#showsExample();
    const token = "token" in pasted && pasted.token !== undefined ? pasted.token : "";
    if (now !== undefined) {
      const payload = token.length > MAX_DECODED ? "" : token.split(".")[1];
      this.#clock.show(token, decoded(payload), now);
    }
    const help = helpOf(pasted);
    if (this.#removedSecret) {
      this.#showNotice(secretHelp(), true);
    } else if (now === undefined) {
      const text = t(
        "검사 시각은 0 이상의 숫자여야 합니다.",
        "The time of verification must be a number, at least 0.",
      );
      this.#showNotice(text, true);
    } else if ("problem" in policy) {
      this.#showNotice(policy.problem, true);
    } else if (keys === "") {
      const needsKey = t(
        "공개 키를 붙여 넣으면 검증합니다. 키 없이는 해독만 할 수 있을 뿐, 아무것도 믿을 수 없습니다.",
        "Paste the public key to have the token verified. Without a key it can be decoded, but nothing in it can be trusted.",
      );
      this.#showNotice(help !== "" || token === "" ? help : needsKey, pasted.kind === "other");
    } else {
      this.#explain({ token, keys, options: policy.options, now }, help);
    }
  }

  #explain(question: Question, help: string): void {
    const loaded = this.#load(question.keys, question.options);
    if ("refused" in loaded) {
      const code = loaded.refused;
      this.#showNotice(`${codeTexts[code][currentLang()]} (${code})`, true);
    } else if (question.token === "") {
      this.#showNotice(help, true);
    } else {
      this.#showExplanation(question, loaded.explainer, help);
    }
  }

  #showExplanation(question: Question, explainer: Explainer, help: string): void {
    const { token, keys, options, now } = question;
    const explanation = explainer.explain(token, { now });
    const { verdict } = explanation;
    const list = this.#field("statusList").value.trim();
    this.#writeNotice(help, help !== "" && !verdict.ok);
    byId("inspection").hidden = false;
    const id = JSON.stringify([token, keys, options, list, this.#clock.isRunning || now]);
    const shown = JSON.stringify([currentLang(), token, keys, explanation]);
    if (shown === this.#shown && id === this.#question) {
      showTimes(now);
      return;
    }
    if (shown !== this.#shown) {
      showPanels(token, keys, explanation, now);
    }
    [this.#shown, this.#question, this.#explanation] = [shown, id, explanation];
    showTimes(now);
    if (verdict.ok) {
      const clock = () => this.#clock.now ?? now;
      this.#revocation.open({ claims: verdict.claims, keys, options, now: clock, list, id });
    } else {
      this.#revocation.close();
      this.#showVerdict({ outcome: "not_reached", sentence: "", codes: [] });
    }
  }

  #showVerdict(revocation: Revocation, lookUp?: HTMLElement): void {
    if (this.#explanation === undefined) {
      return;
    }
    const verdict = verdictView(this.#explanation, revocation.outcome);
    const current = byId("verdict");
    // An unchanged verdict is not written again: screen readers would repeat it.
    if (current.textContent !== verdict.textContent) {
      current.replaceChildren(verdict);
    }
    byId("steps").replaceChildren(...stepViews(this.#explanation, revocation, lookUp));
  }

  /** Removes private and symmetric keys from the fields at once. */
  #removeSecrets(): void {
    for (const name of TEXTS) {
      const field = this.#field(name);
      if (isSecret(field.value)) {
        field.value = "";
        this.#removedSecret = true;
        clearShared();
      }
    }
  }

  #load(keys: string, options: VerifierOptions): LoadedKeys {
    const id = JSON.stringify([keys, options]);
    if (this.#loaded?.id !== id) {
      if (this.#loaded !== undefined && "explainer" in this.#loaded.keys) {
        this.#loaded.keys.explainer.free();
      }
      this.#loaded = undefined;
      this.#loaded = { id, keys: loadKeys(keys, options) };
    }
    return this.#loaded.keys;
  }

  #showsExample(): boolean {
    const { token, keys } = EXAMPLE;
    return this.#field("token").value === token && this.#field("keys").value === keys;
  }

  /** Selects the whole example, so that a paste replaces it. */
  #selectExample(field: HTMLInputElement | HTMLTextAreaElement): void {
    if (this.#showsExample()) {
      field.select();
      // The click that focused the field would end the selection.
      field.addEventListener("mouseup", (event) => event.preventDefault(), { once: true });
    }
  }

  /** Token and key of the example belong together: replacing one removes the other. */
  #leaveExample(name: "token" | "keys"): void {
    const other = name === "token" ? "keys" : "token";
    const isReplaced = !isChangedCopy(this.#field(name).value, EXAMPLE[name]);
    if (isReplaced && this.#field(other).value === EXAMPLE[other]) {
      this.#field(other).value = "";
    }
  }

  /** Shows a notice in place of the verdict. */
  #showNotice(text: string, isError: boolean): void {
    this.#shown = "";
    this.#explanation = undefined;
    this.#revocation.close();
    byId("inspection").hidden = true;
    const panels = document.querySelectorAll("#inspection .panel-body");
    for (const element of [byId("verdict"), byId("steps"), ...panels]) {
      element.replaceChildren();
    }
    this.#writeNotice(text, isError);
  }

  #writeNotice(text: string, isError: boolean): void {
    const notice = byId("notice");
    notice.classList.toggle("wrong", isError);
    if (notice.textContent !== text) {
      notice.textContent = text;
    }
  }

  async #share(): Promise<void> {
    const pasted = pastedToken(this.#field("token").value);
    const result = byId("share-result");
    // Other texts may be as secret as a key.
    if (pasted.kind !== "token") {
      result.textContent = t("공유할 토큰이 없습니다.", "There is no token to share.");
      return;
    }
    const policy = this.#policy.read();
    if ("problem" in policy) {
      result.textContent = policy.problem;
      return;
    }
    const { options } = policy;
    const keys = this.#field("keys").value.trim();
    const link = shareLink({ token: pasted.token, keys, options });
    history.replaceState(null, "", link);
    const warning = t(
      "링크를 가진 사람은 이 토큰을 쓸 수 있습니다.",
      "Anyone who has the link can use this token.",
    );
    try {
      await navigator.clipboard.writeText(link);
      result.textContent = `${t("링크를 복사했습니다.", "The link was copied.")} ${warning}`;
    } catch {
      const where = t("링크는 주소창에 있습니다.", "The link is in the address bar.");
      result.textContent = `${where} ${warning}`;
    }
  }

  /** Opens the link in the address; returns false when there is none. */
  #openShared(): boolean {
    const shared = parseShared(location.hash);
    if (shared === undefined) {
      return false;
    }
    this.#removedSecret = false;
    if ("isUnreadable" in shared) {
      // What was here before must not pass for the content of the link.
      this.#field("token").value = "";
      this.#field("keys").value = "";
      this.#policy.write({});
      byId("share-result").textContent = t(
        "이 링크의 정책을 읽을 수 없어 열지 않았습니다. 링크가 잘렸거나 다른 버전의 것입니다.",
        "The policy in this link cannot be read, so the link was not opened. It was cut off, or is of another version.",
      );
      return true;
    }
    this.#field("token").value = shared.token;
    this.#field("keys").value = shared.keys;
    this.#policy.write(shared.options);
    byId("share-result").textContent = "";
    return true;
  }

  #field(name: string): HTMLInputElement | HTMLTextAreaElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement | HTMLTextAreaElement;
  }
}

function helpOf(pasted: Pasted): string {
  switch (pasted.kind) {
    case "token":
      return pasted.note;
    case "nothing":
      return "";
    default:
      return pasted.help;
  }
}
