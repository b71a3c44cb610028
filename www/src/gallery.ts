import { createExplainer, type Explanation } from "@dojang/verifier/explain";
import { codeTexts } from "@dojang/verifier/texts";
import { ATTACKS, attacked, isWhole, type Attack, type Hostile } from "./attacks.ts";
import { button, busy, byId, el, setText, writeTexts } from "./dom.ts";
import type { Inspected, Inspector } from "./inspector.ts";
import { checkLabel } from "./labels.ts";
import { currentLang, dateTime, onLanguage, t } from "./lang.ts";
import { badge } from "./steps.ts";
import { openPart } from "./tabs.ts";
import { decoded } from "./token.ts";

interface Run {
  attack: Attack;
  /** Undefined when the attack cannot be made of the token. */
  made: Made | undefined;
}

interface Made {
  hostile: Hostile;
  explanation: Explanation;
  whole: boolean;
}

/** Runs every attack on the token of the inspector, each time the part is opened. */
export class Gallery {
  readonly #inspector: Inspector;
  #attacked: Inspected | undefined;
  #runs: Run[] = [];
  #baseline: Explanation | undefined;
  /** Of two runs at once only the later one is shown. */
  #turn = 0;
  readonly #title = setText(el("h2", ""), "토큰 망가뜨리기", "Break it");
  readonly #told = el("div", "");
  readonly #sample: HTMLButtonElement;
  readonly #actions: HTMLElement;
  readonly #lead: HTMLElement;
  readonly #list = el("ul", "gallery");

  constructor(inspector: Inspector) {
    this.#inspector = inspector;
    this.#sample = setText(button("", (pressed) => void busy(pressed, async () => {
      await this.#inspector.makeSample();
      await this.start();
    }), "primary"), "예제로 해 보기", "Try it with an example");
    this.#actions = el("div", "actions", this.#sample);
    this.#title.id = "break-title";
    this.#title.tabIndex = -1;
    this.#told.setAttribute("role", "status");
    const hint = setText(
      el("p", "hint"),
      "검사기의 토큰을 공격용으로 바꿔 지금 이 브라우저에서 검증합니다. 해독만 하는 페이지라면 무엇을 보여 주었을지도 나란히 놓았습니다.",
      "The token of the inspector is turned into attacks, each checked right now in this browser, beside what a page that only decodes would have shown.",
    );
    this.#lead = el("div", "card lead", this.#title, hint, this.#told, this.#actions);
    onLanguage(() => this.#show());
  }

  /** Forgets what it attacked. */
  clear(): void {
    this.#turn += 1;
    this.#attacked = undefined;
    this.#runs = [];
    this.#show();
  }

  /** Runs them, and shows how they went. */
  async start(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const inspected = this.#inspector.inspected();
    if (inspected === undefined) {
      this.clear();
      return;
    }
    const { keys, options, token, now } = inspected;
    const explainer = createExplainer(keys, options);
    try {
      const baseline = explainer.explain(token, { now });
      const runs: Run[] = [];
      for (const attack of ATTACKS) {
        const hostile = await attacked(attack, inspected);
        const made = hostile && {
          hostile,
          explanation: explainer.explain(hostile.token, { now: hostile.now ?? now }),
          whole: isWhole(attack, inspected),
        };
        runs.push({ attack, made });
      }
      if (turn === this.#turn) {
        [this.#attacked, this.#runs, this.#baseline] = [inspected, runs, baseline];
        this.#show();
      }
    } finally {
      explainer.free();
    }
  }

  #show(): void {
    const part = byId("break");
    // What has the focus, or is listened to, stays in the page.
    if (!part.contains(this.#lead)) {
      part.replaceChildren(this.#lead, this.#list);
      writeTexts();
    }
    const result = this.#resultView();
    // Not said again, nor stamped again, while it is the same.
    if (this.#told.textContent !== result.textContent) {
      this.#told.replaceChildren(result);
    }
    const done = this.#attacked !== undefined && this.#baseline?.verdict.ok === true;
    if (done && document.activeElement === this.#sample) {
      this.#title.focus();
    }
    this.#actions.hidden = done;
    this.#list.replaceChildren(...this.#runs.map((run) => this.#card(run)));
  }

  #resultView(): HTMLElement {
    if (this.#attacked === undefined || this.#baseline === undefined) {
      return el("p", "", t("먼저 검사기에 토큰과 공개 키가 있어야 합니다.", "The inspector needs a token and a public key first."));
    }
    const { verdict } = this.#baseline;
    if (!verdict.ok) {
      return badge("bad", t("원본", "Original"), t("원본부터 거부되므로, 어떤 규칙이 공격을 막는지 알아보기 어렵습니다.", "The original is refused already, which hides the rules that stop the attacks."), el("code", "", verdict.code));
    }
    const made = this.#runs.flatMap((run) => run.made ?? []);
    const stopped = made.filter(({ explanation }) => !explanation.verdict.ok).length;
    const sentence = t(`원본은 검증되고, 공격 ${made.length}가지 중 ${stopped}가지가 거부됩니다.`, `The original is verified; ${stopped} of ${made.length} attacks are refused.`);
    const inapplicable = this.#runs.length - made.length;
    const others = inapplicable === 0 ? "" : ` ${t(`${inapplicable}가지는 이 토큰으로 만들 수 없습니다.`, `${inapplicable} cannot be made of this token.`)}`;
    return badge("good", t("원본", "Original"), `${sentence}${others}`);
  }

  #card({ attack, made }: Run): HTMLElement {
    const card = el("li", "card attack", el("h3", "", t(...attack.name)), el("p", "hint", t(...attack.idea)));
    card.dataset["attack"] = attack.id;
    if (made === undefined) {
      const lacking = attack.lacking === undefined ? "" : ` ${t(...attack.lacking)}`;
      card.append(el("p", "not-applicable", `${t("이 토큰으로는 만들 수 없습니다.", "It cannot be made of this token.")}${lacking}`));
    } else {
      card.append(
        el("div", "sides", verdictSide(made), decoderView(made.hostile)),
        button(t("검사기에서 보기", "See it in the inspector"), () => this.#inspect(made.hostile)),
      );
    }
    return card;
  }

  #inspect({ token, now }: Hostile): void {
    this.#inspector.open(token, this.#attacked?.keys ?? "", {}, now);
    openPart("inspector");
    byId("inspector-title").focus();
  }
}

/** What the verifier says of an attack, and where it stopped. */
function verdictSide({ explanation: { verdict, steps }, whole }: Made): HTMLElement {
  const side = el("div", "side", el("h4", "", t("도장의 판정", "Dojang's verdict")));
  if (verdict.ok) {
    side.append(el("p", "trust good", t("받아들여짐", "accepted")));
  } else {
    const rule = steps.find(({ outcome }) => outcome === "failed");
    const step = rule === undefined ? "" : checkLabel(rule.check);
    side.append(
      el("p", "trust bad", t(`${step} 단계에서 거부`, `refused at: ${step}`)),
      el("p", "", codeTexts[verdict.code][currentLang()], " ", el("code", "code", verdict.code)),
    );
  }
  if (!whole) {
    side.append(el("p", "in-words", t("발급자의 비밀 키가 없어 옛 서명이 그대로이므로 서명에서 먼저 막힙니다. 예제 토큰이면 이 규칙까지 갑니다.", "Without the issuer's private key the old signature stays, and stops it first. With the example token this reaches its own rule.")));
  }
  return side;
}

/** What a page shows that decodes a token and checks nothing: everything looks in order. */
function decoderView({ token }: Hostile): HTMLElement {
  const [head, body] = token.split(".");
  const [header, claims] = [decoded(head), decoded(body)];
  const side = el("div", "side decoder", el("h4", "", t("해독만 하는 페이지라면", "A page that only decodes")));
  if (header === undefined || claims === undefined) {
    side.append(el("p", "", t("읽을 수 없음", "cannot be read")));
    return side;
  }
  const facts = Object.entries({ alg: header["alg"], username: claims["username"], role: claims["role"], exp: claims["exp"] });
  const rows = facts.flatMap(([name, value]) => {
    if (value === undefined) {
      return [];
    }
    const shown = name === "exp" && typeof value === "number" && Number.isFinite(value) ? dateTime(value) : String(value);
    return [el("div", "", el("dt", "", name), el("dd", "", shown.slice(0, 100)))];
  });
  if (rows.length === 0) {
    side.append(el("p", "", t("JSON이기는 하지만 익숙한 값이 없음", "JSON, but none of the familiar values")));
    return side;
  }
  side.append(el("dl", "facts", ...rows), el("p", "in-words", t("아무 경고 없이 이대로 보입니다.", "Shown just like this, without a warning.")));
  return side;
}
