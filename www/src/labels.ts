import type { Check } from "@dojang/verifier/explain";
import type { Attack } from "./attacks.ts";

export type Lang = "ko" | "en";

const ko = {
  title: "도장",
  pageTitle: "도장 - JWT가 정말 검증되는 곳",
  tagline: "토큰을 받고, 브라우저에서 직접 검증하고, 엣지에 보여 주세요.",
  language: "언어",
  loginTitle: "로그인",
  loginHint: "발급 서버가 비밀번호를 확인하고 RS256으로 서명한 토큰을 줍니다.",
  username: "사용자 이름",
  password: "비밀번호",
  loginButton: "로그인",
  tokenTitle: "토큰 검증",
  tokenHint: "발급 서버의 공개 키로 이 브라우저 안의 WebAssembly가 매초 다시 검증합니다.",
  accepted: "검증됨",
  acceptedText: "서명과 모든 클레임이 올바릅니다",
  refused: "거부됨",
  signedInAs: "사용자",
  timeLeft: "남은 시간",
  expired: "만료됨",
  refreshButton: "토큰 갱신",
  logoutButton: "로그아웃",
  header: "헤더",
  claims: "클레임",
  signature: "서명",
  rawToken: "토큰 원문",
  edgeTitle: "엣지 호출",
  edgeHint: "같은 검증기가 엣지 컴포넌트 안에서도 토큰을 확인합니다.",
  edgeButton: "/protected 호출",
  breakTitle: "토큰 망가뜨리기",
  breakHint: "지금 토큰을 공격용으로 바꿔 봅니다. 브라우저와 엣지가 같은 이유로 거부해야 합니다.",
  inBrowser: "이 브라우저 (wasm)",
  atEdge: "엣지 (HTTP)",
  inspectIt: "단계별로 보기",
  inspectorTitle: "토큰 검사기",
  inspectorHint: "아무 토큰과 공개 키를 붙여 넣으면 검증이 어느 단계에서 멈추는지 보여 줍니다. 아무것도 전송되지 않습니다.",
  inspectedToken: "토큰 (JWT)",
  inspectedKeys: "공개 키 (PEM, JWK 또는 JWKS)",
  inspectedNow: "검사 시각 (Unix 초, 비우면 지금)",
  inspectMine: "내 토큰 검사",
  inspectorClear: "지우기",
  steps: "검증 단계",
  passed: "통과",
  failed: "실패",
  notReached: "도달하지 않음",
  headerVerified: "헤더",
  claimsVerified: "클레임",
  headerUntrusted: "헤더 (검증되지 않음)",
  payloadUntrusted: "내용 (검증되지 않음)",
  badNow: "검사 시각은 0 이상의 숫자여야 합니다.",
  privacy: "토큰은 이 페이지의 메모리에만 있습니다. 새로고침하면 사라집니다.",
  wrongCredentials: "사용자 이름 또는 비밀번호가 올바르지 않습니다.",
  missingField: "사용자 이름과 비밀번호를 모두 입력하세요.",
  sessionEnded: "세션이 끝났습니다. 다시 로그인하세요.",
  unusableKeys: "발급 서버가 공개한 키를 사용할 수 없습니다:",
  unexpected: "예상하지 못한 오류입니다:",
};

type Label = keyof typeof ko;

const en: Record<Label, string> = {
  title: "Dojang",
  pageTitle: "Dojang - where a JWT is really verified",
  tagline: "Get a token, verify it right here in the browser, show it to the edge.",
  language: "Language",
  loginTitle: "Log in",
  loginHint: "The issuer checks the password and gives a token signed with RS256.",
  username: "Username",
  password: "Password",
  loginButton: "Log in",
  tokenTitle: "Verify the token",
  tokenHint: "WebAssembly in this browser verifies it again every second, with the issuer's public key.",
  accepted: "Verified",
  acceptedText: "The signature and every claim are good",
  refused: "Refused",
  signedInAs: "User",
  timeLeft: "Time left",
  expired: "expired",
  refreshButton: "Refresh the token",
  logoutButton: "Log out",
  header: "Header",
  claims: "Claims",
  signature: "Signature",
  rawToken: "The token itself",
  edgeTitle: "Call the edge",
  edgeHint: "The same verifier checks the token inside the edge component.",
  edgeButton: "Call /protected",
  breakTitle: "Break the token",
  breakHint: "Turn this token into an attack. Browser and edge must refuse it, and for the same reason.",
  inBrowser: "This browser (wasm)",
  atEdge: "The edge (HTTP)",
  inspectIt: "See it step by step",
  inspectorTitle: "Token inspector",
  inspectorHint: "Paste any token and public key to see at which step verification stops. Nothing is sent anywhere.",
  inspectedToken: "Token (JWT)",
  inspectedKeys: "Public key (PEM, JWK or JWKS)",
  inspectedNow: "Time of the check (Unix seconds; empty: now)",
  inspectMine: "Inspect my token",
  inspectorClear: "Clear",
  steps: "Steps of the verification",
  passed: "passed",
  failed: "failed",
  notReached: "not reached",
  headerVerified: "Header",
  claimsVerified: "Claims",
  headerUntrusted: "Header (not verified)",
  payloadUntrusted: "Payload (not verified)",
  badNow: "The time of the check must be a number, 0 or more.",
  privacy: "The tokens are in this page's memory only. A reload forgets them.",
  wrongCredentials: "The username or the password is wrong.",
  missingField: "Enter both the username and the password.",
  sessionEnded: "The session has ended. Please log in again.",
  unusableKeys: "The keys that the issuer publishes cannot be used:",
  unexpected: "Unexpected error:",
};

const labels: Record<Lang, Record<Label, string>> = { ko, en };

const attackLabels: Record<Lang, Record<Attack, string>> = {
  ko: { promote: "role을 admin으로", none: "alg를 none으로", flip: "서명 1비트 뒤집기", refresh: "refresh 토큰 쓰기" },
  en: { promote: "role to admin", none: "alg to none", flip: "Flip one signature bit", refresh: "Use the refresh token" },
};

const checkLabels: Record<Lang, Record<Check, string>> = {
  ko: {
    shape: "형태와 인코딩",
    header: "헤더",
    key: "키 선택",
    signature: "서명",
    payload: "내용 형식",
    exp: "만료 시각",
    nbf: "사용 시작 시각",
    iat: "발급 시각",
    token_type: "토큰 종류",
    iss: "발급자",
    aud: "대상",
    jti: "토큰 번호",
    user_id: "사용자 번호",
  },
  en: {
    shape: "Shape and encoding",
    header: "Header",
    key: "Choice of the key",
    signature: "Signature",
    payload: "Form of the payload",
    exp: "Expiry",
    nbf: "Not before",
    iat: "Issued at",
    token_type: "Token type",
    iss: "Issuer",
    aud: "Audience",
    jti: "Token id",
    user_id: "User id",
  },
};

let lang: Lang = navigator.languages.find((tag) => /^(ko|en)\b/i.test(tag))?.slice(0, 2).toLowerCase() === "en" ? "en" : "ko";

export function currentLang(): Lang {
  return lang;
}

export function label(name: Label): string {
  return labels[lang][name];
}

export function attackLabel(attack: Attack): string {
  return attackLabels[lang][attack];
}

export function checkLabel(check: Check): string {
  return checkLabels[lang][check];
}

export function cannotReach(url: string): string {
  return lang === "ko" ? `${url} 에 연결할 수 없습니다. 서버가 실행 중인지 확인하세요.` : `Cannot reach ${url}. Is the server running?`;
}

export function tryAgainIn(seconds: number): string {
  return lang === "ko" ? `시도가 너무 많습니다. ${seconds}초 뒤에 다시 시도하세요.` : `Too many tries. Try again in ${seconds} seconds.`;
}

/** Whole seconds as hours, minutes and seconds. */
export function duration(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const units = lang === "ko" ? ["시간", "분", "초"] : ["h", "min", "s"];
  const first = parts.findIndex((part) => part > 0);
  return parts
    .map((part, index) => `${part}${lang === "ko" ? "" : " "}${units[index]}`)
    .slice(first === -1 ? 2 : first)
    .join(" ");
}

/** A Unix time as this person would write it. */
export function dateTime(seconds: number): string {
  return new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "medium" }).format(seconds * 1000);
}

/** Writes the labels of the chosen language into the page. */
export function showLanguage(chosen: Lang): void {
  lang = chosen;
  document.documentElement.lang = lang;
  document.title = label("pageTitle");
  for (const element of document.querySelectorAll<HTMLElement>("[data-label]")) {
    element.textContent = label(element.dataset["label"] as Label);
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-label-aria]")) {
    element.ariaLabel = label(element.dataset["labelAria"] as Label);
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-lang]")) {
    button.ariaPressed = String(button.dataset["lang"] === lang);
  }
}
