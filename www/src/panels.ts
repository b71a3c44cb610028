import type { Explanation } from "@dojang/verifier/explain";
import { byId, el, scrolled } from "./dom.ts";
import { isSuitable, parseKeys, type KeyInfo } from "./keys.ts";
import { dateTime, relative, t } from "./lang.ts";
import { decoded, type Members } from "./token.ts";

/** Claims that are Unix times in seconds. */
const TIMES = new Set(["exp", "iat", "nbf", "auth_time"]);
/** Longer texts are cut. In characters. */
const MAX_SHOWN = 20_000;
const MAX_KEYS_SHOWN = 20;

/**
 * Fills the panels for text, header, claims and key.
 *
 * @param now Unix time in seconds
 */
export function showPanels(
  token: string,
  keys: string,
  { verdict, untrusted, steps }: Explanation,
  now: number,
): void {
  const [head, body] = segmentsOf(token);
  fill("panel-text", tokenView(token), legend());
  // Decoded here even when verified: the verifier's objects hide a member `__proto__`.
  const header = { members: decoded(head), text: untrusted.header };
  const claims = { members: decoded(body), text: untrusted.payload };
  fill("panel-header", ...segmentView(t("헤더", "header"), header, verdict.ok, now));
  fill("panel-claims", ...segmentView(t("클레임", "claims"), claims, verdict.ok, now));
  fill("panel-key", ...keyView(token, keys, steps));
}

/** Ignores texts that are too long for a token, because decoding a megabyte takes long. */
function segmentsOf(token: string): string[] {
  return token.length > MAX_SHOWN ? [] : token.split(".");
}

function fill(panel: string, ...content: Node[]): void {
  byId(panel)
    .querySelector(".panel-body")
    ?.replaceChildren(...content);
}

function tokenView(token: string): HTMLElement {
  const classes = ["raw-header", "raw-claims", "raw-signature"];
  const shown = token.length > MAX_SHOWN ? `${token.slice(0, 300)}…` : token;
  const pieces = shown.split(".").flatMap((segment, index) => {
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

/** Shows a segment as a table and as text, marked unless it was verified. */
function segmentView(
  name: string,
  { members, text }: { members: Members | undefined; text: string | undefined },
  isVerified: boolean,
  now: number,
): HTMLElement[] {
  const mark = isVerified
    ? el("p", "trust good", t("검증됨", "verified"))
    : el("p", "trust bad", t("해독만 됨, 검증되지 않음", "decoded only, not verified"));
  const shown = (text ?? "").slice(0, MAX_SHOWN);
  if (members === undefined) {
    const hint = t("읽을 수 있는 JSON 객체가 없습니다.", "There is no readable JSON object.");
    const raw = text === undefined ? [] : [scrolled(shown, name, "untrusted decoded")];
    return [mark, el("p", "hint", hint), ...raw];
  }
  const rows = Object.entries(members).map(([member, value]) => row(member, value, now));
  const table = el("table", isVerified ? "" : "untrusted", el("tbody", "", ...rows));
  table.ariaLabel = name;
  const source = el(
    "details",
    "",
    el("summary", "", t("적힌 그대로", "Source text")),
    scrolled(shown, name, "decoded"),
  );
  return [mark, table, source];
}

function row(name: string, value: unknown, now: number): HTMLElement {
  const head = el("th", "", name);
  head.setAttribute("scope", "row");
  const cell = el("td", "", el("code", "", JSON.stringify(value).slice(0, MAX_SHOWN)));
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

/** Updates the distances of the times in the panels from `now`. */
export function showTimes(now: number): void {
  for (const words of document.querySelectorAll<HTMLElement>("#inspection [data-time]")) {
    words.textContent = inWords(Number(words.dataset["time"]), now);
  }
}

/** Shows the keys, and how the verifier selected one of them. */
function keyView(token: string, text: string, steps: Explanation["steps"]): HTMLElement[] {
  const outcome = steps.find(({ check }) => check === "key")?.outcome ?? "not_reached";
  const kid = decoded(segmentsOf(token)[0])?.["kid"];
  const keys = parseKeys(text);
  const named =
    kid === undefined
      ? t("토큰에 kid가 없습니다.", "The token has no kid.")
      : t(
          `토큰의 kid는 ${JSON.stringify(kid)}입니다.`,
          `The token has the kid ${JSON.stringify(kid)}.`,
        );
  if (outcome === "not_reached") {
    const hint = t(
      "그 전에 멈춰서 키를 고르지 않았습니다.",
      "Verification stopped before a key was selected.",
    );
    return [el("p", "", named), el("p", "hint", hint), ...keyTable(keys, undefined)];
  }
  if (keys === undefined) {
    const pem = t(
      "PEM 키에는 kid가 없으므로 어떤 kid에도 쓰입니다.",
      "A PEM key has no kid, so it is used for every kid.",
    );
    return [el("p", "", named), el("p", "", pem)];
  }
  // The verifier selected the usable key with this kid, or the only usable key.
  const match = keys.find((key) => kid !== undefined && key.kid === kid && isSuitable(key));
  const selected = outcome === "failed" ? undefined : (match ?? keys.find(isSuitable));
  const why = whySelected(kid, selected);
  return [el("p", "", `${named} ${why}`), ...keyTable(keys, selected)];
}

function whySelected(kid: unknown, selected: KeyInfo | undefined): string {
  if (selected === undefined) {
    return kid === undefined
      ? t(
          "쓸 수 있는 키가 여럿인데 토큰이 고르지 않았습니다. 추측하지 않고 거부합니다.",
          "Several keys are suitable. The verifier refuses the token rather than guess.",
        )
      : t(
          "이 kid를 가진 RS256 키가 없습니다. 다른 키를 시험해 보지 않고 거부합니다.",
          "No RS256 key here has this kid. The verifier does not try the others.",
        );
  }
  if (kid === undefined) {
    return t(
      "쓸 수 있는 키가 하나뿐이라 그 키를 씁니다.",
      "Only one key is suitable, so it is used.",
    );
  }
  return selected.kid === undefined
    ? t(
        "이 키에는 kid가 없으므로 어떤 kid에도 쓰입니다.",
        "This key has no kid, so it is used for every kid.",
      )
    : t(
        "같은 kid를 가진 키로 서명을 확인합니다.",
        "The signature is verified with the key that has this kid.",
      );
}

function keyTable(keys: KeyInfo[] | undefined, selected: KeyInfo | undefined): HTMLElement[] {
  return (keys ?? []).slice(0, MAX_KEYS_SHOWN).map((key) => {
    const { kid, kty, bits, alg, use } = key;
    const size = bits === undefined ? undefined : `${bits} bit`;
    const facts = [kty, size, alg, use === undefined ? undefined : `use ${use}`];
    const line = el(
      "p",
      key === selected ? "key chosen" : "key",
      el("code", "", kid ?? t("(kid 없음)", "(no kid)")),
      el("span", "in-words", facts.filter(Boolean).join(" · ")),
    );
    if (key === selected) {
      line.append(el("span", "tag", t("선택됨", "selected")));
    }
    return line;
  });
}
