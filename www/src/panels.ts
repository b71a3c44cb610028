import type { Explanation } from "@dojang/verifier/explain";
import { byId, el, scrolled } from "./dom.ts";
import { isSuitable, keysIn, type ShownKey } from "./keys.ts";
import { dateTime, relative, t } from "./lang.ts";
import { decoded, type Members } from "./token.ts";

/** Claims that are Unix times in seconds. */
const TIMES = new Set(["exp", "iat", "nbf", "auth_time"]);
/** More of a text is not shown. */
const SHOWN = 20_000;

/** Fills the panels for text, header, claims and key. `now`: Unix seconds. */
export function showPanels(token: string, keys: string, explanation: Explanation, now: number): void {
  const { verdict, untrusted } = explanation;
  const [head, body] = segmentsOf(token);
  fill("panel-text", rawToken(token), legend());
  // Decoded here even when they were verified: the verifier's objects hide a member `__proto__`
  // from listings.
  fill("panel-header", ...objectView(t("헤더", "header"), decoded(head), untrusted.header, verdict.ok, now));
  fill("panel-claims", ...objectView(t("클레임", "claims"), decoded(body), untrusted.payload, verdict.ok, now));
  fill("panel-key", ...keyView(token, keys, explanation));
}

/** None of a text that is longer than any token: a megabyte would take its time, and says nothing. */
function segmentsOf(token: string): string[] {
  return token.length > SHOWN ? [] : token.split(".");
}

function fill(panel: string, ...content: Node[]): void {
  byId(panel).querySelector(".panel-body")?.replaceChildren(...content);
}

export function rawToken(token: string): HTMLElement {
  const classes = ["raw-header", "raw-claims", "raw-signature"];
  const cut = token.length > SHOWN ? `${token.slice(0, 300)}…` : token;
  const pieces = cut.split(".").flatMap((segment, index) => {
    const piece = el("span", classes[index] ?? "", segment);
    return index === 0 ? [piece] : [".", piece];
  });
  const text = el("p", "raw", ...pieces);
  text.translate = false;
  return text;
}

function legend(): HTMLElement {
  return el(
    "p",
    "legend",
    el("span", "raw-header", t("헤더", "header")),
    el("span", "raw-claims", t("클레임", "claims")),
    el("span", "raw-signature", t("서명", "signature")),
  );
}

/** An object as a table with its times in words, and its own text below; marked unless it was verified. */
function objectView(name: string, members: Members | undefined, text: string | undefined, verified: boolean, now: number): HTMLElement[] {
  const mark = verified
    ? el("p", "trust good", t("검증됨", "verified"))
    : el("p", "trust bad", t("해독만 됨, 검증되지 않음", "decoded only, not verified"));
  if (members === undefined) {
    const raw = text === undefined ? [] : [scrolled(text.slice(0, SHOWN), name, "untrusted decoded")];
    return [mark, el("p", "hint", t("읽을 수 있는 JSON 객체가 없습니다.", "There is no JSON object to be read.")), ...raw];
  }
  const rows = Object.entries(members).map(([member, value]) => row(member, value, now));
  const table = el("table", verified ? "" : "untrusted", el("tbody", "", ...rows));
  table.ariaLabel = name;
  const source = el("details", "", el("summary", "", t("적힌 그대로", "As it is written")), scrolled((text ?? "").slice(0, SHOWN), name, "decoded"));
  return [mark, table, source];
}

function row(name: string, value: unknown, now: number): HTMLElement {
  const head = el("th", "", name);
  head.setAttribute("scope", "row");
  const cell = el("td", "", el("code", "", JSON.stringify(value).slice(0, SHOWN)));
  if (TIMES.has(name) && typeof value === "number" && dateTime(value) !== "") {
    const words = el("span", "in-words", inWords(value, now));
    words.dataset["time"] = String(value);
    cell.append(words);
  }
  return el("tr", "", head, cell);
}

function inWords(time: number, now: number): string {
  return `${dateTime(time)} (${relative(time, now)})`;
}

/** Says anew how far the times in the panels are from `now`, and touches nothing else. */
export function showTimes(now: number): void {
  for (const words of document.querySelectorAll<HTMLElement>("#inspection [data-time]")) {
    words.textContent = inWords(Number(words.dataset["time"]), now);
  }
}

/** The keys of the text, and how the token's kid chose one among them. */
function keyView(token: string, text: string, { steps }: Explanation): HTMLElement[] {
  const step = steps.find(({ check }) => check === "key");
  const kid = decoded(segmentsOf(token)[0])?.["kid"];
  const keys = keysIn(text);
  const names = kid === undefined ? t("토큰에 kid가 없습니다.", "The token names no kid.") : t(`토큰의 kid는 ${JSON.stringify(kid)}입니다.`, `The token names the kid ${JSON.stringify(kid)}.`);
  if (step === undefined || step.outcome === "not_reached") {
    return [el("p", "", names), el("p", "hint", t("그 전에 멈춰서 키를 고르지 않았습니다.", "The check stopped before a key was chosen.")), ...keyTable(keys, undefined)];
  }
  if (keys === undefined) {
    return [
      el("p", "", names),
      el("p", "", t("PEM 키에는 kid가 없으므로 어떤 kid에도 쓰입니다.", "A PEM key has no kid, so it is used whatever the token names.")),
    ];
  }
  // The verifier found one: of that name, or else, without a name, the only one that it can use.
  const named = keys.find((key) => kid !== undefined && key.kid === kid && isSuitable(key));
  const chosen = step.outcome === "failed" ? undefined : named ?? keys.find(isSuitable);
  const why = chosen === undefined
    ? kid === undefined
      ? t("쓸 수 있는 키가 여럿인데 토큰이 고르지 않았습니다. 추측하지 않고 거부합니다.", "Several keys could be meant. The verifier refuses rather than guess.")
      : t("이 kid를 가진 RS256 키가 없습니다. 다른 키를 시험해 보지 않고 거부합니다.", "No RS256 key here has this kid. The verifier does not try the others.")
    : kid === undefined
      ? t("쓸 수 있는 키가 하나뿐이라 그 키를 씁니다.", "Only one key is suitable, so that one is used.")
      : chosen.kid === undefined
        ? t("이 키에는 kid가 없으므로 어떤 kid에도 쓰입니다.", "This key has no kid, so it is used whatever the token names.")
        : t("같은 kid를 가진 키로 서명을 확인합니다.", "The signature is checked with the key of the same kid.");
  return [el("p", "", `${names} ${why}`), ...keyTable(keys, chosen)];
}

function keyTable(keys: ShownKey[] | undefined, chosen: ShownKey | undefined): HTMLElement[] {
  return (keys ?? []).slice(0, 20).map((key) => {
    const facts = [key.kty, key.bits === undefined ? "" : `${key.bits} bit`, key.alg ?? "", key.use === undefined ? "" : `use ${key.use}`];
    const line = el("p", key === chosen ? "key chosen" : "key", el("code", "", key.kid ?? t("(kid 없음)", "(no kid)")));
    line.append(el("span", "in-words", facts.filter((fact) => fact !== "").join(" · ")));
    if (key === chosen) {
      line.append(el("span", "tag", t("선택됨", "chosen")));
    }
    return line;
  });
}
