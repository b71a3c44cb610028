import { codeTexts } from "@dojang/verifier/texts";
import { button, busy, byId, el, setName, setText } from "./dom.ts";
import { currentLang, onLanguage, t, unexpected } from "./lang.ts";
import { measure, quantile, type Measured } from "./measure.ts";
import { microseconds, plot } from "./plot.ts";
import { newSample } from "./sample.ts";

/** Pixels that a card takes at its two sides, at most. */
const CARD = 56;

const COUNTS = [2000, 10_000, 50_000];

/** Times our verifier and WebCrypto, through jose, on the same token in this browser. */
export class Speed {
  readonly #choice = el("select", "") as HTMLSelectElement;
  readonly #bar = setName(el("progress", ""), "진행", "Progress") as HTMLProgressElement;
  readonly #place = el("p", "message-box");
  #results: { wasm: Measured; jose: Measured } | undefined;
  /** The card of the results, if there is one. */
  #shown: HTMLElement | undefined;
  /** What the last run came to, in the language of the moment. */
  #told: () => string = () => "";
  #wrong = false;

  /** Builds the part. Later only its texts and the results change: what has the focus, or is listened to, stays. */
  constructor() {
    this.#choice.name = "count";
    this.#choice.append(...COUNTS.map((count) => {
      const option = setText(el("option", ""), `${count.toLocaleString()}번`, `${count.toLocaleString()} times`) as HTMLOptionElement;
      option.value = String(count);
      return option;
    }));
    this.#bar.max = 1;
    this.#bar.value = 0;
    const run = setText(button("", (pressed) => void busy(pressed, () => this.#measure()), "primary"), "재기", "Measure");
    this.#place.setAttribute("role", "status");
    byId("speed").replaceChildren(
      el(
        "div",
        "card",
        setText(el("h2", ""), "속도", "Speed"),
        setText(
          el("p", "hint"),
          "같은 토큰을 도장의 wasm과, 브라우저의 WebCrypto를 쓰는 jose로 여러 번 검증합니다. 누를 때 비로소 불러오고, 키는 이 페이지가 방금 만든 것입니다.",
          "Verifies one token many times, with Dojang's wasm and with jose, which uses the browser's WebCrypto. Both are loaded when you press the button; the key was made by this page.",
        ),
        el("div", "actions", el("label", "compact", setText(el("span", ""), "검증 횟수", "Verifications"), this.#choice), run, this.#bar),
        this.#place,
      ),
    );
    onLanguage(() => {
      this.#tell(this.#told, this.#wrong);
      this.#showResults();
    });
  }

  async #measure(): Promise<void> {
    const count = Number(this.#choice.value);
    this.#bar.value = 0;
    this.#tell(() => t("재는 중입니다.", "Measuring."), false);
    try {
      const [{ createVerifier }, jose, { token, keys }] = await Promise.all([
        import("@dojang/verifier"),
        import("jose"),
        newSample(Date.now() / 1000),
      ]);
      const verifier = createVerifier(keys);
      const key = await jose.importJWK(keys.keys[0] as object, "RS256");
      // Both must accept it, or there is nothing to compare.
      verifier.verify(token);
      await jose.jwtVerify(token, key, { algorithms: ["RS256"] });
      const wasm = await measure(() => verifier.verify(token), count, (done) => (this.#bar.value = done / 2));
      const other = await measure(() => jose.jwtVerify(token, key, { algorithms: ["RS256"] }), count, (done) => (this.#bar.value = (1 + done) / 2));
      verifier.free();
      this.#results = { wasm, jose: other };
      const [ours, theirs] = [wasm, other].map(({ samples }) => microseconds(quantile(samples, 0.5)));
      this.#showResults();
      this.#tell(() => t(`다 쟀습니다. 검증 한 번의 중앙값: 도장 ${ours}, jose ${theirs}.`, `Done. Median for one verification: ${ours} with Dojang, ${theirs} with jose.`), false);
    } catch (error) {
      const code = (error as { code?: string }).code;
      this.#tell(() => code !== undefined && code in codeTexts ? codeTexts[code as keyof typeof codeTexts][currentLang()] : unexpected(error), true);
    }
  }

  #tell(told: () => string, wrong: boolean): void {
    [this.#told, this.#wrong] = [told, wrong];
    this.#place.classList.toggle("wrong", wrong);
    this.#place.textContent = told();
  }

  #showResults(): void {
    this.#shown?.remove();
    this.#shown = this.#resultView();
    if (this.#shown !== undefined) {
      byId("speed").append(this.#shown);
    }
  }

  #resultView(): HTMLElement | undefined {
    if (this.#results === undefined) {
      return undefined;
    }
    const series = [
      { name: t("도장 (wasm)", "Dojang (wasm)"), className: "ours", measured: this.#results.wasm },
      { name: t("jose (WebCrypto)", "jose (WebCrypto)"), className: "theirs", measured: this.#results.jose },
    ];
    const heads = [t("검증기", "Verifier"), t("중앙값", "Median"), t("95 %", "95 %"), t("초당", "Per second"), t("표본", "Samples")];
    const rows = series.map(({ name, measured: { samples, batch } }) => {
      const median = quantile(samples, 0.5);
      const head = el("th", "", name);
      head.setAttribute("scope", "row");
      const cells = [microseconds(median), microseconds(quantile(samples, 0.95)), Math.round(1e6 / median).toLocaleString(), `${samples.length} × ${batch}`];
      return el("tr", "", head, ...cells.map((cell) => el("td", "", cell)));
    });
    const table = el("table", "numbers", el("thead", "", el("tr", "", ...heads.map((head) => el("th", "", head)))), el("tbody", "", ...rows));
    const scroll = el("div", "scroll", table);
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "group");
    scroll.ariaLabel = t("결과 표", "Table of the results");
    const drawing = plot(series.map(({ name, className, measured }) => ({ name, className, samples: measured.samples })), byId("speed").clientWidth - CARD);
    return el(
      "div",
      "card results",
      el("h3", "", t("검증 한 번의 시간", "Time for one verification")),
      drawing,
      scroll,
      el("p", "hint", t(
        "한 표본은 여러 번의 검증을 이어서 잰 평균입니다. 브라우저의 시계가 거칠기 때문입니다. 두 쪽 모두 서명과 클레임을 확인합니다.",
        "A sample is the mean of several verifications in a row, because the browser's clock is coarse. Both check the signature and the claims.",
      )),
    );
  }
}
