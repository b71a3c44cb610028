// The state that the page stores and shares: no secret stays in a field, and a link has the token
// only in the fragment.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { jwk, NOW, oneKey, pem, privateJwk, privatePem, token } from "./fixtures.mjs";
import { field, inspect, verdict, WORDS } from "./inspector-page.mjs";
import { until, visits } from "./pages.mjs";
import { noSystem } from "./system.mjs";

/** Records the texts that the page copies in `window.copies`. */
function recordCopies(page) {
  return page.evaluate(() => {
    window.copies = [];
    navigator.clipboard.writeText = async (text) => {
      window.copies.push(text);
    };
  });
}

describe("secrets and links", { skip: noSystem, timeout: 300_000 }, () => {
  const { onPage } = visits();

  for (const [lang, words] of Object.entries(WORDS)) {
    const visit = (act) => onPage({ locale: words.locale }, act);

    test(`a private key is flagged, removed and never stored (${lang})`, () =>
      visit(async (page) => {
        await recordCopies(page);
        const { kty: _, ...withoutKty } = JSON.parse(privateJwk);
        const symmetric = JSON.stringify({ kty: "oct", k: "c2VjcmV0LXNlY3JldC1zZWNyZXQ" });
        const secrets = [
          privatePem,
          privateJwk,
          symmetric,
          // As strings of JSON, once and twice, with either way to write a quotation mark.
          JSON.stringify(privateJwk),
          JSON.stringify({ config: JSON.stringify({ key: privateJwk }) }),
          privateJwk.replaceAll('"', "\\u0022"),
          JSON.stringify(symmetric),
          privatePem.replaceAll("PRIVATE KEY", "PGP PRIVATE KEY BLOCK"),
          privatePem.slice(privatePem.indexOf("\n") + 1),
          // Secrets that only the verifier recognizes.
          JSON.stringify(withoutKty),
          privateJwk.replace('"d"', '"\\u0064"').replace(/,"p".*/, "}"),
          JSON.stringify({
            kty: "AKP",
            alg: "ML-DSA-44",
            pub: "AA",
            priv: "c2VjcmV0LXNlY3JldC1zZWNyZXQ",
          }),
          JSON.stringify({ keys: [{ k: "c2VjcmV0LXNlY3JldC1zZWNyZXQ" }] }),
          JSON.stringify({ keys: [jwk, withoutKty] }, null, 2),
        ];
        for (const [name, other, good] of [
          ["token", "keys", pem],
          ["keys", "token", token()],
        ]) {
          for (const secret of secrets) {
            await field(page, other).fill(good);
            await field(page, name).fill("");
            await field(page, name).focus();
            // As a paste does it: all at once.
            await page.keyboard.insertText(secret);
            await page.locator("#notice.wrong").getByText(words.secret).waitFor();
            await page.locator("#share").click();
            await page.locator("#share-result:not(:empty)").waitFor();
            const { link, fields, stored } = await page.evaluate(() => ({
              link: [location.href, ...window.copies],
              fields: Object.fromEntries(
                [...document.querySelectorAll("textarea")].map(({ name, value }) => [name, value]),
              ),
              stored: [
                document.documentElement.outerHTML,
                location.href,
                ...window.copies,
                JSON.stringify(history.state),
                JSON.stringify(localStorage),
                JSON.stringify(sessionStorage),
                document.cookie,
              ].join("\n"),
            }));
            const empty = { issuer: "", audience: "", requiredClaims: "" };
            assert.deepEqual(fields, {
              ...empty,
              token: "",
              keys: "",
              statusList: "",
              [other]: good,
            });
            // A link has only the accepted token; without one there is no link.
            const shared = link.map((url) => [...new URLSearchParams(new URL(url).hash.slice(1))]);
            assert.deepEqual(
              shared,
              name === "token" ? [[]] : [[["token", good]], [["token", good]]],
            );
            const piece = secret.match(/[\w-]{12,}/g).at(-1);
            assert.equal(stored.includes(piece), false, piece);
            await page.evaluate(() => {
              window.copies = [];
            });
          }
        }
        // The next token is verified as usual.
        await inspect(page, token());
        await verdict(page, words.good);
        assert.equal(await page.locator("#notice").textContent(), "");
      }));

    test(`a link has only a token and keys that the verifier accepts (${lang})`, () =>
      visit(async (page) => {
        await recordCopies(page);
        const linked = async () =>
          Object.fromEntries(new URLSearchParams(new URL(page.url()).hash.slice(1)));
        const { kty: _, ...withoutKty } = JSON.parse(privateJwk);
        // A truncated private key, and one without its PEM lines.
        for (const keys of [
          "hello",
          JSON.stringify(withoutKty).slice(0, -20),
          privatePem.split("\n")[1],
        ]) {
          await inspect(page, token(), { keys });
          await page.locator("#notice.wrong:not(:empty)").waitFor();
          await page.locator("#share").click();
          await until("the link", { token: token() }, linked);
        }
        await field(page, "keys").fill(pem);
        await page.locator("#share").click();
        await until("the link", { token: token(), keys: pem.trim() }, linked);
        for (const text of [
          JSON.stringify({ access: token() }),
          pem,
          privatePem.split("\n")[1],
          "a password",
        ]) {
          await field(page, "token").fill(text);
          await page.locator("#share").click();
          await page.locator("#share-result").getByText(words.noShare).waitFor();
          assert.deepEqual(await linked(), {});
        }
      }));
  }

  test("a link carries the token behind the # alone, and opens with the same verdict", () =>
    onPage({}, async (page, { context, requested }) => {
      const shared = token({}, { kid: "a" });
      await inspect(page, shared, { keys: oneKey });
      await verdict(page, "검증됨");
      assert.equal(new URL(page.url()).hash, "");
      await page.getByRole("button", { name: "공유 링크 복사" }).click();
      await page
        .locator("#share-result")
        .getByText(/이 토큰을 쓸 수 있습니다/)
        .waitFor();
      const link = new URL(page.url());
      assert.deepEqual(
        [link.search, new URLSearchParams(link.hash.slice(1)).get("token")],
        ["", shared],
      );

      const other = await context.newPage();
      await other.goto(link.href);
      await until("the shared token", shared, () => field(other, "token").inputValue());
      await field(other, "now").fill(`${NOW}`);
      await verdict(other, "검증됨");
      assert.deepEqual(
        requested.filter((url) => url.includes(shared)),
        [],
        "no request holds the token",
      );
      // In a page that is open already, a link only changes what is behind the #.
      await other.evaluate(
        (hash) => {
          location.hash = hash;
        },
        new URLSearchParams({
          token: token({ user_id: 7 }, { kid: "a" }),
          keys: oneKey,
        }).toString(),
      );
      await other.locator("#panel-claims tr", { hasText: "user_id" }).getByText("7").waitFor();
      await field(other, "token").fill(shared);
      await until("the address without the other token", "", async () => new URL(other.url()).hash);
      await other.getByRole("button", { name: "지우기" }).click();
      await until("the address without the token", "", async () => new URL(other.url()).hash);
      assert.equal(await field(other, "token").inputValue(), "");
      assert.equal(await other.locator("#inspection").isVisible(), false);
    }));

  test("a shared token leaves the address when the page puts another one into the fields", () =>
    onPage({}, async (page) => {
      const share = async () => {
        await page.getByRole("button", { name: "공유 링크 복사" }).click();
        await until("the address with the token", true, async () =>
          new URL(page.url()).hash.includes("token="),
        );
      };
      const shared = token();
      await inspect(page, shared);
      await verdict(page, "검증됨");
      await share();
      await page.getByRole("button", { name: "예제 만들기" }).click();
      await until("the address without the token", "", async () => new URL(page.url()).hash);
      assert.equal(await page.locator("#share-result").textContent(), "");
      assert.notEqual(await field(page, "token").inputValue(), shared);

      await share();
      await page.getByRole("tab", { name: "망가뜨리기" }).click();
      await page
        .locator("[data-attack=none]")
        .getByRole("button", { name: "검사기에서 보기" })
        .click();
      await verdict(page, "거부됨");
      await until("the address without the example", "", async () => new URL(page.url()).hash);
    }));

  test("a link has the policy, if it is not the default, and is not opened if it cannot be read", () =>
    onPage({}, async (page, { context }) => {
      await page.locator("[name=preset]").selectOption("cognito");
      const claims = { token_type: undefined, iss: "https://a.example", sub: "1", client_id: "c" };
      await inspect(page, token(claims, { kid: "a" }), { keys: oneKey });
      await field(page, "issuer").fill("https://a.example\nhttps://b.example");
      await field(page, "requiredClaims").fill("sub");
      await field(page, "leeway").fill("30");
      await verdict(page, "검증됨");
      await page.getByRole("button", { name: "공유 링크 복사" }).click();
      await until("the policy in the address", true, async () => page.url().includes("policy="));
      const { policy } = Object.fromEntries(new URLSearchParams(new URL(page.url()).hash.slice(1)));
      assert.deepEqual(JSON.parse(policy), {
        leeway: 30,
        tokenType: null,
        anyAudience: true,
        issuer: ["https://a.example", "https://b.example"],
        requiredClaims: ["sub"],
      });

      const other = await context.newPage();
      await other.goto(page.url());
      await field(other, "now").fill(`${NOW}`);
      await verdict(other, "검증됨");
      // A policy that is not the default must be seen.
      assert.equal(await field(other, "issuer").isVisible(), true);
      assert.equal(await field(other, "leeway").inputValue(), "30");
      assert.equal(await field(other, "tokenType").inputValue(), "none");

      const open = (parameters) =>
        other.evaluate((hash) => {
          location.hash = hash;
        }, new URLSearchParams(parameters).toString());
      const rest = { token: token(claims, { kid: "a" }), keys: oneKey };
      for (const unreadable of [
        "{",
        "[]",
        "null",
        '{"leeway":"30"}',
        '{"a":1}',
        '{"issuer":"a"}',
        '{"issuer":[]}',
        '{"issuer":[""]}',
        '{"audience":["a"],"anyAudience":true}',
      ]) {
        await open({ ...rest, policy });
        await verdict(other, "검증됨");
        await open({ ...rest, policy: unreadable });
        await other
          .locator("#share-result")
          .getByText(/정책을 읽을 수 없어 열지 않았습니다/)
          .waitFor();
        assert.equal(await field(other, "token").inputValue(), "", unreadable);
        assert.equal(await field(other, "leeway").inputValue(), "0", unreadable);
      }
      await open({ ...rest, policy: '{"leeway":3601}' });
      await other
        .locator("#notice")
        .getByText(/시계 오차는 0부터 3,600까지/)
        .waitFor();
      await open({ ...rest, policy });
      await verdict(other, "검증됨");
      await open(rest);
      await other.locator("#verdict").getByText("token_type_mismatch").waitFor();
    }));

  test("a private key does not stay in a field of the policy", () =>
    onPage({}, async (page) => {
      await page.getByText("정책", { exact: true }).click();
      for (const name of ["issuer", "audience", "requiredClaims"]) {
        await field(page, name).focus();
        await page.keyboard.insertText(privatePem);
        await page.locator("#notice.wrong").getByText(WORDS.ko.secret).waitFor();
        assert.equal(await field(page, name).inputValue(), "");
        await field(page, name).fill("a");
        await page.locator("#notice.wrong").waitFor({ state: "detached" });
        await field(page, name).fill("");
      }
    }));

  test("a link that is opened after a private key was removed works", () =>
    onPage({}, async (page) => {
      await field(page, "now").fill(`${NOW}`);
      await field(page, "keys").fill(privatePem);
      await page.locator("#notice.wrong").getByText(WORDS.ko.secret).waitFor();
      await page.evaluate(
        (hash) => {
          location.hash = hash;
        },
        new URLSearchParams({ token: token(), keys: pem }).toString(),
      );
      await verdict(page, "검증됨");
      assert.equal(await page.locator("#notice").textContent(), "");
    }));
});
