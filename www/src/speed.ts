import { codeTexts } from "@dojang/verifier/texts";
import { button, busy, byId, el, setName, setText } from "./dom.ts";
import { currentLang, onLanguage, t, unexpected } from "./lang.ts";
import { measure, quantile, type Measured } from "./measure.ts";
import { microseconds, plot } from "./plot.ts";
import { newSample } from "./sample.ts";

/** The horizontal padding and borders of a card, in pixels. */
const CARD_PADDING = 56;

const COUNTS = [2000, 10_000, 50_000];

interface Results {
  wasm: Measured;
  jose: Measured;
}

/** Compares our verifier with WebCrypto, through jose, on the same token in this browser. */
export class Speed {
  readonly #count = el("select", "") as HTMLSelectElement;
  readonly #bar = setName(el("progress", ""), "진행", "Progress") as HTMLProgressElement;
  readonly #messageBox = el("p", "message-box");
  #results: Results | undefined;
  #resultCard: HTMLElement | undefined;
  #message: () => string = () => "";
  #isError = false;

  /** Builds the part once, because controls keep the focus and live regions must stay. */
  constructor() {
    this.#count.name = "count";
    this.#count.append(...COUNTS.map(countOption));
    this.#bar.max = 1;
    this.#bar.value = 0;
    this.#messageBox.setAttribute("role", "status");
    const hint = setText(
      el("p", "hint"),
      "같은 토큰을 도장의 wasm과, 브라우저의 WebCrypto를 쓰는 jose로 여러 번 검증합니다. 누를 때 비로소 불러오고, 키는 이 페이지가 방금 만든 것입니다.",
      "Verifies one token many times, with Dojang's wasm and with jose, which uses the browser's WebCrypto. Both are loaded when you press the button; this page generates the key.",
    );
    const label = setText(el("span", ""), "검증 횟수", "Verifications");
    const run = button("", (pressed) => void busy(pressed, () => this.#measure()), "primary");
    const actions = el(
      "div",
      "actions",
      el("label", "compact", label, this.#count),
      setText(run, "재기", "Measure"),
      this.#bar,
    );
    const title = setText(el("h2", ""), "속도", "Speed");
    byId("speed").replaceChildren(el("div", "card", title, hint, actions, this.#messageBox));
    onLanguage(() => {
      this.#show(this.#message, this.#isError);
      this.#showResults();
    });
  }

  async #measure(): Promise<void> {
    this.#bar.value = 0;
    this.#show(() => t("재는 중입니다.", "Measuring."), false);
    try {
      this.#results = await compare(Number(this.#count.value), (done) => (this.#bar.value = done));
      const { wasm, jose } = this.#results;
      const [ours, theirs] = [wasm, jose].map(({ samples }) =>
        microseconds(quantile(samples, 0.5)),
      );
      this.#showResults();
      const message = () =>
        t(
          `다 쟀습니다. 검증 한 번의 중앙값: 도장 ${ours}, jose ${theirs}.`,
          `Done. Median for one verification: ${ours} with Dojang, ${theirs} with jose.`,
        );
      this.#show(message, false);
    } catch (error) {
      this.#show(() => describeError(error), true);
    }
  }

  #show(message: () => string, isError: boolean): void {
    [this.#message, this.#isError] = [message, isError];
    this.#messageBox.classList.toggle("wrong", isError);
    this.#messageBox.textContent = message();
  }

  #showResults(): void {
    this.#resultCard?.remove();
    this.#resultCard = this.#results === undefined ? undefined : resultCard(this.#results);
    if (this.#resultCard !== undefined) {
      byId("speed").append(this.#resultCard);
    }
  }
}

function countOption(count: number): HTMLOptionElement {
  const text = count.toLocaleString();
  const option = setText(el("option", ""), `${text}번`, `${text} times`) as HTMLOptionElement;
  option.value = String(count);
  return option;
}

/**
 * Measures both verifiers.
 *
 * @param onProgress called with the completed fraction, 0 to 1
 */
async function compare(count: number, onProgress: (done: number) => void): Promise<Results> {
  const [{ createVerifier }, jose, { token, keys }] = await Promise.all([
    import("@dojang/verifier"),
    import("jose"),
    newSample(Date.now() / 1000),
  ]);
  const verifier = createVerifier(keys);
  const key = await jose.importJWK(keys.keys[0] as object, "RS256");
  const verifyByJose = () => jose.jwtVerify(token, key, { algorithms: ["RS256"] });
  // A comparison makes sense only if both accept the token.
  verifier.verify(token);
  await verifyByJose();
  const wasm = await measure(
    () => verifier.verify(token),
    count,
    (done) => onProgress(done / 2),
  );
  const other = await measure(verifyByJose, count, (done) => onProgress((1 + done) / 2));
  verifier.free();
  return { wasm, jose: other };
}

function describeError(error: unknown): string {
  const { code } = error as { code?: string };
  return code !== undefined && code in codeTexts
    ? codeTexts[code as keyof typeof codeTexts][currentLang()]
    : unexpected(error);
}

function resultCard({ wasm, jose }: Results): HTMLElement {
  const series = [
    { name: t("도장 (wasm)", "Dojang (wasm)"), className: "ours", ...wasm },
    { name: t("jose (WebCrypto)", "jose (WebCrypto)"), className: "theirs", ...jose },
  ];
  const table = el("div", "scroll", resultTable(series));
  table.tabIndex = 0;
  table.setAttribute("role", "group");
  table.ariaLabel = t("결과 표", "Table of the results");
  const hint = t(
    "한 표본은 여러 번의 검증을 이어서 잰 평균입니다. 브라우저의 시계가 거칠기 때문입니다. 두 쪽 모두 서명과 클레임을 확인합니다.",
    "A sample is the mean of several verifications, because the browser's clock is coarse. Both verify the signature and the claims.",
  );
  return el(
    "div",
    "card results",
    el("h3", "", t("검증 한 번의 시간", "Time for one verification")),
    plot(series, byId("speed").clientWidth - CARD_PADDING),
    table,
    el("p", "hint", hint),
  );
}

function resultTable(series: readonly (Measured & { name: string })[]): HTMLElement {
  const heads = [
    t("검증기", "Verifier"),
    t("중앙값", "Median"),
    t("95 %", "95 %"),
    t("초당", "Per second"),
    t("표본", "Samples"),
  ];
  const rows = series.map(({ name, samples, batch }) => {
    const median = quantile(samples, 0.5);
    const head = el("th", "", name);
    head.setAttribute("scope", "row");
    const cells = [
      microseconds(median),
      microseconds(quantile(samples, 0.95)),
      Math.round(1e6 / median).toLocaleString(),
      `${samples.length} × ${batch}`,
    ];
    return el("tr", "", head, ...cells.map((cell) => el("td", "", cell)));
  });
  const head = el("tr", "", ...heads.map((text) => el("th", "", text)));
  return el("table", "numbers", el("thead", "", head), el("tbody", "", ...rows));
}
