// The whole demo page: its policy, size, accessibility and layout.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { logIn, noShots, overflow, shoot, tabTo, until, visits } from "./pages.mjs";
import { edgeUrl, issuerUrl, noSystem, password, username, wwwUrl } from "./system.mjs";
import { NOW, pem, statusClaim, statusList, tampered, token } from "./fixtures.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Bytes that the first load of the inspector may cost over the network, compressed. */
const BUDGET = 60 * 1024;

describe("the demo page", { skip: noSystem, timeout: 900_000 }, () => {
  const { onPage } = visits();

  test("the inspector takes 60 KB, with all that a verdict needs", (t) =>
    onPage({}, async (page, { context }) => {
      const files = new Map();
      const visitor = await context.newPage();
      visitor.on("response", (response) => files.set(response.url(), response.body()));
      await visitor.goto(wwwUrl);
      await visitor.locator("[name=keys]").fill(pem);
      await visitor.locator("[name=now]").fill(`${NOW}`);
      await visitor.locator("[name=token]").fill(token());
      await visitor.locator("#verdict").getByText("검증됨").waitFor();
      let total = 0;
      for (const [url, body] of files) {
        const size = brotliCompressSync(await body).length;
        total += size;
        t.diagnostic(`${new URL(url).pathname}: ${size} bytes of brotli`);
      }
      t.diagnostic(`first load of the inspector: ${total} bytes of brotli, ${files.size} files`);
      assert.ok(files.size >= 3 && total <= BUDGET, `${total} bytes`);
    }));

  test("the verdict is on the screen within 100 ms of the first paste", (t) =>
    onPage({}, async (_, { context }) => {
      const waits = [];
      const quickest = () => Math.min(...waits);
      // Other work of the machine only adds time, so the quickest of some visits counts.
      for (let visit = 0; visit < 5 || (visit < 25 && quickest() > 100); visit += 1) {
        const visitor = await context.newPage();
        await visitor.goto(wwwUrl);
        await visitor.locator("[name=keys]").fill(pem);
        await visitor.locator("[name=now]").fill(`${NOW}`);
        await visitor.locator("[name=token]").focus();
        await visitor.evaluate(() => {
          addEventListener(
            "beforeinput",
            () => {
              window.pasted = performance.now();
            },
            { once: true },
          );
          new MutationObserver((_, observer) => {
            if (document.querySelector("#verdict .badge") !== null) {
              observer.disconnect();
              requestAnimationFrame(() =>
                setTimeout(() => {
                  window.judged = performance.now();
                }),
              );
            }
          }).observe(document.querySelector("#verdict"), { childList: true });
        });
        await visitor.keyboard.insertText(token());
        await visitor.waitForFunction(() => window.judged !== undefined);
        waits.push(await visitor.evaluate(() => window.judged - window.pasted));
        await visitor.close();
      }
      t.diagnostic(
        `from the paste to the verdict: ${waits.map((wait) => wait.toFixed(1)).join(", ")} ms`,
      );
      assert.ok(quickest() <= 100, `${quickest()} ms at best`);
    }));

  test("the policy allows connections to the issuer and the edge only", () =>
    onPage({}, async (page, { context }) => {
      const policy = await page
        .locator("meta[http-equiv=Content-Security-Policy]")
        .getAttribute("content");
      const directives = Object.fromEntries(
        policy
          .split("; ")
          .map((directive) => [directive.split(" ")[0], directive.split(" ").slice(1)]),
      );
      assert.deepEqual(directives["connect-src"], [issuerUrl, edgeUrl]);
      assert.deepEqual(directives["default-src"], ["'none'"]);
      assert.deepEqual(directives["script-src"], ["'self'", "'wasm-unsafe-eval'"]);
      // A separate page, because violations are reported on its console.
      const hostile = await context.browser().newContext();
      try {
        const visitor = await hostile.newPage();
        await visitor.goto(wwwUrl);
        await visitor.evaluate((own) => {
          window.blocked = [];
          document.addEventListener("securitypolicyviolation", (event) =>
            window.blocked.push(event.effectiveDirective),
          );
          fetch(`${own}/logo.svg`).catch(() => {});
          new Image().src = "http://127.0.0.1:9/pixel.png";
          document.head.append(
            Object.assign(document.createElement("style"), { textContent: "p { color: red }" }),
          );
          try {
            document.body.insertAdjacentHTML("beforeend", "<p>x</p>");
          } catch {
            // Trusted Types.
          }
        }, wwwUrl);
        await until(
          "what was blocked",
          ["connect-src", "img-src", "require-trusted-types-for", "style-src-elem"],
          () => visitor.evaluate(() => [...window.blocked].sort()),
        );
      } finally {
        await hostile.close();
      }
    }));

  test("a build of the inspector alone works without connections", () =>
    onPage({}, async (_, { context }) => {
      const directory = mkdtempSync(join(tmpdir(), "inspector-"));
      try {
        const vite = join(import.meta.dirname, "..", "node_modules", "vite", "bin", "vite.js");
        execFileSync(
          process.execPath,
          [vite, "build", "--mode", "inspector", "--logLevel", "error", "--outDir", directory],
          {
            cwd: join(import.meta.dirname, ".."),
            timeout: 120_000,
          },
        );
        const visitor = await context.browser().newContext({ locale: "en-US" });
        try {
          const page = await visitor.newPage();
          const elsewhere = [];
          const types = {
            html: "text/html",
            js: "text/javascript",
            css: "text/css",
            svg: "image/svg+xml",
          };
          await visitor.route("**/*", (route) => {
            const { hostname, pathname } = new URL(route.request().url());
            if (hostname !== "localhost") {
              elsewhere.push(route.request().url());
              return route.abort();
            }
            const path = pathname === "/" ? "/index.html" : pathname;
            return route.fulfill({
              contentType: types[path.split(".").at(-1)],
              body: readFileSync(join(directory, path)),
            });
          });
          await page.goto("http://localhost/");
          assert.match(
            await page.locator("meta[http-equiv]").getAttribute("content"),
            /connect-src 'none';/,
          );
          assert.deepEqual(await page.getByRole("tab").allTextContents(), [
            "Inspector",
            "Break it",
            "Speed",
          ]);
          await page.locator("#sample").click();
          await page.locator("#verdict").getByText("Verified").waitFor();
          await page.getByRole("tab", { name: "Break it" }).click();
          await page.getByText("18 of 18 attacks are refused").waitFor();
          // A pasted list is verified; none can be fetched.
          const uri = "https://login.example/status/1";
          await page.getByRole("tab", { name: "Inspector" }).click();
          await page.locator("[name=keys]").fill(pem);
          await page.locator("[name=now]").fill(`${NOW}`);
          await page.locator("[name=token]").fill(token(statusClaim(uri, 3)));
          await page
            .locator("#steps > li")
            .last()
            .getByText(/This page makes no connections/)
            .waitFor();
          assert.equal(await page.locator("#look-up").count(), 0);
          await page.getByText("Revocation list", { exact: true }).click();
          await page.locator("[name=statusList]").fill(statusList(uri, { 3: 1 }));
          await page.locator("#verdict").getByText("token_revoked").waitFor();
          assert.equal(
            await page.evaluate(() =>
              fetch("/index.html").then(
                () => "allowed",
                () => "refused",
              ),
            ),
            "refused",
          );
          assert.deepEqual(elsewhere, []);
        } finally {
          await visitor.close();
        }
      } finally {
        rmSync(directory, { recursive: true });
      }
    }));

  /** Fills every part, and calls `look` when it is on the screen. */
  async function everyPart(page, korean, look) {
    const name = (ko, en) => (korean ? ko : en);
    await page.locator("#verdict .badge").waitFor();
    await look("first");
    await page.getByRole("button", { name: name("지우기", "Clear") }).click();
    await look("empty");
    await page.locator("[name=preset]").selectOption("entra-v1");
    await page.locator("[name=tokenType]").selectOption("other");
    await look("preset");
    await page.locator("#sample").click();
    await page.locator("#verdict .badge").waitFor();
    await look("inspector");
    await page.getByRole("tab", { name: name("망가뜨리기", "Break it") }).click();
    await page.locator("[data-attack=swapped]").waitFor();
    await look("break");
    if (korean) {
      await logIn(page);
    } else {
      await page.getByRole("tab", { name: "The flow" }).click();
      await page.getByRole("button", { name: "한국어" }).click();
      await logIn(page);
      await page.getByRole("button", { name: "English" }).click();
    }
    await page.locator("#my-token .badge").waitFor();
    await page.getByRole("button", { name: name("/protected 호출", "Call /protected") }).click();
    await page
      .locator("#flow-message")
      .getByText(name(/들여보냈습니다/, /accepted it/))
      .waitFor();
    await page
      .getByRole("button", { name: name("관리자 페이지 열기", "Open the admin page") })
      .click();
    await page
      .locator("#flow-message")
      .getByText(/HTTP 403/)
      .waitFor();
    await page.locator(".exchanges summary").last().click();
    await look("flow");
    await page
      .locator("#flow")
      .getByRole("button", { name: name("내 토큰 검사", "Inspect my token") })
      .click();
    await page.locator("#look-up").click();
    await page.locator("#steps > li.passed").nth(5).waitFor();
    await look("revocation");
    await page.getByRole("tab", { name: name("흐름", "The flow") }).click();
    await page.getByRole("button", { name: name("로그아웃", "Log out"), exact: true }).click();
    await page
      .locator("#flow-message")
      .getByText(name(/로그아웃했습니다/, /Logged out/))
      .waitFor();
    await page
      .getByRole("button", { name: name("폐기 목록 보기", "Look at the revocation list") })
      .click();
    await page
      .locator("#flow-message")
      .getByText(name(/1\(폐기\)/, /1 \(revoked\)/))
      .waitFor();
    await look("logout");
    await page.getByRole("tab", { name: name("속도", "Speed") }).click();
    await page.getByRole("button", { name: name("재기", "Measure") }).click();
    await page.locator("#speed table").waitFor();
    await look("speed");
  }

  const forms = ["light", "dark"].flatMap((colors) =>
    ["ko-KR", "en-US"].flatMap((locale) => [390, 1280].map((width) => [colors, locale, width])),
  );
  for (const [colorScheme, locale, width] of forms) {
    test(`every part is accessible and fits (${colorScheme}, ${locale}, ${width} px)`, (t) =>
      onPage(
        { colorScheme, locale, viewport: { width, height: 900 }, reducedMotion: "reduce" },
        async (page) => {
          await everyPart(page, locale === "ko-KR", async (part) => {
            // For a review of the page in all variants.
            await shoot(page, `all/${part}-${colorScheme}-${locale.slice(0, 2)}-${width}`, {
              fullPage: true,
            });
            assert.equal(await overflow(page), 0, `${part} is wider than ${width} px`);
            await page.evaluate(AXE);
            const { violations } = await page.evaluate(() =>
              window.axe.run(document, { resultTypes: ["violations"] }),
            );
            const serious = violations.filter(({ impact }) =>
              ["serious", "critical"].includes(impact),
            );
            assert.deepEqual(
              serious.map(
                ({ id, nodes }) =>
                  `${part}: ${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)}`,
              ),
              [],
            );
            const others = violations.filter((violation) => !serious.includes(violation));
            others.forEach(({ id, impact }) => t.diagnostic(`${part}: ${impact}: ${id}`));
          });
        },
      ));
  }

  for (const lang of ["ko", "en"]) {
    test(`the pictures of the README (${lang})`, { skip: noShots }, () =>
      onPage({ locale: lang, viewport: { width: 1000, height: 1190 } }, async (page) => {
        await page.locator("[name=keys]").fill(pem);
        await page.locator("[name=now]").fill(`${NOW}`);
        await page.locator("[name=token]").fill(tampered());
        await page.locator("#verdict .badge").waitFor();
        await page.locator("#verdict").evaluate((part) => {
          document.activeElement.blur();
          part.scrollIntoView();
          // The badge is tilted.
          scrollBy(0, -10);
        });
        await shoot(page, `inspector-${lang}`);
        await page.emulateMedia({ colorScheme: "dark" });
        await page.getByRole("button", { name: "한국어" }).click();
        await logIn(page);
        await page.locator("#my-token .badge").waitFor();
        await page.locator(`[data-lang=${lang}]`).click();
        for (const [ko, en, count] of [
          ["/protected 호출", "Call /protected", 3],
          ["토큰 갱신", "Refresh the token", 4],
          ["관리자 페이지 열기", "Open the admin page", 5],
        ]) {
          await page.getByRole("button", { name: lang === "ko" ? ko : en, exact: true }).click();
          await page
            .locator(".exchanges > li .status:is(.good, .bad)")
            .nth(count - 1)
            .waitFor();
        }
        await page.evaluate(() => scrollTo(0, 0));
        await shoot(page, `flow-${lang}`);
      }),
    );
  }

  test("the keyboard alone goes through the parts", () =>
    onPage({}, async (page) => {
      await page.locator("#tab-inspector").focus();
      for (const [key, part] of [
        ["ArrowRight", "break"],
        ["End", "speed"],
        ["ArrowRight", "inspector"],
        ["ArrowLeft", "speed"],
        ["Home", "inspector"],
      ]) {
        await page.keyboard.press(key);
        await until("the focus", `tab-${part}`, () =>
          page.evaluate(() => document.activeElement.id),
        );
        await page.locator(`#${part} h2`).waitFor();
        assert.equal(await page.locator("[role=tabpanel]:visible").count(), 1);
      }
      await tabTo(page, "예제 만들기");
      await page.keyboard.press("Enter");
      await page.locator("#verdict").getByText("검증됨").waitFor();

      await page.locator("#tab-inspector").focus();
      await page.keyboard.press("End");
      await page.evaluate(() => {
        window.region = document.querySelector("#speed [role=status]");
      });
      await tabTo(page, "재기");
      await page.keyboard.press("Enter");
      await page.locator("#speed table").waitFor();
      await until("the result in the live region", true, () =>
        page.evaluate(
          () =>
            window.region.isConnected &&
            /중앙값: 도장 .*µs, jose .*µs/.test(window.region.textContent),
        ),
      );
      assert.equal(await page.evaluate(() => document.activeElement.textContent), "재기");
      // Empty live regions are displayed.
      for (const region of ["#notice", "#share-result"]) {
        assert.equal(await page.locator(region).textContent(), "");
        assert.notEqual(
          await page.locator(region).evaluate((element) => getComputedStyle(element).display),
          "none",
        );
      }
    }));

  test("a part that cannot be loaded says so, in both languages", () =>
    onPage({}, async (page) => {
      for (const [tab, file] of [
        ["망가뜨리기", "gallery"],
        ["속도", "speed"],
      ]) {
        await page.route(`**/assets/${file}-*.js`, (route) => route.abort());
        await page.getByRole("tab", { name: tab }).click();
        const alert = page.locator("[role=tabpanel]:visible [role=alert]");
        await alert.getByText("이 부분을 열지 못했습니다. 다시 눌러 보세요.").waitFor();
        await page.getByRole("button", { name: "English" }).click();
        await alert.getByText("This part could not be opened. Try it again.").waitFor();
        await page.getByRole("button", { name: "한국어" }).click();
      }
    }));

  test("a measurement continues in another language", () =>
    onPage({}, async (page) => {
      await page.getByRole("tab", { name: "속도" }).click();
      await page.locator("#speed select").selectOption("10000");
      await page.getByRole("button", { name: "재기" }).click();
      await page.locator("#speed [role=status]").getByText("재는 중입니다.").waitFor();
      await page.getByRole("button", { name: "English" }).click();
      await page.locator("#speed [role=status]").getByText("Measuring.").waitFor();
      assert.deepEqual(
        await page.evaluate(() => [
          document.querySelector("#speed select").value,
          document.querySelector("#speed button").ariaBusy,
        ]),
        ["10000", "true"],
      );
      await page
        .locator("#speed [role=status]")
        .getByText(/^Done\./)
        .waitFor({ timeout: 240_000 });
      await page.locator("#speed th", { hasText: "Verifier" }).waitFor();
    }));

  test("the keyboard alone logs in, uses the token, looks it up and logs out", () =>
    onPage({ locale: "en-US" }, async (page) => {
      await tabTo(page, "Inspector");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await page.locator("#flow h2").waitFor();
      await page.evaluate(() => {
        window.region = document.querySelector("#flow-message");
      });
      await tabTo(page, "Username");
      await page.keyboard.type(username);
      await page.keyboard.press("Tab");
      await page.keyboard.type(password);
      await page.keyboard.press("Enter");
      await page.locator("#my-token .badge").waitFor();
      const press = async (name, message) => {
        if ((await page.evaluate(() => document.activeElement.textContent)) !== name) {
          await tabTo(page, name);
        }
        await page.keyboard.press("Enter");
        await page.locator("#flow-message").getByText(message).waitFor();
      };
      // The focus is on the first action after the login, and stays where it was after each.
      await until("the focus", "Call /protected", () =>
        page.evaluate(() => document.activeElement.textContent),
      );
      await until("the message in the live region", true, () =>
        page.evaluate(
          () => window.region.isConnected && /^Logged in/.test(window.region.textContent),
        ),
      );
      await press("Call /protected", /accepted it/);
      await press("Refresh the token", /new access token/);
      await press("Open the admin page", /HTTP 403/);
      await press("Look at the revocation list", /is 0 \(valid\)/);
      await tabTo(page, "Inspect my token");
      await page.keyboard.press("Enter");
      await until("the focus", "inspector-title", () =>
        page.evaluate(() => document.activeElement.id),
      );
      await tabTo(page, "Look it up at the issuer");
      await page.keyboard.press("Enter");
      await page.locator("#steps > li.passed").nth(5).waitFor();
      await until("the focus", "look-up", () => page.evaluate(() => document.activeElement.id));
      await page.locator("#tab-flow").focus();
      await page.keyboard.press("Enter");
      await press("Log out", /Logged out/);
      await press("Look at the revocation list", /revoked/);
    }));

  for (const [locale, tab, run, name] of [
    ["ko-KR", "속도", "재기", /중앙값/],
    ["en-US", "Speed", "Measure", /median/],
  ]) {
    test(`the speed is measured and drawn (${locale})`, (t) =>
      onPage({ locale }, async (page, { requested }) => {
        const before = requested.length;
        await page.getByRole("tab", { name: tab }).click();
        await page.getByRole("button", { name: run }).click();
        const rows = page.locator("#speed tbody tr");
        await rows.nth(1).waitFor();
        assert.deepEqual(
          await rows.locator("th").allTextContents(),
          ["Dojang (wasm)", "jose (WebCrypto)"].map((head) =>
            locale === "ko-KR" ? head.replace("Dojang", "도장") : head,
          ),
        );
        assert.equal(await page.locator("svg.plot .series").filter({ hasText: name }).count(), 2);
        assert.ok((await page.locator("svg.plot rect").count()) > 2);
        assert.ok(requested.length > before, "jose comes when it is needed");
        for (const row of await rows.allTextContents()) {
          assert.match(row, /\d µs/);
          t.diagnostic(row);
        }
      }));
  }
});
