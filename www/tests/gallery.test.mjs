// The gallery of attacks in Chromium: each is refused by its rule.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { codeTexts } from "@dojang/verifier/texts";
import { logIn, overflow, tabTo, until, visits } from "./pages.mjs";
import { noSystem } from "./system.mjs";
import { NOW, pem, token } from "./fixtures.mjs";

/** Attacks on the example: id, the failed check in Korean and English, and the code. */
const STOPPED = [
  ["none", "헤더", "Header", "alg_not_allowed"],
  ["none-case", "헤더", "Header", "alg_not_allowed"],
  ["hs256", "헤더", "Header", "alg_not_allowed"],
  ["promote", "서명", "Signature", "signature_invalid"],
  ["flip", "서명", "Signature", "signature_invalid"],
  ["trailing-bits", "형태와 인코딩", "Shape and encoding", "base64_invalid"],
  ["padding", "형태와 인코딩", "Shape and encoding", "base64_invalid"],
  ["embedded-key", "서명", "Signature", "signature_invalid"],
  ["kid", "키 선택", "Key selection", "key_not_found"],
  ["crit", "헤더", "Header", "crit_not_supported"],
  ["duplicate-alg", "헤더", "Header", "header_duplicate_member"],
  ["duplicate-role", "내용 형식", "Payload format", "payload_duplicate_member"],
  ["wrong-type", "토큰 종류", "Token type", "token_type_mismatch"],
  ["expired", "만료 시각", "Expiry", "token_expired"],
  ["no-exp", "만료 시각", "Expiry", "claim_missing"],
  ["huge-exp", "만료 시각", "Expiry", "claim_invalid"],
  ["no-signature", "서명", "Signature", "signature_invalid"],
  ["swapped", "헤더", "Header", "alg_not_allowed"],
];

describe("the gallery of attacks", { skip: noSystem, timeout: 240_000 }, () => {
  const { onPage } = visits();

  /** What each card says: attack, refusing check, code. */
  const cards = (page) =>
    page
      .locator("#break .attack")
      .evaluateAll((items) =>
        items.map((item) => [
          item.dataset.attack,
          item.querySelector(".side .trust").textContent,
          item.querySelector(".side .code")?.textContent,
        ]),
      );

  test("every attack on the example is refused by its own rule, in both languages", () =>
    onPage({}, async (page) => {
      await page.getByRole("button", { name: "지우기" }).click();
      await page.getByRole("tab", { name: "망가뜨리기" }).click();
      await page.getByText("먼저 검사기에 토큰과 공개 키가 있어야 합니다.").waitFor();
      await page.getByRole("button", { name: "예제를 만들어 해 보기" }).click();
      await page.getByText("원본은 검증되고, 공격 18가지 중 18가지가 거부됩니다.").waitFor();
      await until(
        "the refusals",
        STOPPED.map(([id, ko, , code]) => [id, `${ko} 단계에서 거부`, code]),
        () => cards(page),
      );
      await page.getByRole("button", { name: "English" }).click();
      await page.getByText("The original is verified; 18 of 18 attacks are refused.").waitFor();
      await until(
        "the refusals",
        STOPPED.map(([id, , en, code]) => [id, `refused at: ${en}`, code]),
        () => cards(page),
      );
      const promoted = page.locator("[data-attack=promote]");
      await promoted.getByText(codeTexts.signature_invalid.en).waitFor();
      // A decoder shows the forged role without a warning.
      assert.match(
        await promoted.locator(".decoder").textContent(),
        /roleadmin.*without a warning/s,
      );
    }));

  test("attacks on the example of a first visit lack its private key, and another is offered", () =>
    onPage({}, async (page) => {
      await page.getByRole("tab", { name: "망가뜨리기" }).click();
      await page.getByText("원본은 검증되고, 공격 18가지 중 18가지가 거부됩니다.").waitFor();
      const missing = page.getByText(/발급자의 비밀 키가 없어/);
      await missing.first().waitFor();
      await page.getByRole("button", { name: "예제를 만들어 해 보기" }).click();
      await until(
        "the refusals",
        STOPPED.map(([id, ko, , code]) => [id, `${ko} 단계에서 거부`, code]),
        () => cards(page),
      );
      assert.equal(await missing.count(), 0);
      const offer = page.getByRole("button", { name: "예제를 만들어 해 보기" });
      assert.equal(await offer.count(), 0);
    }));

  test("an attack can be looked at step by step", () =>
    onPage({}, async (page) => {
      await page.getByRole("button", { name: "예제 만들기" }).click();
      await page.locator("#verdict").getByText("검증됨").waitFor();
      await page.getByRole("tab", { name: "망가뜨리기" }).click();
      await page
        .locator("[data-attack=expired]")
        .getByRole("button", { name: "검사기에서 보기" })
        .click();
      await page.locator("#steps > li.failed .code", { hasText: "token_expired" }).waitFor();
      assert.notEqual(await page.locator("[name=now]").inputValue(), "");
      await page.getByRole("tab", { name: "망가뜨리기" }).click();
      await page.getByText("원본부터 거부되므로").waitFor();
    }));

  test("attacks on a token of another issuer say that its private key is missing", () =>
    onPage({ viewport: { width: 390, height: 844 } }, async (page) => {
      await page.locator("[name=keys]").fill(pem);
      await page.locator("[name=now]").fill("1800000000");
      await page.locator("[name=token]").fill(token());
      await page.getByRole("tab", { name: "망가뜨리기" }).click();
      await page.getByText("원본은 검증되고, 공격 18가지 중 18가지가 거부됩니다.").waitFor();
      const duplicate = page.locator("[data-attack=duplicate-role]");
      await duplicate.getByText(/발급자의 비밀 키가 없어/).waitFor();
      await duplicate.locator(".code", { hasText: "signature_invalid" }).waitFor();
      assert.equal(await overflow(page), 0, "wider than a phone");
    }));

  /** Puts these into the inspector and opens the gallery, on a Korean page. */
  async function attack(page, text, keys) {
    await page.getByRole("tab", { name: "검사기" }).click();
    await page.locator("[name=keys]").fill(keys);
    await page.locator("[name=now]").fill(`${NOW}`);
    await page.locator("[name=token]").fill(text);
    await page.getByRole("tab", { name: "망가뜨리기" }).click();
  }

  const inapplicable = (page) =>
    page
      .locator("#break .attack:has(.not-applicable)")
      .evaluateAll((items) => items.map((item) => item.dataset.attack));

  test("an attack that cannot be applied says so, and the others run", () =>
    onPage({}, async (page) => {
      const whole = token();
      const changed = (claims) =>
        [whole.split(".")[0], Buffer.from(claims).toString("base64url"), whole.split(".")[2]].join(
          ".",
        );
      const cases = [
        [whole.slice(0, -1), ["flip"]],
        ["a.b.c", ["flip", "duplicate-alg", "duplicate-role", "expired", "huge-exp"]],
        [changed('{"exp":1e400}'), ["expired"]],
        [changed("{}"), ["expired", "huge-exp"]],
        [whole.slice(0, whole.lastIndexOf(".") + 1), ["flip", "trailing-bits"]],
      ];
      for (const [text, ids] of cases) {
        await attack(page, text, pem);
        await page.locator("#break").getByText("원본부터 거부되므로").waitFor();
        await until(`what cannot be made of ${text}`, ids, () => inapplicable(page));
        assert.equal(await page.locator("#break .attack").count(), STOPPED.length);
        assert.equal(
          await page.locator("#break .attack .trust.bad").count(),
          STOPPED.length - ids.length,
        );
        assert.equal(await page.locator("#break .attack .trust.good").count(), 0);
      }
      await page
        .locator("[data-attack=flip] .not-applicable")
        .getByText("이 토큰으로는 만들 수 없습니다.")
        .waitFor();
      await page.getByRole("button", { name: "English" }).click();
      await page
        .locator("[data-attack=flip] .not-applicable")
        .getByText("It cannot be applied to this token.")
        .waitFor();
    }));

  test("what the cards say holds for keys of other sizes", () =>
    onPage({}, async (page) => {
      const bytesOf = (text) => Buffer.from(text.split(".")[2], "base64url").toString("hex");
      await attack(page, token(), pem);
      await page
        .locator("[data-attack=trailing-bits]")
        .getByRole("button", { name: "검사기에서 보기" })
        .click();
      const other = await page.locator("[name=token]").inputValue();
      assert.notEqual(other, token());
      assert.equal(bytesOf(other), bytesOf(token()));

      // 384 bytes are 512 letters and no bit more.
      const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 3072 });
      await attack(
        page,
        token({}, {}, privateKey),
        publicKey.export({ type: "spki", format: "pem" }),
      );
      await page
        .getByText(
          "원본은 검증되고, 공격 17가지 중 17가지가 거부됩니다. 1가지는 이 토큰으로 만들 수 없습니다.",
        )
        .waitFor();
      assert.deepEqual(await inapplicable(page), ["trailing-bits"]);
      await page
        .locator("[data-attack=trailing-bits] .not-applicable")
        .getByText(/글자의 비트를 남김없이 쓰므로/)
        .waitFor();
      assert.doesNotMatch(await page.locator("[data-attack=flip] .hint").textContent(), /\d/);
      await page.getByRole("button", { name: "English" }).click();
      await page
        .getByText(
          "The original is verified; 17 of 17 attacks are refused. 1 cannot be applied to this token.",
        )
        .waitFor();
      await page
        .locator("[data-attack=trailing-bits] .not-applicable")
        .getByText(/uses every bit of its letters/)
        .waitFor();
    }));

  test("the keyboard alone tries the example, and the focus moves to the result", () =>
    onPage({}, async (page) => {
      await page.getByRole("button", { name: "지우기" }).click();
      await page.locator("#tab-inspector").focus();
      await page.keyboard.press("ArrowRight");
      await page
        .locator("#break [role=status]")
        .getByText("먼저 검사기에 토큰과 공개 키가 있어야 합니다.")
        .waitFor();
      await page.evaluate(() => {
        window.region = document.querySelector("#break [role=status]");
      });
      await tabTo(page, "예제를 만들어 해 보기");
      await page.keyboard.press("Enter");
      await until("the result in the live region", true, () =>
        page.evaluate(
          () =>
            window.region.isConnected && window.region.textContent.includes("18가지가 거부됩니다"),
        ),
      );
      assert.equal(await page.evaluate(() => document.activeElement.id), "break-title");
      await tabTo(page, "검사기에서 보기");
    }));

  test("the refresh token of a real login is refused as an access token", () =>
    onPage({}, async (page) => {
      await logIn(page);
      await page.locator("#flow").getByRole("button", { name: "내 토큰 검사" }).click();
      await page.locator("#verdict").getByText("검증됨").waitFor();
      await page.getByRole("tab", { name: "망가뜨리기" }).click();
      const attack = page.locator("[data-attack=wrong-type]");
      await attack.locator(".code", { hasText: "token_type_mismatch" }).waitFor();
      await page.getByText("원본은 검증되고, 공격 18가지 중 18가지가 거부됩니다.").waitFor();
    }));
});
