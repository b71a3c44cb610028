import { el, scrolled, svg } from "./dom.ts";
import { t } from "./lang.ts";
import { shortened, urlOf, type Exchange } from "./services.ts";

// Lengths are units of the drawing.

/** The positions of the lifelines. */
const LINES = { browser: 90, issuer: 360, edge: 630 };
const WIDTH = 720;
const TOP = 64;
/** The height of one exchange. */
const ROW = 60;

/** A sequence diagram of all exchanges, with a list of the same that can be read and opened. */
export class Diagram {
  readonly element = el("div", "diagram");
  readonly #exchanges: Exchange[] = [];

  /** Draws an exchange that began or changed. */
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
    const wasOpen = [...this.element.querySelectorAll("details")].map(({ open }) => open);
    const items = this.#exchanges.map((exchange, index) =>
      exchangeView(exchange, wasOpen[index] ?? false),
    );
    const list = el("ol", "exchanges", ...items);
    list.ariaLabel = t("요청과 응답", "Requests and responses");
    const drawing = el("div", "drawing", this.#drawing());
    drawing.tabIndex = 0;
    drawing.setAttribute("role", "group");
    drawing.ariaLabel = t("순서도", "Sequence diagram");
    this.element.replaceChildren(drawing, list);
  }

  #drawing(): SVGElement {
    const count = this.#exchanges.length;
    const height = TOP + Math.max(1, count) * ROW + 10;
    const names = {
      browser: t("브라우저", "Browser"),
      issuer: t("발급 서버", "Issuer"),
      edge: t("엣지", "Edge"),
    };
    const viewBox = `0 0 ${WIDTH} ${height}`;
    const drawing = svg("svg", { viewBox, role: "img", class: "sequence" });
    const title = t(
      `브라우저, 발급 서버, 엣지 사이의 요청 ${count}개. 아래 목록에 같은 내용이 있습니다.`,
      `${count} requests between browser, issuer and edge, as in the list below.`,
    );
    drawing.append(svg("title", {}, title));
    for (const [line, x] of Object.entries(LINES)) {
      const name = names[line as keyof typeof LINES];
      drawing.append(
        svg("line", { x1: x, x2: x, y1: 40, y2: height, class: "lifeline" }),
        svg("rect", { x: x - 70, y: 8, width: 140, height: 34, rx: 9, class: "actor" }),
        svg("text", { x, y: 30, "text-anchor": "middle", class: "actor-name" }, name),
      );
    }
    this.#exchanges.forEach((exchange, index) =>
      drawing.append(...arrows(exchange, TOP + index * ROW)),
    );
    return drawing;
  }
}

function arrows(exchange: Exchange, y: number): SVGElement[] {
  const { service, method, path, response, failed } = exchange;
  const [start, end] = [LINES.browser, LINES[service]];
  const label = { x: LINES.browser + 135, "text-anchor": "middle" };
  const request = [
    svg("text", { ...label, y: y + 9, class: "message" }, `${method} ${path}`),
    svg("line", { x1: start, x2: end - 8, y1: y + 16, y2: y + 16, class: "arrow" }),
    svg("path", { d: `M ${end} ${y + 16} l -9 -5 v 10 z`, class: "head" }),
  ];
  if (response === undefined && !failed) {
    return request;
  }
  const kind = kindOf(exchange);
  const text = response === undefined ? "✕" : `${response.status}`;
  return [
    ...request,
    svg("line", { x1: end, x2: start + 8, y1: y + 42, y2: y + 42, class: `arrow back ${kind}` }),
    svg("path", { d: `M ${start} ${y + 42} l 9 -5 v 10 z`, class: `head ${kind}` }),
    svg("text", { ...label, y: y + 36, class: `message ${kind}` }, text),
  ];
}

function kindOf({ response, failed }: Exchange): "good" | "bad" | "" {
  if (response === undefined) {
    return failed ? "bad" : "";
  }
  return response.status < 400 ? "good" : "bad";
}

function exchangeView(exchange: Exchange, open: boolean): HTMLElement {
  const { service, method, path, sent, response, failed } = exchange;
  const pending = failed ? t("응답 없음", "no response") : "…";
  const outcome = response === undefined ? pending : `HTTP ${response.status}`;
  const name = service === "issuer" ? t("발급 서버", "issuer") : t("엣지", "edge");
  const summary = el(
    "summary",
    "",
    el("code", "", `${method} ${path}`),
    el("span", "in-words", ` → ${name} `),
    el("strong", `status ${kindOf(exchange)}`, outcome),
  );
  const request = [`${method} ${urlOf(service)}${path}`, ...sent].join("\n");
  const details = el("details", "", summary, scrolled(request, t("요청", "Request")));
  if (response !== undefined) {
    const body = JSON.stringify(response.body, shortenLong, 2);
    details.append(scrolled(body, t("응답", "Response")));
  }
  (details as HTMLDetailsElement).open = open;
  return el("li", "", details);
}

/** Shortens tokens, moduli and status lists, as a replacer of `JSON.stringify`. */
function shortenLong(member: string, value: unknown): unknown {
  const isLong = ["access", "refresh", "n", "lst"].includes(member);
  return isLong && typeof value === "string" ? shortened(value) : value;
}
