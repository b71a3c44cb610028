import { createExplainer, type Explanation } from "@dojang/verifier/explain";
import { codeTexts } from "@dojang/verifier/texts";
import { ATTACKS, attacked, isWhole, type Attack, type Hostile } from "./attacks.ts";
import { button, busy, byId, el } from "./dom.ts";
import type { Inspected, Inspector } from "./inspector.ts";
import { checkLabel } from "./labels.ts";
import { currentLang, dateTime, onLanguage, t } from "./lang.ts";
import { seal } from "./stages.ts";
import { openPart } from "./tabs.ts";
import { decoded } from "./token.ts";

interface Run {
  attack: Attack;
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

  constructor(inspector: Inspector) {
    this.#inspector = inspector;
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
        const explanation = explainer.explain(hostile.token, { now: hostile.now ?? now });
        runs.push({ attack, hostile, explanation, whole: isWhole(attack, inspected) });
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
    const sample = button(t("예제로 해 보기", "Try it with an example"), (pressed) => void busy(pressed, async () => {
      await this.#inspector.makeSample();
      await this.start();
    }), "primary");
    sample.id = "break-sample";
    const lead = el(
      "div",
      "card lead",
      el("h2", "", t("토큰 망가뜨리기", "Break it")),
      el(
        "p",
        "hint",
        t(
          "검사기의 토큰을 공격용으로 바꿔 지금 이 브라우저에서 검증합니다. 해독만 하는 페이지라면 무엇을 보여 주었을지도 나란히 놓았습니다.",
          "The token of the inspector is turned into attacks, each checked right now in this browser, beside what a page that only decodes would have shown.",
        ),
      ),
    );
    if (this.#attacked === undefined) {
      lead.append(
        el("p", "", t("먼저 검사기에 토큰과 공개 키가 있어야 합니다.", "The inspector needs a token and a public key first.")),
        el("div", "actions", sample),
      );
    } else if (this.#baseline !== undefined) {
      const stopped = this.#runs.filter(({ explanation }) => !explanation.verdict.ok).length;
      lead.append(
        this.#baseline.verdict.ok
          ? seal("good", t("원본", "Original"), t(`원본은 검증되고, 공격 ${this.#runs.length}가지 중 ${stopped}가지가 거부됩니다.`, `The original is verified; ${stopped} of ${this.#runs.length} attacks are refused.`))
          : seal("bad", t("원본", "Original"), t("원본부터 거부되므로, 어떤 규칙이 공격을 막는지 알아보기 어렵습니다.", "The original is refused already, which hides the rules that stop the attacks."), el("code", "", this.#baseline.verdict.code)),
      );
      if (!this.#baseline.verdict.ok) {
        lead.append(el("div", "actions", sample));
      }
    }
    const list = el("ul", "gallery", ...this.#runs.map((run) => this.#card(run)));
    byId("break").replaceChildren(lead, list);
  }

  #card({ attack, hostile, explanation, whole }: Run): HTMLElement {
    const { verdict, steps } = explanation;
    const rule = steps.find(({ outcome }) => outcome === "failed");
    const here = el("div", "side", el("h4", "", t("도장의 판정", "Dojang's verdict")));
    if (verdict.ok) {
      here.append(el("p", "trust good", t("받아들여짐", "accepted")));
    } else {
      const stage = rule === undefined ? "" : checkLabel(rule.check);
      here.append(
        el("p", "trust bad", t(`${stage} 단계에서 거부`, `refused at: ${stage}`)),
        el("p", "", codeTexts[verdict.code][currentLang()], " ", el("code", "code", verdict.code)),
      );
    }
    if (!whole) {
      here.append(el("p", "in-words", t("발급자의 비밀 키가 없어 옛 서명이 그대로이므로 서명에서 먼저 막힙니다. 예제 토큰이면 이 규칙까지 갑니다.", "Without the issuer's private key the old signature stays, and stops it first. With the example token this reaches its own rule.")));
    }
    const card = el(
      "li",
      "card attack",
      el("h3", "", t(...attack.name)),
      el("p", "hint", t(...attack.idea)),
      el("div", "sides", here, decoderView(hostile)),
      button(t("검사기에서 보기", "See it in the inspector"), () => this.#inspect(hostile)),
    );
    card.dataset["attack"] = attack.id;
    return card;
  }

  #inspect({ token, now }: Hostile): void {
    this.#inspector.open(token, this.#attacked?.keys ?? "", {}, now);
    openPart("inspector");
    byId("inspector-title").focus();
  }
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
