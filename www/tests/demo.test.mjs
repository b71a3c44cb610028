// The flow of the demo page in Chromium, with the real issuer and the real edge.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { done, drawn, isFinallyRefused, press, showsMessage } from "./flow-page.mjs";
import { logIn, overflow, until, visits } from "./pages.mjs";
import { noPrograms, startEdge } from "./programs.mjs";
import {
  edgeUrl,
  issuerCommand,
  issuerUrl,
  noIssuerCommand,
  noSystem,
  password,
  publicPem,
  username,
  wwwUrl,
} from "./system.mjs";

describe("the flow", { skip: noSystem, timeout: 900_000 }, () => {
  const { onPage } = visits();

  const LOGIN = ["POST /api/token/ HTTP 200", "GET /.well-known/jwks.json HTTP 200"];
  const LIST = "GET /api/token/status/0 HTTP 200";

  test("login, edge, refresh, upload and logout are drawn request by request", () =>
    onPage({}, async (page) => {
      await logIn(page);
      await page.locator("#my-token").getByText("검증됨").waitFor();
      await drawn(page, LOGIN);

      await press(page, "/protected 호출");
      await showsMessage(page, /같은 검증기로 토큰을 확인하고 들여보냈습니다/);
      await drawn(page, [...LOGIN, "GET /protected HTTP 200"]);
      const last = page.locator(".exchanges > li").last();
      await last.locator("summary").click();
      await last.getByText("인증 성공!").waitFor();
      assert.match(await last.textContent(), new RegExp(`"username": "${username}"`));

      await press(page, "토큰 갱신");
      await showsMessage(page, "새 access 토큰을 받았습니다.");
      await page.locator("#my-token").getByText("검증됨").waitFor();

      const bytes = Buffer.alloc(3_000_000, "dojang ");
      await press(page, "올리기");
      await showsMessage(page, "먼저 파일을 고르세요.");
      await page
        .getByLabel("파일 올리기")
        .setInputFiles({ name: "dojang.bin", mimeType: "application/octet-stream", buffer: bytes });
      await press(page, "올리기");
      await showsMessage(page, /파일을 올렸습니다/);
      assert.equal(await page.locator(".upload .percent").textContent(), "100 %");
      assert.equal(await page.locator(".upload progress").evaluate((bar) => bar.value), 1);
      const item = page.locator(".exchanges > li").last();
      await item.locator("summary").click();
      await item.getByText(createHash("sha256").update(bytes).digest("hex")).waitFor();

      await press(page, "폐기 목록 보기");
      await showsMessage(page, /서명된 목록에서 \d+번의 값은 0\(유효\)입니다/);

      await press(page, "로그아웃");
      await showsMessage(page, /로그아웃했습니다/);
      await press(page, "옛 refresh 토큰으로 갱신");
      await showsMessage(page, /발급 서버가 이 refresh 토큰을 거부합니다/);
      await press(page, "폐기 목록 보기");
      await showsMessage(page, /서명된 목록에서 \d+번의 값은 1\(폐기\)입니다/);
      await page.locator("#my-token .bad").getByText("token_revoked").waitFor();
      await drawn(page, [
        ...LOGIN,
        "GET /protected HTTP 200",
        "POST /api/token/refresh/ HTTP 200",
        "POST /upload HTTP 200",
        LIST,
        "POST /api/token/blacklist/ HTTP 200",
        "POST /api/token/refresh/ HTTP 401",
        LIST,
      ]);
      // The edge has a cached list, so the logout does not take effect immediately.
      await isFinallyRefused(
        page,
        "옛 토큰으로 /protected",
        /로그아웃한 토큰을 엣지가 거부했습니다.*HTTP 401/,
        /폐기 목록을 매번 묻지 않고 사본을 쓰는데/,
      );
      const seen = await page.locator(".exchanges > li").allTextContents();
      assert.match(seen.at(-1), /GET \/protected.*HTTP 401.*token_revoked/s);
      assert.equal(await page.locator("svg.sequence line.back").count(), seen.length);
      await press(page, "다시 로그인");
      await page.getByLabel("사용자 이름").waitFor();
      assert.equal(await page.locator(".exchanges > li").count(), 0);
    }));

  test(
    "an edge without revocation accepts the token after the logout, and the page says why",
    { skip: noPrograms },
    () =>
      onPage({}, async (page) => {
        const other = await startEdge({
          public_key: publicPem(),
          cors_origins: new URL(wwwUrl).origin,
        });
        try {
          await page.route(`${edgeUrl}/**`, (route) =>
            route.continue({ url: route.request().url().replace(edgeUrl, other.url) }),
          );
          await logIn(page);
          await press(page, "로그아웃");
          await showsMessage(page, /로그아웃했습니다/);
          await press(page, "옛 토큰으로 /protected");
          await showsMessage(
            page,
            /엣지의 폐기 확인이 꺼져 있어서, access 토큰은 만료될 때까지\((1시간 59분|2시간 0분)\)/,
          );
        } finally {
          await other.stop();
        }
      }),
  );

  test(
    "the page explains from the edge's health why it accepts a token after the logout",
    { skip: noPrograms },
    () =>
      onPage({}, async (page) => {
        const other = await startEdge({
          public_key: publicPem(),
          cors_origins: new URL(wwwUrl).origin,
        });
        try {
          let revocation;
          await page.route(`${edgeUrl}/**`, async (route) => {
            const response = await route.fetch({
              url: route.request().url().replace(edgeUrl, other.url),
            });
            const { pathname } = new URL(route.request().url());
            await route.fulfill(
              pathname === "/"
                ? { response, json: { ...(await response.json()), revocation } }
                : { response },
            );
          });
          await logIn(page);
          await press(page, "로그아웃");
          await showsMessage(page, /로그아웃했습니다/);
          const cases = [
            [{ source: "none" }, /폐기 확인이 꺼져/, /check for revocation is off/],
            [
              { source: "redis" },
              /그 Redis에는 이 로그아웃이 없습니다/,
              /this logout is not in that Redis/,
            ],
            [
              { source: "redis", problem: "Redis does not respond" },
              /Redis가 응답하지 않는데/,
              /Redis for revocations does not respond/,
            ],
            [
              { source: "status_list", lists: { count: 1, age_seconds: 7, stale: false } },
              /지금 사본은 7초 된 것이라/,
              /its copy, 7 s old,/,
            ],
            [
              { source: "status_list", lists: { count: 0, age_seconds: null, stale: false } },
              /아직 폐기 목록이 없어서/,
              /has no revocation list yet/,
            ],
            [undefined, /엣지에게서 듣지 못했습니다/, /did not report how/],
          ];
          for (const [says, korean, english] of cases) {
            revocation = says;
            await press(page, "옛 토큰으로 /protected");
            await done(page);
            await showsMessage(page, korean);
            await page.getByRole("button", { name: "English" }).click();
            await showsMessage(page, english);
            await page.getByRole("button", { name: "한국어" }).click();
          }
        } finally {
          await other.stop();
        }
      }),
  );

  test("the progress of an upload is seen while it is under way", () =>
    onPage({}, async (page, { context }) => {
      await logIn(page);
      await page.locator("#my-token").getByText("검증됨").waitFor();
      await page.evaluate(() => {
        window.seen = [];
        new MutationObserver(() =>
          window.seen.push(document.querySelector(".upload .percent").textContent),
        ).observe(document.querySelector(".upload .percent"), { childList: true });
      });
      // A line slow enough for a part of the file to be on its way.
      const network = await context.newCDPSession(page);
      await network.send("Network.emulateNetworkConditions", {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: 2_000_000,
      });
      const file = {
        name: "large.bin",
        mimeType: "application/octet-stream",
        buffer: Buffer.alloc(4_000_000),
      };
      await page.getByLabel("파일 올리기").setInputFiles(file);
      await press(page, "올리기");
      await showsMessage(page, /파일을 올렸습니다/);
      const seen = await page.evaluate(() => window.seen);
      assert.ok(
        seen.some((text) => !["0 %", "100 %"].includes(text)) && seen.at(-1) === "100 %",
        seen.join(" "),
      );
    }));

  test("another language keeps inputs, the chosen file and a running upload", () =>
    onPage({}, async (page, { context }) => {
      await page.getByRole("tab", { name: "흐름" }).click();
      await page.getByLabel("사용자 이름").fill(username);
      await page.getByLabel("비밀번호").fill(password);
      await page.getByRole("button", { name: "English" }).click();
      assert.deepEqual(
        [
          await page.getByLabel("Username").inputValue(),
          await page.getByLabel("Password").inputValue(),
        ],
        [username, password],
      );
      await page.getByRole("button", { name: "Log in" }).click();
      await page.locator("#my-token").getByText("Verified", { exact: true }).waitFor();

      const file = {
        name: "large.bin",
        mimeType: "application/octet-stream",
        buffer: Buffer.alloc(6_000_000),
      };
      await page.getByLabel("Upload a file").setInputFiles(file);
      const network = await context.newCDPSession(page);
      await network.send("Network.emulateNetworkConditions", {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: 1_500_000,
      });
      await page.getByRole("button", { name: "한국어" }).click();
      assert.equal(
        await page.getByLabel("파일 올리기").evaluate(({ files }) => files[0]?.name),
        "large.bin",
      );
      await press(page, "올리기");
      await until("a part of the file", true, () =>
        page.locator(".upload progress").evaluate(({ value }) => value > 0 && value < 1),
      );
      await page.getByRole("button", { name: "English" }).click();
      const bar = page.getByRole("progressbar", { name: "Upload progress" });
      assert.ok((await bar.evaluate(({ value }) => value)) > 0, "the bar is that of the upload");
      // While the upload is in progress, the button starts no second one.
      await press(page, "Upload");
      await showsMessage(page, /The file is uploaded/);
      assert.equal(await bar.evaluate(({ value }) => value), 1);
      await drawn(page, [...LOGIN, "POST /upload HTTP 200"]);
    }));

  test("the admin page opens with the role alone", { skip: noIssuerCommand }, () =>
    onPage({}, async (page) => {
      issuerCommand(
        [
          "users",
          "create",
          "--if-missing",
          "--username",
          "climber",
          "--email",
          "climber@example.com",
          "--password-stdin",
        ],
        password,
      );
      issuerCommand(["users", "set-role", "climber", "student"]);
      await logIn(page, { name: "climber" });
      await press(page, "관리자 페이지 열기");
      await showsMessage(page, /role이 "student"이라서 안 됩니다.*HTTP 403/);
      issuerCommand(["users", "set-role", "climber", "admin"]);
      await press(page, "토큰 갱신");
      await showsMessage(page, "새 access 토큰을 받았습니다.");
      await press(page, "관리자 페이지 열기");
      await showsMessage(page, /role이 "admin"이므로 관리자 페이지가 열립니다/);
      await drawn(page, [
        ...LOGIN,
        "GET /admin/dashboard HTTP 403",
        "POST /api/token/refresh/ HTTP 200",
        "GET /admin/dashboard HTTP 200",
      ]);
    }),
  );

  test("a wrong password and an empty field get a plain message", () =>
    onPage({}, async (page) => {
      await logIn(page, { secret: "" });
      await showsMessage(page, "사용자 이름과 비밀번호를 모두 입력하세요.");
      assert.equal(await page.locator(".exchanges > li").count(), 0, "nothing was sent");
      await logIn(page, { secret: `${password}x` });
      await showsMessage(page, /사용자 이름 또는 비밀번호가 올바르지 않습니다/);
      await drawn(page, ["POST /api/token/ HTTP 401"]);
      assert.equal(await page.locator("#my-token").count(), 0);
    }));

  test("no password and no whole token is shown in the list of requests", () =>
    onPage({}, async (page) => {
      await logIn(page);
      await press(page, "/protected 호출");
      await showsMessage(page, /들여보냈습니다/);
      const shown = await page.locator(".exchanges").evaluate((list) => list.textContent);
      assert.equal(shown.includes(password), false);
      assert.doesNotMatch(shown, /eyJ[\w-]{20,}/);
    }));

  test("a logout takes the token out of the inspector and the gallery", () =>
    onPage({}, async (page) => {
      await logIn(page);
      await press(page, "내 토큰 검사");
      await page.locator("#verdict").getByText("검증됨").waitFor();
      const token = await page.locator("[name=token]").inputValue();
      await page.getByRole("tab", { name: "망가뜨리기" }).click();
      await page.locator("[data-attack=none]").waitFor();
      await page.getByRole("tab", { name: "흐름" }).click();
      await press(page, "로그아웃");
      await showsMessage(page, /로그아웃했습니다/);
      assert.equal(await page.locator("[name=token]").inputValue(), "");
      assert.equal(await page.locator("#break .attack").count(), 0);
      assert.equal((await page.content()).includes(token), false);
    }));

  test("a logout that failed at the issuer is not shown as one", () =>
    onPage({}, async (page) => {
      await logIn(page);
      await page.locator("#my-token").getByText("검증됨").waitFor();
      const path = `${issuerUrl}/api/token/blacklist/`;
      const failures = [
        [
          { status: 503, json: { detail: "no database" } },
          /지금은 처리하지 못합니다\. \(HTTP 503: no database\)/,
        ],
        // The response of a proxy for an unavailable service.
        [
          { status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>" },
          /지금은 처리하지 못합니다\. \(HTTP 502\)/,
        ],
        [{ status: 429, json: { detail: "throttled" } }, /시도가 너무 많습니다/],
      ];
      for (const [response, message] of failures) {
        await page.route(path, (route) => route.fulfill(response));
        await press(page, "로그아웃");
        await done(page);
        await showsMessage(page, message);
        await page.locator("#flow-message.wrong").waitFor();
        await page.unroute(path);
        assert.equal(
          await page
            .locator("#flow")
            .getByRole("button", { name: "로그아웃", exact: true })
            .count(),
          1,
          "the session goes on",
        );
      }
      await page.route(path, (route) =>
        route.fulfill({
          status: 401,
          json: { detail: "Token is blacklisted", code: "token_not_valid" },
        }),
      );
      await press(page, "로그아웃");
      await showsMessage(page, /이미 끝난 세션입니다/);
      await page
        .locator("#flow")
        .getByRole("button", { name: "다시 로그인", exact: true })
        .waitFor();
    }));

  test("a login with unusable tokens or keys shows the reason", () =>
    onPage({}, async (page) => {
      const [login, jwks] = [`${issuerUrl}/api/token/`, `${issuerUrl}/.well-known/jwks.json`];
      const failures = [
        [login, { json: {} }, /있어야 할 것이 없습니다\. \(HTTP 200\)/],
        [login, { json: null }, /있어야 할 것이 없습니다\. \(HTTP 200\)/],
        [
          login,
          { status: 500, contentType: "text/plain", body: "oops" },
          /지금은 처리하지 못합니다\. \(HTTP 500\)/,
        ],
        [
          jwks,
          { status: 404, json: { detail: "Not found." } },
          /거부되었습니다\. \(HTTP 404: Not found\.\)/,
        ],
        [jwks, { json: { keys: [] } }, /공개한 키를 쓸 수 없습니다: .+ \(key_set_empty\)/],
        [jwks, { json: null }, /공개한 키를 쓸 수 없습니다: .+ \(key_format_unknown\)/],
      ];
      for (const [path, response, message] of failures) {
        await page.route(path, (route) => route.fulfill(response));
        await logIn(page);
        await done(page);
        await showsMessage(page, message);
        await page.locator("#flow-message.wrong").waitFor();
        assert.equal(await page.locator("#my-token").count(), 0);
        await page.unroute(path);
      }
      await logIn(page);
      await page.locator("#my-token").getByText("검증됨").waitFor();
    }));

  test("an expired token is shown as refused", () =>
    onPage({}, async (page) => {
      await page.clock.install();
      await page.reload();
      await logIn(page);
      await page.locator("#my-token").getByText("검증됨").waitFor();
      await page.clock.fastForward("26:00:00");
      await page.locator("#my-token").getByText("거부됨").waitFor();
      await page.locator("#my-token").getByText("token_expired").waitFor();
      await page.locator("#my-token .left").getByText("만료됨").waitFor();
    }));

  test("an unreachable edge is reported and drawn, and the page keeps working", () =>
    onPage({}, async (page) => {
      await logIn(page);
      await page.locator("#my-token").waitFor();
      await page.route(`${edgeUrl}/**`, (route) => route.abort("connectionrefused"));
      await press(page, "/protected 호출");
      await showsMessage(page, /연결할 수 없습니다/);
      await page.locator(".exchanges > li").last().getByText("응답 없음").waitFor();
      await page.unroute(`${edgeUrl}/**`);
      await press(page, "/protected 호출");
      await showsMessage(page, /들여보냈습니다/);
    }));

  test("in English on a phone, and then in Korean", () =>
    onPage({ locale: "en-US", viewport: { width: 390, height: 844 } }, async (page) => {
      assert.equal(await page.locator("html").getAttribute("lang"), "en");
      await page.getByRole("tab", { name: "The flow" }).click();
      await page.getByLabel("Username").fill(username);
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.locator("#my-token").getByText("Verified", { exact: true }).waitFor();
      await press(page, "Call /protected");
      await showsMessage(page, /accepted it/);
      await press(page, "Open the admin page");
      await showsMessage(page, /The token is valid, but its role is .*HTTP 403/);
      await press(page, "Refresh the token");
      await showsMessage(page, "Got a new access token.");
      assert.equal(await overflow(page), 0, "wider than a phone");
      await press(page, "Log out");
      await showsMessage(page, /^Logged out/);
      await press(page, "Look at the revocation list");
      await showsMessage(page, /In the signed list, index \d+ is 1 \(revoked\)/);
      await isFinallyRefused(
        page,
        "/protected with the old token",
        /^The edge refused the token that was logged out/,
        /The edge still accepts the token/,
      );
      await page.getByRole("button", { name: "한국어" }).click();
      await showsMessage(page, /로그아웃한 토큰을 엣지가 거부했습니다/);
      assert.equal(await overflow(page), 0, "wider than a phone");
    }));
});
