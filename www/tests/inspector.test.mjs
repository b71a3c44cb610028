// The inspector of the demo page in real Chromium: any token, any key, step by step.

import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { describe, test } from "node:test";
import { logIn, shoot, visits } from "./pages.mjs";
import { noSystem, wwwUrl } from "./system.mjs";

const CHECKS = 13;
const NOW = 1_800_000_000;

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = publicKey.export({ type: "spki", format: "pem" });
const privatePem = privateKey.export({ type: "pkcs8", format: "pem" });
const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "a" }] });

const claims = { token_type: "access", iat: NOW, exp: NOW + 60, jti: "1", user_id: 1, username: "도장", role: "student" };

const segment = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

function token(changes = {}, header = {}) {
  const input = `${segment({ alg: "RS256", typ: "JWT", ...header })}.${segment({ ...claims, ...changes })}`;
  return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
}

function tampered() {
  const [header, , signature] = token().split(".");
  return [header, segment({ ...claims, role: "admin" }), signature].join(".");
}

describe("the inspector", { skip: noSystem, timeout: 240_000 }, () => {
  const { onPage } = visits();

  async function inspect(page, text, { keys = pem, now = NOW } = {}) {
    await page.getByLabel("공개 키").fill(keys);
    await page.getByLabel("검사 시각").fill(`${now}`);
    await page.getByLabel("토큰 (JWT)").fill(text);
  }

  const verdict = (page) => page.locator("#inspector-verdict");

  /** Asserts what the steps say: how many passed, which failed with what, and how many were not reached. */
  async function steps(page, { passed, failed, code }) {
    if (failed !== undefined) {
      await page.locator("#steps .failed", { hasText: failed }).getByText(code, { exact: true }).waitFor();
    }
    const count = (kind) => page.locator(`#steps li.${kind}`).count();
    const expected = [passed, failed === undefined ? 0 : 1, CHECKS - passed - (failed === undefined ? 0 : 1)];
    assert.deepEqual([await count("passed"), await count("failed"), await count("not_reached")], expected);
  }

  test("a good token passes every step and nothing leaves the page", () =>
    onPage({}, async (page, { origins }) => {
      await inspect(page, `  ${token()}\n`);
      await verdict(page).getByText("검증됨").waitFor();
      await steps(page, { passed: CHECKS });
      assert.equal(await page.locator("#decoded pre").last().textContent(), JSON.stringify(claims));
      assert.deepEqual([...origins], [new URL(wwwUrl).origin]);
      await shoot(page, "inspector-accepted");
    }));

  test("a tampered token fails at the signature and its claims are not reached", () =>
    onPage({}, async (page) => {
      await inspect(page, tampered());
      await verdict(page).getByText("거부됨").waitFor();
      await steps(page, { passed: 3, failed: "서명", code: "signature_invalid" });
      await page.locator("#steps .not_reached", { hasText: "만료 시각" }).getByText("도달하지 않음").waitFor();
      await page.getByRole("heading", { name: "내용 (검증되지 않음)" }).waitFor();
      assert.match(await page.locator("#decoded").textContent(), /"role":"admin"/);
      await shoot(page, "inspector-tampered");
    }));

  test("the time of the check decides about an expired token", () =>
    onPage({}, async (page) => {
      await inspect(page, token(), { now: NOW + 60 });
      await steps(page, { passed: 5, failed: "만료 시각", code: "token_expired" });
      assert.match(await page.locator("#steps .failed").textContent(), new RegExp(`expiredAt ${NOW + 60} .*now ${NOW + 60} `));
      await page.getByLabel("검사 시각").fill(`${NOW + 59}`);
      await verdict(page).getByText("검증됨").waitFor();
      await steps(page, { passed: CHECKS });
      await page.getByLabel("검사 시각").fill("");
      await verdict(page).getByText(Date.now() / 1000 < NOW ? "거부됨" : "만료").first().waitFor();
      await page.getByLabel("검사 시각").fill("-1");
      await page.getByText("검사 시각은 0 이상의 숫자여야 합니다.").waitFor();
      assert.equal(await page.locator("#inspection").isVisible(), false);
    }));

  test("text that is no token, and another algorithm, stop at the first steps", () =>
    onPage({}, async (page) => {
      await inspect(page, "this is no token");
      await steps(page, { passed: 0, failed: "형태", code: "token_malformed" });
      await page.getByLabel("토큰 (JWT)").fill(`${segment({ alg: "none" })}.${segment(claims)}.`);
      await steps(page, { passed: 1, failed: "헤더", code: "alg_not_allowed" });
      assert.match(await page.locator("#steps .failed").textContent(), /actual "none"/);
    }));

  test("the kid selects a key of a set, and an unknown one stops the token", () =>
    onPage({}, async (page) => {
      await inspect(page, token({}, { kid: "a" }), { keys: jwks });
      await verdict(page).getByText("검증됨").waitFor();
      await page.getByLabel("토큰 (JWT)").fill(token({}, { kid: "b" }));
      await steps(page, { passed: 2, failed: "키", code: "key_not_found" });
    }));

  test("a key that cannot be used is told in words, above all a private one", () =>
    onPage({}, async (page) => {
      const problem = page.locator("#inspector-problem");
      await inspect(page, token(), { keys: privatePem });
      await problem.getByText(/비밀 키입니다.*key_private/).waitFor();
      assert.equal(await page.locator("#inspection").isVisible(), false);
      await page.getByLabel("공개 키").fill("hello");
      await problem.getByText(/key_format_unknown/).waitFor();
      await page.getByLabel("공개 키").fill(pem);
      await verdict(page).getByText("검증됨").waitFor();
      assert.equal(await problem.textContent(), "");
    }));

  test("a megabyte is refused like any other wrong text", () =>
    onPage({}, async (page) => {
      await inspect(page, "a".repeat(1_000_000));
      await steps(page, { passed: 0, failed: "형태", code: "token_too_large" });
    }));

  test("markup in a token is shown as text", () =>
    onPage({}, async (page) => {
      const username = "<img src=x onerror=alert(1)>";
      await inspect(page, token({ username }));
      await verdict(page).getByText("검증됨").waitFor();
      assert.equal(await page.locator("#inspector img").count(), 0);
      assert.ok((await page.locator("#decoded").textContent()).includes(username));
    }));

  test("the token of the session and its broken forms can be inspected, and a logout forgets them", () =>
    onPage({}, async (page) => {
      assert.equal(await page.getByRole("button", { name: "내 토큰 검사" }).isVisible(), false);
      await logIn(page);
      await page.getByRole("button", { name: "내 토큰 검사" }).click();
      await verdict(page).getByText("검증됨").waitFor();
      await steps(page, { passed: CHECKS });
      await page.getByRole("button", { name: "서명 1비트 뒤집기" }).click();
      await page.getByRole("button", { name: "단계별로 보기" }).click();
      await steps(page, { passed: 3, failed: "서명", code: "signature_invalid" });
      const jti = /"jti":"(\w+)"/.exec(await page.locator("#decoded").textContent())[1];
      await page.getByRole("button", { name: "로그아웃" }).click();
      assert.equal((await page.content()).includes(jti), false);
      assert.deepEqual([await page.getByLabel("토큰 (JWT)").inputValue(), await page.getByLabel("공개 키").inputValue()], ["", ""]);
      assert.equal(await page.locator("#inspection").isVisible(), false);
    }));

  test("in English, dark, on a phone", () =>
    onPage({ locale: "en-US", viewport: { width: 390, height: 844 }, colorScheme: "dark" }, async (page) => {
      await page.getByLabel("Public key").fill(pem);
      await page.getByLabel("Time of the check").fill(`${NOW + 600}`);
      await page.getByLabel("Token (JWT)").fill(token());
      await page.locator("#steps .failed", { hasText: "Expiry" }).getByText("The token has expired").waitFor();
      await page.locator("#steps .not_reached").first().getByText("not reached").waitFor();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `the page is ${overflow} px wider than a phone`);
      await shoot(page, "inspector-phone-dark-en");
      await page.getByRole("button", { name: "Clear" }).click();
      await page.locator("#inspection").waitFor({ state: "hidden" });
      assert.equal(await page.getByLabel("Token (JWT)").inputValue(), "");
    }));
});
