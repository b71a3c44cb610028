// The revocation step of the inspector in Chromium: pasted lists, and the issuer's after a button.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { codeTexts } from "@dojang/verifier/texts";
import { visits } from "./pages.mjs";
import { issuerUrl, logIn, noSystem, publishedKeys, wwwUrl } from "./system.mjs";
import { NOW, pem, statusClaim, statusList, token } from "./fixtures.mjs";

const URI = "https://login.example/status/1";
const WORDS = {
  ko: {
    locale: "ko-KR",
    good: "검증됨",
    bad: "거부됨",
    ask: "발급 서버의 목록에서 확인",
    again: "다시 확인",
    none: /상태 목록을 가리키지 않습니다/,
    elsewhere: /말고는 아무 데도 물을 수 없습니다/,
    quiet: /누르기 전에는 묻지 않습니다/,
    valid: /값은 0\(유효\)입니다/,
    revoked: /값은 1\(폐기\)입니다/,
    suspended: /값은 2\(정지\)입니다/,
    summary: "폐기 목록",
  },
  en: {
    locale: "en-US",
    good: "Verified",
    bad: "Refused",
    ask: "Look it up at the issuer",
    again: "Look it up again",
    none: /names no status list/,
    elsewhere: /can fetch lists from .* only/,
    quiet: /Nothing is fetched before you press the button/,
    valid: /is 0 \(valid\)/,
    revoked: /is 1 \(revoked\)/,
    suspended: /is 2 \(suspended\)/,
    summary: "Revocation list",
  },
};

describe("the revocation step", { skip: noSystem, timeout: 240_000 }, () => {
  const { onPage } = visits();

  const field = (page, name) => page.locator(`#inspector-form [name=${name}]`);
  const step = (page) => page.locator("#steps > li").last();

  /** Waits until the step went like this, with this sentence, these codes and this badge. */
  async function isStep(page, outcome, sentence, codes, badge) {
    await step(page).locator(".why", { hasText: sentence }).first().waitFor();
    assert.deepEqual(
      [
        await step(page).getAttribute("class"),
        await step(page).locator(".code").allTextContents(),
        await page.locator("#verdict .badge").textContent(),
      ],
      [outcome, codes, badge],
    );
  }

  for (const [lang, words] of Object.entries(WORDS)) {
    test(`a pasted list of the issuer decides, and nothing leaves the page (${lang})`, () =>
      onPage({ locale: words.locale }, async (page, { origins }) => {
        await field(page, "keys").fill(pem);
        await field(page, "now").fill(`${NOW}`);
        await field(page, "token").fill(token());
        await isStep(page, "not_checked", words.none, [], words.good);

        await field(page, "token").fill(token(statusClaim(URI, 7)));
        await isStep(page, "not_checked", words.elsewhere, [], words.good);
        assert.equal(await page.locator("#look-up").count(), 0, "this page may not ask there");

        await page.getByText(words.summary, { exact: true }).click();
        const paste = (text) => field(page, "statusList").fill(text);
        await paste(`${statusList(URI, { 6: 3, 8: 3 })}\n`);
        await isStep(page, "passed", words.valid, [], words.good);
        await paste(statusList(URI, { 7: 1 }));
        await isStep(page, "failed", words.revoked, ["token_revoked"], words.bad);
        assert.ok(
          (await page.locator("#verdict").textContent()).includes(codeTexts.token_revoked[lang]),
        );
        await paste(statusList(URI, { 7: 2 }));
        await isStep(page, "failed", words.suspended, ["token_revoked"], words.bad);

        // A list that is not the issuer's, or for another URL, decides nothing.
        const invalid = (code) => ["revocation_unknown", "status_list_invalid", code];
        const [head, , signature] = statusList(URI, { 7: 1 }).split(".");
        const forged = [head, statusList(URI, {}).split(".")[1], signature].join(".");
        for (const [list, code] of [
          [forged, "signature_invalid"],
          [statusList(`${URI}2`, {}), "claim_invalid"],
          [statusList(URI, {}, { exp: NOW }), "token_expired"],
          [token(), "typ_not_allowed"],
          ["hello", "token_malformed"],
        ]) {
          await paste(list);
          await isStep(page, "unknown", codeTexts[code][lang], invalid(code), words.good);
        }
        await paste("");
        await isStep(page, "not_checked", words.elsewhere, [], words.good);
        assert.deepEqual([...origins], [new URL(wwwUrl).origin]);
      }));

    test(`the button alone fetches the list, and a logout shows (${lang})`, () =>
      onPage({ locale: words.locale }, async (page, { requested }) => {
        const { access, refresh } = await logIn();
        const asked = () => requested.filter((url) => url.startsWith(issuerUrl));
        await field(page, "keys").fill(JSON.stringify(await publishedKeys()));
        await field(page, "token").fill(access);
        await isStep(page, "not_checked", words.quiet, [], words.good);
        assert.deepEqual(asked(), []);

        await page.getByRole("button", { name: words.ask }).focus();
        await page.keyboard.press("Enter");
        await isStep(page, "passed", words.valid, [], words.good);
        const { uri } = JSON.parse(Buffer.from(access.split(".")[1], "base64url")).status
          .status_list;
        assert.deepEqual(asked(), [uri], "the list alone");
        // The focus stays.
        assert.equal(await page.evaluate(() => document.activeElement.id), "look-up");

        const logout = await fetch(`${issuerUrl}/api/token/blacklist/`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ refresh }),
        });
        assert.equal(logout.status, 200);
        // Delays the request, so that the list is issued more than a second after the logout.
        await page.route(uri, async (route) => {
          await pause(1200);
          await route.continue();
        });
        await page.getByRole("button", { name: words.again }).click();
        await isStep(page, "failed", words.revoked, ["token_revoked"], words.bad);
        assert.deepEqual(asked(), [uri, uri]);

        // The result belongs to this token and this time.
        await page.locator("[data-lang]:not([aria-pressed=true])").click();
        await page.locator("#verdict").getByText("token_revoked").waitFor();
        const { iat } = JSON.parse(Buffer.from(access.split(".")[1], "base64url"));
        await field(page, "now").fill(`${iat + 3600}`);
        await page.locator("#steps > li.not_checked").waitFor();
        await page.locator("#look-up").click();
        await page.locator("#steps > li.unknown .code", { hasText: "token_expired" }).waitFor();
      }));
  }

  test("an unreachable issuer leaves the status unknown", () =>
    onPage({}, async (page) => {
      const { access } = await logIn();
      await field(page, "keys").fill(JSON.stringify(await publishedKeys()));
      await field(page, "token").fill(access);
      await page.route(`${issuerUrl}/**`, (route) => route.abort("connectionrefused"));
      await page.locator("#look-up").click();
      await isStep(
        page,
        "unknown",
        /목록을 받지 못했습니다/,
        ["revocation_unknown", "status_list_unreachable"],
        "검증됨",
      );
      await page.unroute(`${issuerUrl}/**`);
      await page.locator("#look-up").click();
      await isStep(page, "passed", WORDS.ko.valid, [], "검증됨");
    }));

  test("a token that another step refuses has no button", () =>
    onPage({}, async (page) => {
      const { access } = await logIn();
      await field(page, "keys").fill(pem);
      await field(page, "token").fill(access);
      await page.locator("#steps > li.failed").waitFor();
      assert.equal(await page.locator("#look-up").count(), 0);
      assert.equal(await step(page).getAttribute("class"), "not_reached");
    }));
});
