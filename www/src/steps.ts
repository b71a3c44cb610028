import { codeTexts } from "@dojang/verifier/texts";
import type { Check, Explanation, Step as CheckResult } from "@dojang/verifier/explain";
import { el } from "./dom.ts";
import { checkLabel } from "./labels.ts";
import { currentLang, dateTime, t } from "./lang.ts";
import type { Revocation } from "./revocation.ts";

/** Details that are Unix times in seconds. */
const TIMES = new Set(["expiredAt", "notBefore", "issuedAt", "now"]);

const MARKS = { passed: "✓", failed: "✕", not_reached: "–", not_checked: "?", unknown: "?" };
type Outcome = keyof typeof MARKS;

/** A step of the verification, as the page groups the checks of the verifier. */
interface Step {
  name: readonly [string, string];
  description: readonly [string, string];
  checks: readonly Check[];
}

const STEPS: readonly Step[] = [
  {
    name: ["형태", "Shape"],
    description: ["세 부분, 엄격한 base64url", "three parts, strict base64url"],
    checks: ["shape"],
  },
  {
    name: ["헤더", "Header"],
    description: ["RS256만, 확장 없음", "RS256 only, no extensions"],
    checks: ["header"],
  },
  { name: ["키", "Key"], description: ["kid로 고름", "selected by kid"], checks: ["key"] },
  {
    name: ["서명", "Signature"],
    description: ["공개 키로 계산", "computed with the public key"],
    checks: ["signature"],
  },
  {
    name: ["클레임", "Claims"],
    description: ["시각, 종류, 발급자, 대상", "times, type, issuer, audience"],
    checks: [
      "payload",
      "exp",
      "nbf",
      "iat",
      "token_type",
      "iss",
      "aud",
      "jti",
      "user_id",
      "required_claims",
    ],
  },
];

/**
 * Builds the list of steps with their outcomes.
 *
 * @param lookUp the button that looks up the revocation
 */
export function stepViews(
  explanation: Explanation,
  revocation: Revocation,
  lookUp?: HTMLElement,
): HTMLElement[] {
  const views = STEPS.map(({ name, description, checks }) => {
    const results = explanation.steps.filter(({ check }) => checks.includes(check));
    const outcome = outcomeOf(results);
    const item = stepView(t(...name), t(...description), outcome);
    if (outcome === "failed" && !explanation.verdict.ok) {
      const { code, details } = explanation.verdict;
      const text = codeTexts[code][currentLang()];
      item.append(el("p", "why", text, " ", codeView(code), ...detailViews(details)));
    }
    if (checks.length > 1 && outcome !== "not_reached") {
      item.append(el("ul", "checks", ...results.map(checkView)));
    }
    return item;
  });
  const { outcome, sentence, codes } = revocation;
  const last = stepView(
    t("폐기", "Revocation"),
    t("로그아웃된 토큰인가", "whether it was logged out"),
    outcome,
  );
  if (outcome !== "not_reached") {
    last.append(el("p", "why", sentence, ...codes.flatMap((code) => [" ", codeView(code)])));
  }
  if (lookUp !== undefined) {
    last.append(el("p", "why", lookUp));
  }
  return [...views, last];
}

function outcomeOf(results: CheckResult[]): Outcome {
  if (results.some(({ outcome }) => outcome === "failed")) {
    return "failed";
  }
  return results.every(({ outcome }) => outcome === "passed") ? "passed" : "not_reached";
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

function stepView(name: string, description: string, outcome: Outcome): HTMLElement {
  return el(
    "li",
    outcome,
    markView(outcome),
    el("strong", "", name),
    el("span", "what", description),
    el("span", "outcome", outcomeWord(outcome)),
  );
}

function checkView({ check, outcome }: CheckResult): HTMLElement {
  const word = el("span", "visually-hidden", ` ${outcomeWord(outcome)}`);
  return el("li", outcome, markView(outcome), el("span", "", checkLabel(check)), word);
}

function markView(outcome: Outcome): HTMLElement {
  const mark = el("span", "mark", MARKS[outcome]);
  mark.ariaHidden = "true";
  return mark;
}

function codeView(code: string): HTMLElement {
  return el("code", "code", code);
}

function detailViews(details: object): HTMLElement[] {
  return Object.entries(details).map(([name, value]) => {
    const time = TIMES.has(name) && typeof value === "number" ? dateTime(value) : "";
    const text = ` ${JSON.stringify(value)}${time === "" ? "" : ` (${time})`}`;
    return el("span", "detail", el("code", "", name), text);
  });
}

/** Builds the badge of a verdict. The revocation outranks an accepting verdict. */
export function verdictView(
  { verdict }: Explanation,
  revocation: Revocation["outcome"] = "not_checked",
): HTMLElement {
  const revoked = revocation === "failed" ? "token_revoked" : undefined;
  const code = verdict.ok ? revoked : verdict.code;
  if (code !== undefined) {
    const text = codeTexts[code][currentLang()];
    return badge("bad", t("거부됨", "Refused"), text, el("code", "", code));
  }
  const sentence =
    revocation === "passed"
      ? t(
          "서명과 모든 클레임이 올바르고, 폐기되지 않았습니다",
          "The signature and every claim are valid, and the token is not revoked",
        )
      : t("서명과 모든 클레임이 올바릅니다", "The signature and every claim are valid");
  return badge("good", t("검증됨", "Verified"), sentence);
}

export function badge(
  kind: "good" | "bad",
  word: string,
  sentence: string,
  ...more: Node[]
): HTMLElement {
  return el(
    "div",
    `badge-row ${kind}`,
    el("strong", "badge", word),
    el("p", "", sentence, ...more),
  );
}
