import { el, scrolled, svg } from "./dom.ts";
import { t } from "./lang.ts";
import { addressOf, shortened, type Exchange } from "./services.ts";

/** Units of the drawing: the three lifelines, and the height of one exchange. */
const LINES = { browser: 90, issuer: 360, edge: 630 };
const WIDTH = 720;
const TOP = 64;
const ROW = 60;

/** A sequence diagram that grows with every request, and the same as a list to be read and opened. */
export class Diagram {
  readonly element = el("div", "diagram");
  readonly #exchanges: Exchange[] = [];

  /** Draws an exchange that has begun or ended. */
  draw(exchange: Exchange): void {
    if (!this.#exchanges.includes(exchange)) {
      this.#exchanges.push(exchange);
    }
    this.show();
  }

  clear(): void {
    this.#exchanges.length = 0;
    this.show();
  }

  show(): void {
    const opened = new Set([...this.element.querySelectorAll("details")].flatMap((details, place) => (details.open ? [place] : [])));
    const list = el("ol", "exchanges", ...this.#exchanges.map((exchange, place) => exchangeView(exchange, opened.has(place))));
    list.ariaLabel = t("요청과 응답", "Requests and answers");
    const drawing = el("div", "drawing", this.#drawing());
    drawing.tabIndex = 0;
    drawing.setAttribute("role", "group");
    drawing.ariaLabel = t("순서도", "Sequence diagram");
    this.element.replaceChildren(drawing, list);
  }

  #drawing(): SVGElement {
    const height = TOP + Math.max(1, this.#exchanges.length) * ROW + 10;
    const names = { browser: t("브라우저", "Browser"), issuer: t("발급 서버", "Issuer"), edge: t("엣지", "Edge") };
    const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", class: "sequence" });
    const title = t(
      `브라우저, 발급 서버, 엣지 사이의 요청 ${this.#exchanges.length}개. 아래 목록에 같은 내용이 있습니다.`,
      `${this.#exchanges.length} requests between browser, issuer and edge; the list below says the same.`,
    );
    drawing.append(svg("title", {}, title));
    for (const [line, x] of Object.entries(LINES)) {
      drawing.append(
        svg("line", { x1: x, x2: x, y1: 40, y2: height, class: "lifeline" }),
        svg("rect", { x: x - 70, y: 8, width: 140, height: 34, rx: 9, class: "actor" }),
        svg("text", { x, y: 30, "text-anchor": "middle", class: "actor-name" }, names[line as keyof typeof LINES]),
      );
    }
    this.#exchanges.forEach((exchange, place) => drawing.append(...arrows(exchange, TOP + place * ROW)));
    return drawing;
  }
}

function arrows({ to, method, path, answer, failed }: Exchange, y: number): SVGElement[] {
  const [from, end] = [LINES.browser, LINES[to]];
  const middle = LINES.browser + 135;
  const there = [
    svg("text", { x: middle, y: y + 9, "text-anchor": "middle", class: "message" }, `${method} ${path}`),
    svg("line", { x1: from, x2: end - 8, y1: y + 16, y2: y + 16, class: "arrow" }),
    svg("path", { d: `M ${end} ${y + 16} l -9 -5 v 10 z`, class: "head" }),
  ];
  if (answer === undefined && !failed) {
    return there;
  }
  const kind = answer !== undefined && answer.status < 400 ? "good" : "bad";
  const word = answer === undefined ? "✕" : `${answer.status}`;
  return [
    ...there,
    svg("line", { x1: end, x2: from + 8, y1: y + 42, y2: y + 42, class: `arrow back ${kind}` }),
    svg("path", { d: `M ${from} ${y + 42} l 9 -5 v 10 z`, class: `head ${kind}` }),
    svg("text", { x: middle, y: y + 36, "text-anchor": "middle", class: `message ${kind}` }, word),
  ];
}

function exchangeView({ to, method, path, sent, answer, failed }: Exchange, open: boolean): HTMLElement {
  const kind = answer === undefined ? (failed ? "bad" : "") : answer.status < 400 ? "good" : "bad";
  const outcome = answer !== undefined
    ? `HTTP ${answer.status}`
    : failed ? t("응답 없음", "no answer") : "…";
  const name = to === "issuer" ? t("발급 서버", "issuer") : t("엣지", "edge");
  const summary = el("summary", "", el("code", "", `${method} ${path}`), el("span", "in-words", ` → ${name} `), el("strong", `status ${kind}`, outcome));
  const details = el("details", "", summary, scrolled([`${method} ${addressOf(to)}${path}`, ...sent].join("\n"), t("요청", "Request"))) as HTMLDetailsElement;
  if (answer !== undefined) {
    details.append(scrolled(JSON.stringify(answer.body, (member, value: unknown) => shown(member, value), 2), t("응답", "Answer")));
  }
  details.open = open;
  return el("li", "", details);
}

function shown(member: string, value: unknown): unknown {
  return typeof value === "string" && ["access", "refresh", "n", "lst"].includes(member) ? shortened(value) : value;
}
