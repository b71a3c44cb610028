// Actions of the inspector tests on the page, and the texts that they expect.

import { NOW, pem } from "./fixtures.mjs";
import { until } from "./pages.mjs";

export const WORDS = {
  ko: {
    locale: "ko-KR",
    good: "검증됨",
    bad: "거부됨",
    steps: ["형태", "헤더", "키", "서명", "클레임", "폐기"],
    outcomes: {
      passed: "통과",
      failed: "실패",
      not_reached: "도달하지 않음",
      not_checked: "확인하지 않음",
    },
    secret: /비밀 키입니다\. 바로 지웠고 어디에도 저장하지 않았습니다/,
    noToken: /토큰이 아닙니다/,
    isKey: /토큰이 아니라 키입니다/,
    isJson: /JSON입니다/,
    jwe: /암호화된 토큰\(JWE\)/,
    large: /1,000,000자입니다/,
    noKey: /공개 키를 붙여 넣으면 검증합니다/,
    panels: ["헤더", "클레임"],
    noShare: "공유할 토큰이 없습니다.",
  },
  en: {
    locale: "en-US",
    good: "Verified",
    bad: "Refused",
    steps: ["Shape", "Header", "Key", "Signature", "Claims", "Revocation"],
    outcomes: {
      passed: "passed",
      failed: "failed",
      not_reached: "not reached",
      not_checked: "not checked",
    },
    secret: /private or secret key\. It was removed from the page at once and stored nowhere/,
    noToken: /This is not a token/,
    isKey: /This is a key, not a token/,
    isJson: /This is JSON/,
    jwe: /an encrypted token \(JWE\)/,
    large: /1,000,000 characters/,
    noKey: /Paste the public key to have the token verified/,
    panels: ["header", "claims"],
    noShare: "There is no token to share.",
  },
};

/** Returns a field of the inspector. */
export const field = (page, name) => page.locator(`#inspector-form [name=${name}]`);
export const value = (page, name) => field(page, name).inputValue();
/** Waits for a badge with this word. */
export const verdict = (page, word) => page.locator("#verdict .badge", { hasText: word }).waitFor();

/** Fills the fields; `now` is a Unix time in seconds. */
export async function inspect(page, text, { keys = pem, now = NOW } = {}) {
  await field(page, "keys").fill(keys);
  await field(page, "now").fill(`${now}`);
  await field(page, "token").fill(text);
}

/** Waits until the six steps have these outcomes, in these words. */
export async function steps(page, words, kinds) {
  const wanted = kinds.map((kind, index) => [kind, words.steps[index], words.outcomes[kind]]);
  await until("the steps", wanted, () =>
    page
      .locator("#steps > li")
      .evaluateAll((items) =>
        items.map((item) => [
          item.className,
          item.querySelector("strong").textContent,
          item.querySelector(":scope > .outcome").textContent,
        ]),
      ),
  );
}
