import { createExplainer, type Explanation } from "@dojang/verifier/explain";
import { codeTexts } from "@dojang/verifier/texts";
import { applyAttack, ATTACKS, reachesItsRule, type Attack, type AttackToken } from "./attacks.ts";
import { button, busy, byId, el, setText, writeTexts } from "./dom.ts";
import type { Inspected, Inspector } from "./inspector.ts";
import { checkLabel } from "./labels.ts";
import { currentLang, dateTime, onLanguage, t } from "./lang.ts";
import { badge } from "./steps.ts";
import { openPart } from "./tabs.ts";
import { decoded } from "./token.ts";

interface AttackResult {
  attack: Attack;
  /** Undefined when the attack cannot be applied to the token. */
  attempt: Attempt | undefined;
}

interface Attempt {
  forged: AttackToken;
  explanation: Explanation;
  /** Whether the token gets as far as the rule that the attack is about. */
  reachesRule: boolean;
}

/** Runs every attack on the token of the inspector whenever the part is opened. */
export class Gallery {
  readonly #inspector: Inspector;
  #inspected: Inspected | undefined;
  #results: AttackResult[] = [];
  /** The explanation of the token itself. */
  #original: Explanation | undefined;
  /** The number of the last run; the results of earlier ones are ignored. */
  #run = 0;
  readonly #title = setText(el("h2", ""), "토큰 망가뜨리기", "Break it");
  readonly #summary = el("div", "");
  readonly #sample: HTMLButtonElement;
  readonly #actions: HTMLElement;
  readonly #lead: HTMLElement;
  readonly #list = el("ul", "gallery");

  constructor(inspector: Inspector) {
    this.#inspector = inspector;
    const trySample = async () => {
      await this.#inspector.makeSample();
      await this.start();
    };
    const control = button("", (pressed) => void busy(pressed, trySample), "primary");
    this.#sample = setText(control, "예제를 만들어 해 보기", "Create an example for it");
    this.#actions = el("div", "actions", this.#sample);
    this.#title.id = "break-title";
    this.#title.tabIndex = -1;
    this.#summary.setAttribute("role", "status");
    const hint = setText(
      el("p", "hint"),
      "검사기의 토큰을 공격용으로 바꿔 지금 이 브라우저에서 검증합니다. 해독만 하는 페이지라면 무엇을 보여 주었을지도 나란히 놓았습니다.",
      "Attacks on the token of the inspector, each verified in this browser, beside what a page that only decodes would show.",
    );
    this.#lead = el("div", "card lead", this.#title, hint, this.#summary, this.#actions);
    onLanguage(() => this.#show());
  }

  /** Removes the token and the attacks. */
  clear(): void {
    this.#run += 1;
    this.#inspected = undefined;
    this.#results = [];
    this.#show();
  }

  /** Runs all attacks and shows the results. */
  async start(): Promise<void> {
    this.#run += 1;
    const run = this.#run;
    const inspected = this.#inspector.inspected();
    if (inspected === undefined) {
      this.clear();
      return;
    }
    const { keys, options, token, now } = inspected;
    const explainer = createExplainer(keys, options);
    try {
      const original = explainer.explain(token, { now });
      const results: AttackResult[] = [];
      for (const attack of ATTACKS) {
        const forged = await applyAttack(attack, inspected);
        const attempt = forged && {
          forged,
          explanation: explainer.explain(forged.token, { now: forged.now ?? now }),
          reachesRule: reachesItsRule(attack, inspected),
        };
        results.push({ attack, attempt });
      }
      if (run === this.#run) {
        [this.#inspected, this.#results, this.#original] = [inspected, results, original];
        this.#show();
      }
    } finally {
      explainer.free();
    }
  }

  #show(): void {
    const part = byId("break");
    // Elements that have the focus or are live regions must stay in the page.
    if (!part.contains(this.#lead)) {
      part.replaceChildren(this.#lead, this.#list);
      writeTexts();
    }
    const summary = this.#summaryView();
    // An unchanged summary is not written again: screen readers would repeat it.
    if (this.#summary.textContent !== summary.textContent) {
      this.#summary.replaceChildren(summary);
    }
    const isVerified = this.#inspected !== undefined && this.#original?.verdict.ok === true;
    // Without the issuer's private key, some attacks stop at the signature.
    const isDone = isVerified && this.#results.every(({ attempt }) => attempt?.reachesRule ?? true);
    if (isDone && document.activeElement === this.#sample) {
      this.#title.focus();
    }
    this.#actions.hidden = isDone;
    this.#list.replaceChildren(...this.#results.map((result) => this.#card(result)));
  }

  #summaryView(): HTMLElement {
    if (this.#inspected === undefined || this.#original === undefined) {
      const text = t(
        "먼저 검사기에 토큰과 공개 키가 있어야 합니다.",
        "The inspector needs a token and a public key first.",
      );
      return el("p", "", text);
    }
    const { verdict } = this.#original;
    const name = t("원본", "Original");
    if (!verdict.ok) {
      const sentence = t(
        "원본부터 거부되므로, 어떤 규칙이 공격을 막는지 알아보기 어렵습니다.",
        "The original is refused, so this cannot show which rules stop the attacks.",
      );
      return badge("bad", name, sentence, el("code", "", verdict.code));
    }
    const attempts = this.#results.flatMap(({ attempt }) => attempt ?? []);
    const refused = attempts.filter(({ explanation }) => !explanation.verdict.ok).length;
    const sentence = t(
      `원본은 검증되고, 공격 ${attempts.length}가지 중 ${refused}가지가 거부됩니다.`,
      `The original is verified; ${refused} of ${attempts.length} attacks are refused.`,
    );
    const inapplicable = this.#results.length - attempts.length;
    const rest = t(
      `${inapplicable}가지는 이 토큰으로 만들 수 없습니다.`,
      `${inapplicable} cannot be applied to this token.`,
    );
    return badge("good", name, inapplicable === 0 ? sentence : `${sentence} ${rest}`);
  }

  #card({ attack, attempt }: AttackResult): HTMLElement {
    const title = el("h3", "", t(...attack.name));
    const card = el("li", "card attack", title, el("p", "hint", t(...attack.idea)));
    card.dataset["attack"] = attack.id;
    if (attempt === undefined) {
      const why = attack.whyNot === undefined ? "" : ` ${t(...attack.whyNot)}`;
      const text = t("이 토큰으로는 만들 수 없습니다.", "It cannot be applied to this token.");
      card.append(el("p", "not-applicable", `${text}${why}`));
    } else {
      const text = t("검사기에서 보기", "Show in the inspector");
      card.append(
        el("div", "sides", verdictSide(attempt), decoderSide(attempt.forged)),
        button(text, () => this.#inspect(attempt.forged)),
      );
    }
    return card;
  }

  #inspect({ token, now }: AttackToken): void {
    this.#inspector.open(token, this.#inspected?.keys ?? "", {}, now);
    openPart("inspector");
    byId("inspector-title").focus();
  }
}

/** Shows the verdict on an attack, and the check that failed. */
function verdictSide({ explanation: { verdict, steps }, reachesRule }: Attempt): HTMLElement {
  const side = el("div", "side", el("h4", "", t("도장의 판정", "Dojang's verdict")));
  if (verdict.ok) {
    side.append(el("p", "trust good", t("받아들여짐", "accepted")));
  } else {
    const failed = steps.find(({ outcome }) => outcome === "failed");
    const check = failed === undefined ? "" : checkLabel(failed.check);
    const text = codeTexts[verdict.code][currentLang()];
    side.append(
      el("p", "trust bad", t(`${check} 단계에서 거부`, `refused at: ${check}`)),
      el("p", "", text, " ", el("code", "code", verdict.code)),
    );
  }
  if (!reachesRule) {
    const text = t(
      "발급자의 비밀 키가 없어 옛 서명이 그대로이므로 서명에서 먼저 막힙니다. 이 페이지가 만든 토큰이면 이 규칙까지 갑니다.",
      "Without the issuer's private key the old signature stays, so verification stops there. A token that this page created gets as far as this rule.",
    );
    side.append(el("p", "in-words", text));
  }
  return side;
}

/** Shows the token as a page does that decodes and verifies nothing. */
function decoderSide({ token }: AttackToken): HTMLElement {
  const [head, body] = token.split(".");
  const [header, claims] = [decoded(head), decoded(body)];
  const title = t("해독만 하는 페이지라면", "A page that only decodes");
  const side = el("div", "side decoder", el("h4", "", title));
  if (header === undefined || claims === undefined) {
    side.append(el("p", "", t("읽을 수 없음", "not readable")));
    return side;
  }
  const { username, role, exp } = claims;
  const rows = Object.entries({ alg: header["alg"], username, role, exp }).flatMap(
    ([name, value]) => {
      if (value === undefined) {
        return [];
      }
      const isTime = name === "exp" && typeof value === "number" && Number.isFinite(value);
      const shown = isTime ? dateTime(value as number) : String(value);
      return [el("div", "", el("dt", "", name), el("dd", "", shown.slice(0, 100)))];
    },
  );
  if (rows.length === 0) {
    const text = t(
      "JSON이기는 하지만 익숙한 값이 없음",
      "JSON, but without any of the familiar values",
    );
    side.append(el("p", "", text));
    return side;
  }
  const text = t("아무 경고 없이 이대로 보입니다.", "Shown like this, without a warning.");
  side.append(el("dl", "facts", ...rows), el("p", "in-words", text));
  return side;
}
