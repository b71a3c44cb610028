// The demo page in real Chromium, used as a person would.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { logIn, shoot, visits } from "./pages.mjs";
import { edgeUrl, noSystem, password, username, wwwUrl } from "./system.mjs";

describe("the demo page", { skip: noSystem, timeout: 240_000 }, () => {
  const { onPage, withBrowser } = visits();

  const token = (page) => page.locator("#raw-token").textContent();

  test("a person logs in, sees the verified claims and gets an answer of the edge", () =>
    onPage({}, async (page) => {
      await shoot(page, "login");
      await logIn(page);
      await page.getByText("검증됨").waitFor();
      const claims = page.locator("#claims");
      await claims.getByText(`"${username}"`, { exact: true }).waitFor();
      await claims.getByText('"access"', { exact: true }).waitFor();
      assert.match(await page.locator("#header").textContent(), /"RS256"/);
      assert.match(await page.locator("#time-left").textContent(), /\d+초/);

      await page.getByRole("button", { name: "/protected 호출" }).click();
      await page.locator("#edge-answer").getByText("인증 성공!").waitFor();
      assert.match(await page.locator("#edge-answer").textContent(), new RegExp(`HTTP 200.*"username": "${username}"`, "s"));
      await shoot(page, "logged-in");
    }));

  test("the time left runs down", () =>
    onPage({}, async (page) => {
      await logIn(page);
      const left = page.locator("#time-left");
      const first = await left.textContent();
      await page.waitForFunction((text) => document.querySelector("#time-left").textContent !== text, first);
    }));

  test("a wrong password is told in plain words and nothing is shown", () =>
    onPage({}, async (page) => {
      await logIn(page, `${password}x`);
      await page.getByText("사용자 이름 또는 비밀번호가 올바르지 않습니다.").waitFor();
      assert.equal(await page.getByText("검증됨").isVisible(), false);
      await shoot(page, "wrong-password");
    }));

  test("an empty field is told before anything is sent", () =>
    onPage({}, async (page) => {
      await logIn(page, "");
      await page.getByText("사용자 이름과 비밀번호를 모두 입력하세요.").waitFor();
    }));

  test("a refresh brings another access token that is verified again", () =>
    onPage({}, async (page) => {
      await logIn(page);
      const before = await token(page);
      await page.getByRole("button", { name: "토큰 갱신" }).click();
      await page.waitForFunction((text) => document.querySelector("#raw-token").textContent !== text, before);
      await page.getByText("검증됨").waitFor();
    }));

  test("an expired token is shown as refused", () =>
    onPage({}, async (page) => {
      await page.clock.install();
      await logIn(page);
      await page.getByText("검증됨").waitFor();
      await page.clock.fastForward("26:00:00");
      await page.locator("#verdict").getByText("거부됨").waitFor();
      assert.match(await page.locator("#verdict").textContent(), /토큰이 만료되었습니다.*token_expired/);
      assert.equal(await page.locator("#time-left").textContent(), "만료됨");
    }));

  const attacks = [
    ["role을 admin으로", "signature_invalid"],
    ["alg를 none으로", "alg_not_allowed"],
    ["서명 1비트 뒤집기", "signature_invalid"],
    ["refresh 토큰 쓰기", "token_type_mismatch"],
  ];

  test("a broken token is refused by the browser and by the edge", () =>
    onPage({ colorScheme: "dark" }, async (page) => {
      await logIn(page);
      const result = page.locator("#attack-result");
      for (const [name, code] of attacks) {
        await page.getByRole("button", { name }).click();
        await page.locator(`#break button[aria-busy]`).waitFor({ state: "detached" });
        await result.locator(".sealed", { hasText: code }).waitFor();
        assert.match(await result.locator(".response").textContent(), /HTTP 401.*유효하지 않은 토큰입니다/s, name);
      }
      await shoot(page, "broken-dark");
    }));

  test("a logout forgets the tokens", () =>
    onPage({}, async (page) => {
      await logIn(page);
      await page.getByText("검증됨").waitFor();
      const text = await token(page);
      await page.getByRole("button", { name: "로그아웃" }).click();
      await page.getByRole("button", { name: "로그인" }).waitFor();
      assert.equal((await page.content()).includes(text), false);
    }));

  test("an English browser gets English, and the language can be changed", () =>
    onPage({ locale: "en-US", viewport: { width: 390, height: 844 } }, async (page) => {
      assert.equal(await page.locator("html").getAttribute("lang"), "en");
      await page.getByLabel("Username").fill(username);
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByText("Verified", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Call /protected" }).click();
      await page.locator("#edge-answer").getByText("HTTP 200").waitFor();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `the page is ${overflow} px wider than a phone`);
      await shoot(page, "phone-en");
      await page.getByRole("button", { name: "한국어" }).click();
      await page.getByText("검증됨").waitFor();
    }));

  test("the page cannot send anything anywhere but to the issuer and the edge", () => withBrowser(async (browser) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(wwwUrl);
    const blocked = await page.evaluate(async (own) => {
      const directives = [];
      document.addEventListener("securitypolicyviolation", (event) => directives.push(event.effectiveDirective));
      const image = new Image();
      await Promise.all([
        fetch(`${own}/seal.svg`).catch(() => {}),
        new Promise((done) => {
          image.onload = image.onerror = done;
          image.src = "http://127.0.0.1:9/pixel.png";
        }),
        new Promise((done) => {
          document.addEventListener("securitypolicyviolation", () => directives.length === 3 && done());
          document.head.append(Object.assign(document.createElement("style"), { textContent: "p { color: red }" }));
        }),
      ]);
      return directives.sort();
    }, wwwUrl);
    assert.deepEqual(blocked, ["connect-src", "img-src", "style-src-elem"]);
    await context.close();
  }));

  test("an unreachable edge is told, and the page goes on", () =>
    onPage({}, async (page) => {
      await logIn(page);
      await page.route(`${edgeUrl}/**`, (route) => route.abort("connectionrefused"));
      await page.getByRole("button", { name: "/protected 호출" }).click();
      await page.locator("#edge-answer").getByText("연결할 수 없습니다").waitFor();
      await page.unroute(`${edgeUrl}/**`);
      await page.getByRole("button", { name: "/protected 호출" }).click();
      await page.locator("#edge-answer").getByText("인증 성공!").waitFor();
    }));
});
