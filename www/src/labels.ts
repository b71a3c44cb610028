import type { Check } from "@dojang/verifier/explain";
import { writeTexts } from "./dom.ts";
import { currentLang, t, type Lang } from "./lang.ts";

/** The texts of index.html, in Korean and English. */
const labels: Record<string, readonly [string, string]> = {
  title: ["도장", "Dojang"],
  pageTitle: ["도장 - JWT가 정말 검증되는 곳", "Dojang - where a JWT is really verified"],
  tagline: [
    "토큰 검사는 실제로 무엇을 할까요? 이 브라우저 안에서 보여 드립니다.",
    "How is a token really verified? Watch it happen in this browser.",
  ],
  language: ["언어", "Language"],
  parts: ["페이지의 부분", "Parts of the page"],
  inspectorTab: ["검사기", "Inspector"],
  breakTab: ["망가뜨리기", "Break it"],
  flowTab: ["흐름", "The flow"],
  speedTab: ["속도", "Speed"],
  inspectorTitle: ["토큰 검사기", "Token inspector"],
  inspectorHint: [
    "토큰과 공개 키를 붙여 넣거나 끌어다 놓으세요. 검증이 어느 단계에서 왜 멈추는지 보여 줍니다. 여기 넣은 것은 어디로도 전송되지 않습니다.",
    "Paste or drop a token and a public key to see at which step verification stops, and why. Nothing you enter leaves this page.",
  ],
  token: ["토큰 (JWT)", "Token (JWT)"],
  tokenPlaceholder: ["eyJhbGciOi… 를 붙여 넣으세요", "Paste eyJhbGciOi…"],
  keys: ["공개 키 (PEM, JWK, JWKS)", "Public key (PEM, JWK or JWKS)"],
  keysPlaceholder: [
    '-----BEGIN PUBLIC KEY----- 또는 {"keys": […]}',
    '-----BEGIN PUBLIC KEY----- or {"keys": […]}',
  ],
  exampleNote: [
    "이 토큰과 공개 키는 예제입니다. 비밀 키는 이 토큰에 서명한 뒤 지워서 이 페이지에 없습니다. 언제 열어도 검증되도록 2100년까지 유효하지만, 실제 액세스 토큰은 몇 분에서 몇 시간이면 만료됩니다. 한 글자를 바꿔 보거나, 여러분의 토큰과 키로 바꾸세요.",
    "This token and its public key are an example. The private key was deleted after signing and is not in this page. The token is valid until 2100, so that it verifies whenever you look; real access tokens expire within minutes or hours. Change a letter, or replace both with your own.",
  ],
  sample: ["예제 만들기", "Create an example"],
  inspectMine: ["내 토큰 검사", "Inspect my token"],
  share: ["공유 링크 복사", "Copy a link"],
  clear: ["지우기", "Clear"],
  clock: ["검사 시각", "Time of verification"],
  clockSlider: ["시각 슬라이더", "Time slider"],
  now: ["Unix 초 (비우면 지금)", "Unix seconds (empty: now)"],
  clockNow: ["지금으로", "Back to now"],
  policy: ["정책", "Policy"],
  leeway: ["시계 오차 허용 (초)", "Leeway (seconds)"],
  futureLeeway: ["미래 시각 허용 (초)", "Future leeway (seconds)"],
  preset: ["누구의 토큰인가요?", "Whose token is it?"],
  issuer: ["발급자 iss (한 줄에 하나)", "Issuers iss (one a line)"],
  audience: ["대상 aud (한 줄에 하나)", "Audiences aud (one a line)"],
  anyAudience: ["어떤 aud든 허용", "Accept any aud"],
  requiredClaims: ["필수 클레임 (한 줄에 하나)", "Required claims (one a line)"],
  tokenType: ["토큰 종류 token_type", "Token type token_type"],
  tokenTypeOther: ["다른 값", "another value"],
  tokenTypeNone: ["보지 않음", "not checked"],
  otherTokenType: ["token_type의 값", "Value of token_type"],
  requireAtJwt: ["typ이 at+jwt여야 함 (RFC 9068)", "Require typ at+jwt (RFC 9068)"],
  policyHint: [
    "발급자를 비우면 iss를 보지 않고, 대상을 비우면 aud가 있는 토큰을 거부합니다. token_type을 보지 않으려면 발급자와 대상이 필요합니다. 시계 오차 허용은 exp에도 적용되고, 미래 시각 허용은 nbf와 iat에만 적용됩니다.",
    "Without an issuer, iss is not checked. Without an audience, tokens that have one are refused. A policy that does not check token_type needs an issuer and an audience. The leeway applies to exp too, the future leeway to nbf and iat only.",
  ],
  statusList: ["폐기 목록", "Revocation list"],
  statusListToken: ["상태 목록 토큰 (statuslist+jwt)", "Status list token (statuslist+jwt)"],
  statusListHint: [
    "토큰의 status.status_list가 가리키는 목록을 붙여 넣으면, 같은 키로 목록의 서명을 확인하고 토큰의 자리를 봅니다.",
    "Paste the list that status.status_list of the token names. Its signature is verified with the same key before the token is looked up in it.",
  ],
  steps: ["검증 단계", "Verification steps"],
  panelText: ["토큰 원문", "Text"],
  panelHeader: ["헤더", "Header"],
  panelClaims: ["클레임", "Claims"],
  panelKey: ["키", "Key"],
  privacy: [
    "토큰은 이 페이지의 메모리에만 있고, 새로고침하면 사라집니다. 공유 링크를 만들 때만 주소의 # 뒤에 들어가며, 그 부분은 서버로 전송되지 않습니다.",
    "Tokens stay in the memory of this page until you reload it. Only a link that you create has them in the address, behind the #, which browsers do not send to servers.",
  ],
};

const checks: Record<Check, readonly [string, string]> = {
  shape: ["형태와 인코딩", "Shape and encoding"],
  header: ["헤더", "Header"],
  key: ["키 선택", "Key selection"],
  signature: ["서명", "Signature"],
  payload: ["내용 형식", "Payload format"],
  exp: ["만료 시각", "Expiry"],
  nbf: ["사용 시작 시각", "Not before"],
  iat: ["발급 시각", "Issued at"],
  token_type: ["토큰 종류", "Token type"],
  iss: ["발급자", "Issuer"],
  aud: ["대상", "Audience"],
  jti: ["토큰 번호", "Token ID"],
  user_id: ["사용자 번호", "User ID"],
  required_claims: ["필수 클레임", "Required claims"],
};

export function checkLabel(check: Check): string {
  return t(...checks[check]);
}

function label(name: string | undefined): string {
  const found = labels[name ?? ""];
  if (found === undefined) {
    throw new Error(`there is no label ${name}`);
  }
  return t(...found);
}

/** Writes all labels and texts in the current language. */
export function writeLabels(): void {
  const lang: Lang = currentLang();
  document.documentElement.lang = lang;
  document.title = label("pageTitle");
  for (const element of document.querySelectorAll<HTMLElement>("[data-label]")) {
    element.textContent = label(element.dataset["label"]);
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-label-aria]")) {
    element.ariaLabel = label(element.dataset["labelAria"]);
  }
  for (const element of document.querySelectorAll<HTMLTextAreaElement>(
    "[data-label-placeholder]",
  )) {
    element.placeholder = label(element.dataset["labelPlaceholder"]);
  }
  writeTexts();
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-lang]")) {
    button.ariaPressed = String(button.dataset["lang"] === lang);
  }
}
