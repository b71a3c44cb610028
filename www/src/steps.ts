import { codeTexts } from "@dojang/verifier/texts";
import type { Check, Explanation, Step } from "@dojang/verifier/explain";
import { el } from "./dom.ts";
import { checkLabel } from "./labels.ts";
import { currentLang, dateTime, t } from "./lang.ts";
import type { Revocation } from "./revocation.ts";

/** Details that are Unix times in seconds. */
const TIMES = new Set(["expiredAt", "notBefore", "issuedAt", "now"]);

const MARKS = { passed: "✓", failed: "✕", not_reached: "–", not_checked: "?", unknown: "?" };
type Outcome = keyof typeof MARKS;

/** The six steps, with the checks of the verifier that each is made of. */
function steps(): { name: string; what: string; checks: Check[] }[] {
  return [
    { name: t("형태", "Shape"), what: t("세 부분, 엄격한 base64url", "three parts, strict base64url"), checks: ["shape"] },
    { name: t("헤더", "Header"), what: t("RS256만, 확장 없음", "RS256 only, no extensions"), checks: ["header"] },
    { name: t("키", "Key"), what: t("kid로 고름", "chosen by kid"), checks: ["key"] },
    { name: t("서명", "Signature"), what: t("공개 키로 계산", "computed with the public key"), checks: ["signature"] },
    {
      name: t("클레임", "Claims"),
      what: t("시각, 종류, 발급자, 대상", "times, type, issuer, audience"),
      checks: ["payload", "exp", "nbf", "iat", "token_type", "iss", "aud", "jti", "user_id"],
    },
  ];
}

/** The list of steps, each with how it went and why. `asking`: the button that has the last one looked up. */
export function stepViews(explanation: Explanation, revocation: Revocation, asking?: HTMLElement): HTMLElement[] {
  const views = steps().map(({ name, what, checks }) => {
    const steps = explanation.steps.filter((step) => checks.includes(step.check));
    const outcome = outcomeOf(steps);
    const item = stepView(name, what, outcome);
    if (outcome === "failed" && !explanation.verdict.ok) {
      const { code, details } = explanation.verdict;
      item.append(el("p", "why", codeTexts[code][currentLang()], " ", el("code", "code", code), ...detailViews(details)));
    }
    if (checks.length > 1 && outcome !== "not_reached") {
      item.append(el("ul", "checks", ...steps.map(checkView)));
    }
    return item;
  });
  const last = stepView(t("폐기", "Revocation"), t("로그아웃된 토큰인가", "was it logged out"), revocation.outcome);
  if (revocation.outcome !== "not_reached") {
    last.append(el("p", "why", revocation.sentence, ...revocation.codes.flatMap((code) => [" ", el("code", "code", code)])));
  }
  if (asking !== undefined) {
    last.append(el("p", "why", asking));
  }
  return [...views, last];
}

function outcomeOf(steps: Step[]): Outcome {
  return steps.some(({ outcome }) => outcome === "failed")
    ? "failed"
    : steps.every(({ outcome }) => outcome === "passed") ? "passed" : "not_reached";
}

function outcomeWord(outcome: Outcome): string {
  return {
    passed: t("통과", "passed"),
    failed: t("실패", "failed"),
    not_reached: t("도달하지 않음", "not reached"),
    not_checked: t("확인하지 않음", "not checked"),
    unknown: t("알 수 없음", "unknown"),
  }[outcome];
}

function mark(outcome: Outcome): HTMLElement {
  const shown = el("span", "mark", MARKS[outcome]);
  shown.ariaHidden = "true";
  return shown;
}

function stepView(name: string, what: string, outcome: Outcome): HTMLElement {
  return el("li", outcome, mark(outcome), el("strong", "", name), el("span", "what", what), el("span", "outcome", outcomeWord(outcome)));
}

function checkView({ check, outcome }: Step): HTMLElement {
  return el("li", outcome, mark(outcome), el("span", "", checkLabel(check)), el("span", "visually-hidden", ` ${outcomeWord(outcome)}`));
}

function detailViews(details: object): HTMLElement[] {
  return Object.entries(details).map(([name, value]) => {
    const words = TIMES.has(name) && typeof value === "number" ? dateTime(value) : "";
    return el("span", "detail", el("code", "", name), ` ${JSON.stringify(value)}${words === "" ? "" : ` (${words})`}`);
  });
}

/** The badge on the token; on one that is good by itself, `revocation` has the last word. */
export function verdictView({ verdict }: Explanation, revocation: Revocation["outcome"] = "not_checked"): HTMLElement {
  const code = !verdict.ok ? verdict.code : revocation === "failed" ? "token_revoked" : undefined;
  if (code !== undefined) {
    return badge("bad", t("거부됨", "Refused"), codeTexts[code][currentLang()], el("code", "", code));
  }
  return badge("good", t("검증됨", "Verified"), revocation === "passed"
    ? t("서명과 모든 클레임이 올바르고, 폐기되지 않았습니다", "The signature and every claim are good, and it was not revoked")
    : t("서명과 모든 클레임이 올바릅니다", "The signature and every claim are good"));
}

export function badge(kind: "good" | "bad", word: string, sentence: string, ...more: Node[]): HTMLElement {
  return el("div", `badge-row ${kind}`, el("strong", "badge", word), el("p", "", sentence, ...more));
}
