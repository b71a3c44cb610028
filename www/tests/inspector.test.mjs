// The inspector of the demo page in Chromium: any token, any key, step by step, in both languages.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { codeTexts } from "@dojang/verifier/texts";
import {
  claims,
  jwk,
  NOW,
  oneKey,
  otherJwk,
  pem,
  privatePem,
  segment,
  tampered,
  token,
  twoKeys,
} from "./fixtures.mjs";
import { field, inspect, steps, value, verdict, WORDS } from "./inspector-page.mjs";
import { until, visits } from "./pages.mjs";
import { noSystem, wwwUrl } from "./system.mjs";

/** Tokens that stop at one step each, counted from 0. */
const REFUSED = [
  {
    what: "letters that are no base64url",
    text: () => token().replace(".", "!."),
    step: 0,
    code: "base64_invalid",
  },
  {
    what: "alg none",
    text: () => `${segment({ alg: "none" })}.${segment(claims)}.`,
    step: 1,
    code: "alg_not_allowed",
  },
  {
    what: "an unknown kid",
    text: () => token({}, { kid: "b" }),
    keys: oneKey,
    step: 2,
    code: "key_not_found",
  },
  { what: "a changed claim", text: tampered, step: 3, code: "signature_invalid" },
  { what: "an expired token", text: () => token({ exp: NOW }), step: 4, code: "token_expired" },
  {
    what: "a refresh token",
    text: () => token({ token_type: "refresh" }),
    step: 4,
    code: "token_type_mismatch",
  },
];

describe("the inspector", { skip: noSystem, timeout: 900_000 }, () => {
  const { onPage } = visits();

  const PASSED = [...Array(5).fill("passed"), "not_checked"];
  const stoppedAt = (step) =>
    Array.from({ length: 6 }, (_, index) =>
      index < step ? "passed" : index === step ? "failed" : "not_reached",
    );

  for (const [lang, words] of Object.entries(WORDS)) {
    const visit = (options, act) => onPage({ locale: words.locale, ...options }, act);

    test(`a good token passes every step, and nothing leaves the page (${lang})`, () =>
      visit({}, async (page, { origins }) => {
        await inspect(page, `  ${token()}\n`);
        await verdict(page, words.good);
        await steps(page, words, PASSED);
        assert.match(await page.locator("#panel-claims table").textContent(), /"도장"/);
        // Times are shown as text next to the number.
        assert.match(
          await page
            .locator("#panel-claims tr", { hasText: "exp" })
            .locator(".in-words")
            .textContent(),
          /2027/,
        );
        assert.match(await page.locator("#panel-header table").textContent(), /"RS256"/);
        for (const [panel, name] of [
          ["header", words.panels[0]],
          ["claims", words.panels[1]],
        ]) {
          await page.locator(`#panel-${panel}`).getByRole("table", { name, exact: true }).waitFor();
          await page.locator(`#panel-${panel} summary`).click();
          await page.locator(`#panel-${panel}`).getByRole("group", { name, exact: true }).waitFor();
        }
        assert.deepEqual([...origins], [new URL(wwwUrl).origin]);
      }));

    test(`a refused token says at which step, with code and explanation (${lang})`, () =>
      visit({}, async (page) => {
        for (const { what, text, keys, step, code } of REFUSED) {
          await inspect(page, text(), { keys: keys ?? pem });
          await page.locator("#steps > li.failed .why .code", { hasText: code }).waitFor();
          await verdict(page, words.bad);
          await steps(page, words, stoppedAt(step));
          const why = await page.locator("#steps > li.failed .why").textContent();
          assert.ok(why.includes(codeTexts[code][lang]), `${what}: ${why}`);
        }
      }));

    test(`wrong input gets a helpful message (${lang})`, () =>
      visit({}, async (page) => {
        const notice = page.locator("#notice");
        const cases = [
          ["hello", words.noToken],
          [pem, words.isKey],
          [JSON.stringify({ access: token() }), words.isJson],
          [`${token()}.${segment("x")}.${segment("y")}`, words.jwe],
          ["a".repeat(1_000_000), words.large],
          [token(), words.noKey],
        ];
        for (const [text, message] of cases) {
          await field(page, "token").fill(text);
          await notice.getByText(message).waitFor();
          assert.equal(await page.locator("#inspection").isVisible(), false);
        }
        await field(page, "keys").fill("hello");
        await notice.getByText("key_format_unknown").waitFor();
        assert.ok((await notice.textContent()).includes(codeTexts.key_format_unknown[lang]));
        await field(page, "keys").fill(pem);
        await field(page, "token").fill("a".repeat(1_000_000));
        await page.locator("#steps > li.failed .code", { hasText: "token_too_large" }).waitFor();
      }));
  }

  test("a first visit shows an example that is verified now, and says what it is", () =>
    onPage({}, async (page, { context }) => {
      await verdict(page, "검증됨");
      await steps(page, WORDS.ko, PASSED);
      const note = page.locator("#example-note");
      await note.getByText(/비밀 키는 이 토큰에 서명한 뒤 지워서 이 페이지에 없습니다/).waitFor();
      await page.getByRole("button", { name: "English" }).click();
      await note.getByText(/The private key was deleted after signing/).waitFor();
      await page.getByRole("button", { name: "한국어" }).click();
      assert.equal(new URL(page.url()).hash, "");
      const [text, keys] = [await value(page, "token"), await value(page, "keys")];
      assert.deepEqual(Object.keys(JSON.parse(keys).keys[0]), [
        "kty",
        "n",
        "e",
        "kid",
        "alg",
        "use",
      ]);
      const { exp } = JSON.parse(Buffer.from(text.split(".")[1], "base64url"));
      assert.equal(exp, Date.UTC(2100) / 1000, "as the note says");

      // A changed letter is an experiment with the example, and its key stays.
      const changed = text.replace(/.(?=.{20}$)/, (letter) => (letter === "A" ? "B" : "A"));
      await field(page, "token").fill(changed);
      await page.locator("#steps > li.failed .code", { hasText: "signature_invalid" }).waitFor();
      assert.equal(await value(page, "keys"), keys);
      assert.equal(await note.isVisible(), false);
      await field(page, "token").fill(text);
      await note.waitFor();

      // Another token removes the key of the example, and another key its token.
      await field(page, "token").fill(token());
      await page.locator("#notice").getByText(WORDS.ko.noKey).waitFor();
      assert.equal(await value(page, "keys"), "");
      const visitor = await context.newPage();
      await visitor.goto(wwwUrl);
      await verdict(visitor, "검증됨");
      await field(visitor, "keys").fill(pem);
      assert.equal(await value(visitor, "token"), "");
      await visitor.getByRole("button", { name: "지우기" }).click();
      assert.equal(await value(visitor, "keys"), "");
      assert.equal(await visitor.locator("#inspection").isVisible(), false);
    }));

  test("a click into the example selects it, so that typing replaces it", () =>
    onPage({}, async (page) => {
      await verdict(page, "검증됨");
      await field(page, "token").click();
      await page.keyboard.insertText(token());
      assert.equal(await value(page, "token"), token());
      assert.equal(await value(page, "keys"), "");
      // Other texts are not selected.
      await field(page, "keys").fill(pem);
      await field(page, "token").click();
      await page.keyboard.press("End");
      await page.keyboard.insertText("x");
      assert.equal((await value(page, "token")).length, token().length + 1);
    }));

  test("the kid chooses the key, and the page says why", () =>
    onPage({}, async (page) => {
      await inspect(page, token({}, { kid: "new" }), { keys: twoKeys });
      await verdict(page, "검증됨");
      const key = page.locator("#panel-key");
      await key.locator(".key.chosen", { hasText: "new" }).getByText("선택됨").waitFor();
      await key.getByText(/같은 kid를 가진 키로/).waitFor();
      assert.equal(await key.locator(".key").count(), 2);

      // Its key is in the set, but `kid` names another one.
      await field(page, "token").fill(token({}, { kid: "old" }));
      await page.locator("#steps > li.failed .code", { hasText: "signature_invalid" }).waitFor();
      await key.locator(".key.chosen", { hasText: "old" }).waitFor();

      await field(page, "token").fill(token({}, { kid: "none of them" }));
      await page.locator("#steps > li.failed .code", { hasText: "key_not_found" }).waitFor();
      await key.getByText(/이 kid를 가진 RS256 키가 없습니다/).waitFor();
      assert.equal(await key.locator(".key.chosen").count(), 0);

      await field(page, "token").fill(token());
      await page.locator("#steps > li:nth-child(3).failed").waitFor();
      await key.getByText(/추측하지 않고 거부합니다/).waitFor();
    }));

  test("of several keys without a kid, the one that the verifier uses is shown as selected", () =>
    onPage({}, async (page) => {
      const { n, e } = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({
        format: "jwk",
      });
      const skipped = [
        { key_ops: ["encrypt"] },
        { use: "enc" },
        { alg: "RS512" },
        { kty: "EC" },
        { n, e },
        { e: "Ag" },
        { n: "AA" },
        { kid: 5 },
      ].map((change) => ({ ...otherJwk, ...change }));
      for (const other of skipped) {
        for (const [keys, position] of [
          [[other, jwk], 1],
          [[jwk, other], 0],
        ]) {
          await inspect(page, token(), { keys: JSON.stringify({ keys }) });
          await verdict(page, "검증됨");
          await page
            .locator("#panel-key")
            .getByText(/쓸 수 있는 키가 하나뿐이라/)
            .waitFor();
          const chosen = await page
            .locator("#panel-key .key")
            .evaluateAll((items) => items.map((item) => item.classList.contains("chosen")));
          assert.deepEqual(
            chosen,
            [0, 1].map((each) => each === position),
            JSON.stringify(other),
          );
        }
      }
      // Of two keys with the same kid, of which one is unsuitable, the other is selected.
      await inspect(page, token({}, { kid: "a" }), {
        keys: JSON.stringify({
          keys: [
            { ...otherJwk, kid: "a", use: "enc" },
            { ...jwk, kid: "a" },
          ],
        }),
      });
      await verdict(page, "검증됨");
      assert.deepEqual(await page.locator("#panel-key .key.chosen .in-words").allTextContents(), [
        "RSA · 2048 bit",
      ]);
      // A key that is the only one needs no kid.
      await inspect(page, token({}, { kid: "a" }), { keys: JSON.stringify(jwk) });
      await verdict(page, "검증됨");
      await page.locator("#panel-key .key.chosen").waitFor();
    }));

  test("the clock updates the page without announcements", () =>
    onPage({}, async (page) => {
      const now = Math.floor(Date.now() / 1000);
      await field(page, "keys").fill(pem);
      await field(page, "token").fill(token({ iat: now, exp: now + 50 }));
      await verdict(page, "검증됨");
      await page.evaluate(() => {
        window.announced = [];
        window.shown = 0;
        new MutationObserver(() => {
          window.shown += 1;
        }).observe(document.querySelector("#clock-words"), {
          childList: true,
          characterData: true,
          subtree: true,
        });
        const observer = new MutationObserver((changes) =>
          window.announced.push(...changes.map(({ target }) => target.id || target.textContent)),
        );
        for (const region of document.querySelectorAll(
          "output, [role=status], [role=alert], [role=log], [aria-live]",
        )) {
          observer.observe(region, { childList: true, characterData: true, subtree: true });
        }
      });
      const slider = field(page, "slider");
      await slider.focus();
      const held = await slider.getAttribute("aria-valuetext");
      await until("seconds that passed", true, () => page.evaluate(() => window.shown >= 3));
      assert.deepEqual(await page.evaluate(() => window.announced), []);
      // Focusing the slider announces nothing; moving it does.
      assert.equal(await slider.getAttribute("aria-valuetext"), held);
      await page.keyboard.press("End");
      await until("where the slider was moved to", true, async () =>
        /만료된 지/.test(await slider.getAttribute("aria-valuetext")),
      );
      await page.getByRole("button", { name: "지금으로" }).click();
      // An unchanged text is not written again.
      await field(page, "token").fill(token({ iat: now - 900_000, exp: now - 3 * 86_400 - 1800 }));
      await page
        .locator("#clock-words")
        .getByText(/만료된 지 3일/)
        .waitFor();
      await page.evaluate(() => {
        window.shown = 0;
      });
      // Longer than two ticks of the clock, each of which could have written it.
      await pause(2500);
      assert.equal(await page.evaluate(() => window.shown), 0);
    }));

  test("the clock slider moves a token through its life", () =>
    onPage({}, async (page) => {
      await inspect(page, token());
      await verdict(page, "검증됨");
      const slider = field(page, "slider");
      await slider.focus();
      await page.keyboard.press("End");
      await page.locator("#steps > li.failed .code", { hasText: "token_expired" }).waitFor();
      await page
        .locator("#clock-words")
        .getByText(/만료된 지/)
        .waitFor();
      assert.match(
        await page.locator("#steps > li.failed .why").textContent(),
        new RegExp(`expiredAt ${NOW + 60} `),
      );
      await page.keyboard.press("Home");
      await until(
        "a check before the token's time",
        true,
        async () => Number(await field(page, "now").inputValue()) < NOW,
      );
      await page
        .locator("#clock-words")
        .getByText(/만료까지/)
        .waitFor();

      await field(page, "now").fill(`${NOW + 60}`);
      await page.locator("#steps > li.failed .code", { hasText: "token_expired" }).waitFor();
      await field(page, "now").fill(`${NOW + 59}`);
      await verdict(page, "검증됨");
      await field(page, "now").fill("-1");
      await page.locator("#notice").getByText("검사 시각은 0 이상의 숫자여야 합니다.").waitFor();
      await page.getByRole("button", { name: "지금으로" }).click();
      assert.equal(await field(page, "now").inputValue(), "");
      await page.locator("#clock-words").getByText(/^지금/).waitFor();
    }));

  test("a token is refused when it expires, without any input", () =>
    onPage({}, async (page) => {
      await page.clock.install();
      await page.goto(wwwUrl);
      await page.getByRole("button", { name: "예제 만들기" }).click();
      await verdict(page, "검증됨");
      await page.clock.fastForward("02:30:00");
      await page.locator("#steps > li.failed .code", { hasText: "token_expired" }).waitFor();
      await verdict(page, "거부됨");
    }));

  test("a dropped file is read", () =>
    onPage({}, async (page) => {
      await inspect(page, token());
      await verdict(page, "검증됨");
      const dropped = await page.evaluateHandle((text) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text], "token.txt", { type: "text/plain" }));
        return transfer;
      }, tampered());
      await field(page, "token").dispatchEvent("drop", { dataTransfer: dropped });
      await verdict(page, "거부됨");
      assert.equal(await field(page, "token").inputValue(), tampered());
    }));

  test("files dropped outside the fields go to the right one", () =>
    onPage({}, async (page) => {
      const drop = async (text) => {
        const dataTransfer = await page.evaluateHandle((text) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([text], "dropped"));
          return transfer;
        }, text);
        await page.locator("h1").dispatchEvent("drop", { dataTransfer });
      };
      await field(page, "now").fill(`${NOW}`);
      for (const keys of [pem, oneKey]) {
        await drop(keys);
        await until("the keys", keys, () => field(page, "keys").inputValue());
      }
      await drop(token({}, { kid: "a" }));
      await verdict(page, "검증됨");
      await drop(privatePem);
      await page.locator("#notice.wrong").getByText(WORDS.ko.secret).waitFor();
      assert.equal(await field(page, "keys").inputValue(), "");
      assert.equal(
        await page.evaluate(() =>
          document
            .querySelector("h1")
            .dispatchEvent(new DragEvent("dragover", { bubbles: true, cancelable: true })),
        ),
        false,
      );
    }));

  test("markup in a token is shown as text", () =>
    onPage({}, async (page) => {
      const username = "<img src=x onerror=alert(1)>";
      await inspect(page, token({ username }));
      await page.locator("#panel-claims").getByText(username).first().waitFor();
      assert.equal(await page.locator("#inspection img").count(), 0);
    }));
});
