import { codeTexts } from "@dojang/verifier/texts";
import type { Claims, Header } from "@dojang/verifier";
import { byId, el } from "./dom.ts";
import { currentLang, dateTime, duration, label } from "./labels.ts";
import type { Answer } from "./services.ts";
import type { Verdict } from "./session.ts";

/** The seal on the token. */
export function verdictView(verdict: Verdict): HTMLElement {
  if (verdict.accepted) {
    return seal("good", label("accepted"), label("acceptedText"));
  }
  return seal("bad", label("refused"), codeTexts[verdict.code][currentLang()], el("code", "", verdict.code));
}

/** What a service said: its status and its body as it came. */
export function answerView(answer: Answer): HTMLElement {
  const good = answer.status === 200;
  const body = el("pre", "", JSON.stringify(answer.body, null, 2));
  // A wide answer is scrolled in its box, also with the keyboard.
  body.tabIndex = 0;
  return el("div", "response", el("span", good ? "status good" : "status bad", `HTTP ${answer.status}`), body);
}

/** Fills a table with one row for each member. */
export function showMembers(tableId: string, members: Header | Claims): void {
  const times = new Set(["exp", "iat", "nbf"]);
  const rows = Object.entries(members).map(([name, value]) => {
    const head = el("th", "", name);
    head.setAttribute("scope", "row");
    const cell = el("td", "", el("code", "", JSON.stringify(value)));
    if (times.has(name) && typeof value === "number") {
      cell.append(el("span", "in-words", dateTime(value)));
    }
    return el("tr", "", head, cell);
  });
  byId(tableId).replaceChildren(...rows);
}

export function showTimeLeft(exp: number, now: number): void {
  const seconds = Math.ceil(exp - now);
  byId("time-left").textContent = seconds > 0 ? duration(seconds) : label("expired");
}

export function showRawToken(token: string): void {
  const classes = ["raw-header", "raw-claims", "raw-signature"];
  const segments = token.split(".").map((segment, index) => el("span", classes[index] ?? "", segment));
  byId("raw-token").replaceChildren(...segments.flatMap((segment, index) => (index === 0 ? [segment] : [".", segment])));
}

export function seal(kind: "good" | "bad", word: string, sentence: string, ...more: Node[]): HTMLElement {
  return el("div", `sealed ${kind}`, el("strong", "seal", word), el("p", "", sentence, ...more));
}
