// The policy of the inspector: its fields, and the presets for issuers.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { token as signed } from "../../verifier-wasm/test/support/tokens.mjs";
import { NOW, pem, statusClaim, statusList, token } from "./fixtures.mjs";
import { field, inspect, value, verdict } from "./inspector-page.mjs";
import { until, visits } from "./pages.mjs";
import { noSystem } from "./system.mjs";

const failed = (page, code) =>
  page.locator("#steps > li.failed .code", { hasText: code }).waitFor();

const openPolicy = (page) => page.getByText("정책", { exact: true }).click();

/** Tokens as the issuers make them: preset, values of its placeholders, header and claims. */
const ISSUED = {
  auth0: [
    { TENANT: "shop", API_IDENTIFIER: "https://api.shop.example" },
    { typ: "JWT" },
    {
      iss: "https://shop.auth0.com/",
      sub: "auth0|1",
      aud: ["https://api.shop.example", "https://shop.auth0.com/userinfo"],
      azp: "shop-web",
      scope: "openid orders.read",
    },
  ],
  keycloak: [
    { HOST: "sso.shop.example", REALM: "shop", API: "shop-api" },
    { typ: "JWT" },
    {
      iss: "https://sso.shop.example/realms/shop",
      aud: ["shop-api", "account"],
      typ: "Bearer",
      azp: "shop-web",
      realm_access: { roles: ["staff"] },
    },
  ],
  cognito: [
    { REGION: "eu-central-1", POOL: "eu-central-1_EXAMPLE" },
    {},
    {
      iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE",
      token_use: "access",
      client_id: "shop-web",
    },
  ],
  "entra-v2": [
    { TENANT_ID: "11111111-2222-4333-8444-555555555555", API_CLIENT_ID: "shop-api" },
    { typ: "JWT" },
    {
      iss: "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0",
      aud: "shop-api",
      azp: "shop-web",
      scp: "orders.read",
    },
  ],
  "entra-v1": [
    {
      TENANT_ID: "11111111-2222-4333-8444-555555555555",
      API_CLIENT_ID: "shop-api",
      APPLICATION_ID_URI: "api://shop-api",
    },
    { typ: "JWT", x5t: "AbCdEfGhIjKlMnOpQrStUvWxYz0" },
    {
      iss: "https://sts.windows.net/11111111-2222-4333-8444-555555555555/",
      aud: "api://shop-api",
      appid: "shop-web",
    },
  ],
  google: [
    { CLIENT_ID: "000000000000-shop" },
    { typ: "JWT" },
    { iss: "accounts.google.com", aud: "000000000000-shop.apps.googleusercontent.com", sub: "1" },
  ],
  firebase: [
    { PROJECT_ID: "shop-example" },
    { typ: "JWT" },
    {
      iss: "https://securetoken.google.com/shop-example",
      aud: "shop-example",
      auth_time: NOW - 60,
      user_id: "u1",
      sub: "u1",
    },
  ],
  okta: [
    { DOMAIN: "shop.okta.example", SERVER: "default", AUDIENCE: "api://shop" },
    {},
    {
      iss: "https://shop.okta.example/oauth2/default",
      aud: "api://shop",
      cid: "0oa1",
      scp: ["orders.read"],
    },
  ],
  clerk: [
    { FRONTEND_API: "clerk.shop.example" },
    { typ: "JWT", cat: "cl_EXAMPLE" },
    {
      iss: "https://clerk.shop.example",
      azp: "https://shop.example",
      nbf: NOW - 10,
      sid: "sess_1",
      sub: "user_1",
    },
  ],
  supabase: [
    { PROJECT: "shopexample" },
    { typ: "JWT" },
    {
      iss: "https://shopexample.supabase.co/auth/v1",
      aud: "authenticated",
      role: "authenticated",
      session_id: "1",
    },
  ],
  "github-actions": [
    { AUDIENCE: "https://deploy.shop.example" },
    { typ: "JWT" },
    {
      iss: "https://token.actions.githubusercontent.com",
      aud: "https://deploy.shop.example",
      repository_id: "123456789",
      ref: "refs/heads/main",
    },
  ],
  kubernetes: [
    { CLUSTER_ISSUER: "https://kubernetes.default.svc.cluster.local", AUDIENCE: "shop-api" },
    {},
    {
      iss: "https://kubernetes.default.svc.cluster.local",
      aud: ["shop-api"],
      "kubernetes.io": { namespace: "shop" },
      sub: "system:serviceaccount:shop:worker",
    },
  ],
};

/** Signs a token that has these members and its times, and no others. */
const issued = (header, claims) =>
  signed({
    header: JSON.stringify({ alg: "RS256", kid: "k", ...header }),
    claims: JSON.stringify({ iat: NOW, exp: NOW + 60, ...claims }),
  });

describe("the policy", { skip: noSystem, timeout: 300_000 }, () => {
  const { onPage } = visits();

  test("the policy switches decide", () =>
    onPage({}, async (page) => {
      await openPolicy(page);
      await inspect(page, token({ iss: "https://a.example", aud: "b" }), { now: NOW + 65 });
      await failed(page, "token_expired");
      await field(page, "leeway").fill("10");
      await failed(page, "audience_mismatch");
      await field(page, "audience").fill("b");
      await verdict(page, "검증됨");
      await field(page, "issuer").fill("https://c.example");
      await failed(page, "issuer_mismatch");
      await field(page, "issuer").fill("https://a.example");
      await verdict(page, "검증됨");
      await field(page, "tokenType").selectOption("refresh");
      await failed(page, "token_type_mismatch");
      await field(page, "tokenType").selectOption("access");
      await field(page, "requireAtJwt").check();
      await failed(page, "typ_not_allowed");
      await field(page, "token").fill(
        token({ iss: "https://a.example", aud: "b" }, { typ: "at+jwt" }),
      );
      await verdict(page, "검증됨");
      await field(page, "leeway").fill("-1");
      await page
        .locator("#notice")
        .getByText(/시계 오차는 0부터 3,600까지/)
        .waitFor();
    }));

  test("the future leeway decides about nbf and iat, and not about exp", () =>
    onPage({}, async (page) => {
      await openPolicy(page);
      await inspect(page, token({ nbf: NOW + 5, iat: NOW + 5 }), { now: NOW });
      await verdict(page, "검증됨");
      await field(page, "futureLeeway").fill("4");
      await failed(page, "token_not_yet_valid");
      await field(page, "leeway").fill("5");
      await verdict(page, "검증됨");
      await field(page, "leeway").fill("0");
      await field(page, "futureLeeway").fill("3600");
      await verdict(page, "검증됨");
      await field(page, "token").fill(token({ exp: NOW }));
      await failed(page, "token_expired");
      await field(page, "futureLeeway").fill("3601");
      await page
        .locator("#notice")
        .getByText(/시계 오차는 0부터 3,600까지/)
        .waitFor();
    }));

  test("every issuer has a preset, whose placeholders are marked until they are replaced", () =>
    onPage({}, async (page) => {
      const options = page.locator("[name=preset] option");
      const ids = await options.evaluateAll((items) => items.map(({ value }) => value));
      assert.deepEqual(ids, ["", ...Object.keys(ISSUED)]);
      for (const [id, [placeholders, header, claims]] of Object.entries(ISSUED)) {
        // Under the default policy, the token is refused: it has no token_type.
        await field(page, "preset").selectOption("");
        await inspect(page, issued(header, claims));
        await failed(page, "token_type_mismatch");
        await field(page, "preset").selectOption(id);
        assert.equal(await page.locator("#policy").evaluate(({ open }) => open), true);
        const marks = page.locator("#preset-notes .placeholder");
        const wanted = Object.keys(placeholders).map((name) => `<${name}>`);
        assert.deepEqual(await marks.allTextContents(), wanted, id);
        await failed(page, /^(issuer|audience)_mismatch$/);
        for (const name of ["issuer", "audience"]) {
          const replaced = (await value(page, name)).replace(
            /<([A-Z_]+)>/g,
            (_, placeholder) => placeholders[placeholder],
          );
          if (await field(page, name).isEnabled()) {
            await field(page, name).fill(replaced);
          }
        }
        await verdict(page, "검증됨");
        assert.equal(await marks.count(), 0);
        assert.notEqual(await page.locator("#preset-notes").textContent(), "");
        // Every required claim is one that tokens of this issuer may lack.
        for (const name of (await value(page, "requiredClaims")).split("\n").filter(Boolean)) {
          await field(page, "token").fill(issued(header, { ...claims, [name]: undefined }));
          await failed(page, "claim_missing");
        }
        await field(page, "token").fill(issued(header, { ...claims, iss: "https://a.example" }));
        await failed(page, "issuer_mismatch");
      }
      await field(page, "preset").selectOption("");
      assert.equal(await page.locator("#preset-notes").textContent(), "");
    }));

  test("issuers and audiences are lists, and any audience is a choice of its own", () =>
    onPage({}, async (page) => {
      await openPolicy(page);
      await inspect(page, token({ iss: "b", aud: ["x", "d"] }));
      await failed(page, "audience_mismatch");
      await field(page, "audience").fill("c\n\n d ");
      await verdict(page, "검증됨");
      await field(page, "issuer").fill("a\nb");
      await verdict(page, "검증됨");
      await field(page, "issuer").fill("a\nc");
      await failed(page, "issuer_mismatch");
      await field(page, "issuer").fill("");
      await field(page, "audience").fill("c");
      await failed(page, "audience_mismatch");
      await field(page, "anyAudience").check();
      await verdict(page, "검증됨");
      assert.equal(await field(page, "audience").isDisabled(), true);
      await field(page, "anyAudience").uncheck();
      await failed(page, "audience_mismatch");
      assert.equal(await value(page, "audience"), "c");
    }));

  test("required claims are demanded by name", () =>
    onPage({}, async (page) => {
      await openPolicy(page);
      await inspect(page, token({ "kubernetes.io": {}, sub: null }));
      await field(page, "requiredClaims").fill("kubernetes.io");
      await verdict(page, "검증됨");
      await field(page, "requiredClaims").fill("kubernetes.io\nsub");
      await failed(page, "claim_missing");
      await page.locator("#steps .checks .failed", { hasText: "필수 클레임" }).waitFor();
    }));

  test("the token type may be another one, or switched off with an issuer and an audience", () =>
    onPage({}, async (page) => {
      const notice = page.locator("#notice.wrong");
      await openPolicy(page);
      await inspect(page, token({ token_type: "sliding", iss: "a", aud: "b" }));
      await field(page, "audience").fill("b");
      await failed(page, "token_type_mismatch");
      await field(page, "tokenType").selectOption("other");
      await notice.getByText(/토큰 종류의 값을 적거나/).waitFor();
      await field(page, "otherTokenType").fill("sliding");
      await verdict(page, "검증됨");
      await field(page, "tokenType").selectOption("none");
      assert.equal(await field(page, "otherTokenType").isVisible(), false);
      await notice.getByText(/token_type을 보지 않으려면/).waitFor();
      await field(page, "issuer").fill("a");
      await verdict(page, "검증됨");
      await field(page, "audience").fill(" \n");
      await notice.getByText(/token_type을 보지 않으려면/).waitFor();
      await field(page, "anyAudience").check();
      await verdict(page, "검증됨");
      // An example is one of this issuer, and "clear" leaves the default policy, too.
      await page.getByRole("button", { name: "예제 만들기" }).click();
      await until("the default", "access", () => value(page, "tokenType"));
      await verdict(page, "검증됨");
      assert.equal(await value(page, "issuer"), "");
      await field(page, "anyAudience").check();
      await field(page, "tokenType").selectOption("refresh");
      await page.getByRole("button", { name: "지우기" }).click();
      await until("the default", "access", () => value(page, "tokenType"));
      await until("the field for audiences", true, () => field(page, "audience").isEnabled());
    }));

  test("a status list is compared with issuer and audience of the policy", () =>
    onPage({}, async (page) => {
      const uri = "https://login.example/status/1";
      await openPolicy(page);
      await inspect(page, token({ iss: "a", aud: "b", ...statusClaim(uri, 3) }));
      await field(page, "issuer").fill("a\nc");
      await field(page, "audience").fill("b");
      await verdict(page, "검증됨");
      await page.getByText("폐기 목록", { exact: true }).click();
      const last = page.locator("#steps > li").last();
      await field(page, "statusList").fill(statusList(uri, {}, { iss: "c", aud: ["b"] }));
      await last.getByText("통과").waitFor();
      await field(page, "statusList").fill(statusList(uri, {}, { iss: "c", aud: "d" }));
      await last.getByText("audience_mismatch").waitFor();
      await field(page, "statusList").fill(statusList(uri, {}, { iss: "d", aud: "b" }));
      await last.getByText("issuer_mismatch").waitFor();
    }));
});
